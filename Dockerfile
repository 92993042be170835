# syntax=docker/dockerfile:1

# The image of the server alone. There is no PostgreSQL in it: set DATABASE_URL, as compose.yaml
# does.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin backstock \
    && install -D target/release/backstock /out/backstock

FROM debian:bookworm-slim
# Certificates for DATABASE_URL with sslmode=verify-full.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin backstock
COPY --from=build /out/backstock /usr/local/bin/backstock
COPY LICENSE /usr/share/doc/backstock/LICENSE
USER 10001
# Inside a container loopback reaches nobody. There is no authentication yet, so the server must be
# told in full words that strangers may call: pass BACKSTOCK_ACCEPT_UNAUTHENTICATED_CALLERS=true, and
# publish the port on a network that keeps them out.
ENV BACKSTOCK_LISTEN=0.0.0.0:50051 \
    BACKSTOCK_LOG_FORMAT=json
EXPOSE 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["backstock", "health", "--server", "127.0.0.1:50051"]
ENTRYPOINT ["backstock"]
CMD ["serve"]
