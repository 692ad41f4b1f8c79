//! The way to PostgreSQL in production: a socket, this machine, or TLS to whom the certificate names. Nobody can read along on it or stand in for the
//! server.
//!
//! The address alone must say so, before anything is sent: what a server tells of the way to it is told by whoever answers.

use std::net::IpAddr;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::Unfit;

/// What can lead elsewhere, whatever host the address names.
const ELSEWHERE: [&str; 3] = ["PGHOST", "PGHOSTADDR", "PGSERVICE"];

#[derive(QueryableByName)]
struct Link {
    /// A socket, or this machine.
    #[diesel(sql_type = Bool)]
    local: bool,
    #[diesel(sql_type = Bool)]
    encrypted: bool,
}

/// The way that this address leads is private.
pub(super) fn is_private(url: &str) -> Result<(), Unfit> {
    let environment = ELSEWHERE.iter().any(|name| std::env::var_os(name).is_some());
    if is_verified(url) || is_local(url, environment) {
        return Ok(());
    }
    Err(if parameters(url, "sslmode").any(|mode| mode == "disable") { Unfit::Plain } else { Unfit::Unverified })
}

/// The way that was taken is the one that was meant: a name that leads to this machine can be given to another.
pub(super) fn was_private(conn: &mut PgConnection, url: &str) -> Result<(), Unfit> {
    let query = "SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted, inet_client_addr() IS NULL \
                 OR inet_client_addr() <<= inet '127.0.0.0/8' OR inet_client_addr() = inet '::1' AS local";
    match diesel::sql_query(query).get_result::<Link>(conn)? {
        Link { local: true, .. } => Ok(()),
        Link { encrypted: false, .. } => Err(Unfit::Plain),
        Link { encrypted: true, .. } if is_verified(url) => Ok(()),
        Link { encrypted: true, .. } => Err(Unfit::Unverified),
    }
}

/// TLS to whom the certificate names, and nothing that says otherwise.
fn is_verified(url: &str) -> bool {
    let mut modes = parameters(url, "sslmode").peekable();
    modes.peek().is_some() && modes.all(|mode| mode == "verify-full")
}

/// All hosts are the folder of a socket or this machine.
fn is_local(url: &str, environment: bool) -> bool {
    let here = |host: &str| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.starts_with('/') || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
    let named = authority.rsplit('@').next().unwrap_or_default().split(',').map(without_port);
    let more = ["host", "hostaddr"]
        .into_iter()
        .flat_map(|name| parameters(url, name).flat_map(|hosts| hosts.split(',').map(str::to_owned).collect::<Vec<_>>()));
    let hosts: Vec<String> = named
        .map(str::to_owned)
        .chain(more)
        .map(|host| host.replace("%2F", "/").replace("%2f", "/"))
        .filter(|host| !host.is_empty())
        .collect();
    let elsewhere = environment || parameters(url, "service").next().is_some();
    !elsewhere && hosts.iter().all(|host| here(host))
}

fn without_port(host: &str) -> &str {
    match host.split_once(']') {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// What an address says of this, as often as it does.
fn parameters<'u>(url: &'u str, name: &'u str) -> impl Iterator<Item = &'u str> {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').filter_map(move |pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_this_machine_or_says_that_it_is_verified() {
        for url in [
            "postgres:///d",
            "postgres://u:p@localhost/d",
            "postgres://u:p%40x@127.0.0.1:5433/d?sslmode=disable",
            "postgresql://u@[::1]:5432/d",
            "postgres://u@%2Fvar%2Frun/d",
            "postgres:///d?host=/var/run/postgresql&user=u",
            "postgres://localhost,127.0.0.2:1/d",
            "postgres://db.example/d?sslmode=verify-full",
        ] {
            assert_eq!(is_private(url), Ok(()), "{url}");
        }
        for (url, fault) in [
            ("postgres://u@db.example/d", Unfit::Unverified),
            ("postgres://u@db.example/d?sslmode=require", Unfit::Unverified),
            ("postgres://u@db.example/d?sslmode=disable", Unfit::Plain),
            ("postgres://db.example/d?sslmode=verify-full&sslmode=require", Unfit::Unverified),
            ("postgres://db.example/d?xsslmode=verify-full", Unfit::Unverified),
            ("postgres://localhost,db.example/d", Unfit::Unverified),
            ("postgres://localhost/d?host=db.example", Unfit::Unverified),
            ("postgres://localhost/d?hostaddr=10.0.0.1", Unfit::Unverified),
            ("postgres:///d?service=db", Unfit::Unverified),
            ("postgres://localhost@db.example/d", Unfit::Unverified),
            ("postgres://localhost.db.example/d", Unfit::Unverified),
            ("postgres://[2001:db8::1]/d", Unfit::Unverified),
        ] {
            assert_eq!(is_private(url), Err(fault), "{url}");
        }
        assert!(!is_local("postgres://localhost/d", true), "the environment names another");
    }
}
