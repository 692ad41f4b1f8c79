#!/bin/sh
# Makes the secrets of docker-compose.yml, each in a file for the one user who reads it: PostgreSQL (999) or the service (65532).
# Run it once as root. What is there already stays as it is.
set -eu
umask 077
mkdir -p "${1:-secrets}"
cd "${1:-secrets}"

secret() { # NAME READER COMMAND...
    name=$1 reader=$2
    shift 2
    if [ ! -s "$name" ]; then "$@" >"$name"; fi
    chown "$reader:$reader" "$name"
}

url() { printf 'postgres:///sendiass?host=/var/run/postgresql&user=sendiass_%s&password=%s\n' "$1" "$(cat "$1_password")"; }

for key in key_encryption_key index_key log_key; do secret $key 65532 openssl rand -hex 32; done
for role in postgres owner app; do secret ${role}_password 999 openssl rand -hex 24; done
for role in owner app; do secret ${role}_url 65532 url $role; done
