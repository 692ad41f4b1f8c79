# The service alone: the program and the libraries it is linked with. No shell, no package manager, no root.
FROM rust:1.95.0-slim-bookworm AS build
# The OpenSSL for the way to PostgreSQL is built from source. Its build needs these two at any version.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --features postgres-tls
# What the program is linked with, at the paths it asks for, and a folder for an embedded database.
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN mkdir -p /image /data \
    && cp target/release/sendiass /image/ \
    && ldd /image/sendiass | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory=/image

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 --chmod=0700 /data /data
USER 65532:65532
ENV SENDIASS_PROFILE=production \
    SENDIASS_BIND=0.0.0.0:8080 \
    SENDIASS_ADMIN_BIND=0.0.0.0:8081 \
    SENDIASS_DATA_DIR=/data
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=4s --start-period=15s --retries=3 CMD ["/sendiass", "probe"]
ENTRYPOINT ["/sendiass"]
CMD ["serve"]
