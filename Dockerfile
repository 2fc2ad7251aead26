# syntax=docker/dockerfile:1.7
# The image of the program: console and migrations inside, no shell, no packages that only build or test it.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --tag timewire:local .
#
# Only the stage `build` runs commands, and on the machine that builds: what it makes is the same for both platforms, so that
# none is emulated. Images are pinned by version. To pin them by digest too, which no version can be moved under:
#   docker buildx imagetools inspect denoland/deno:distroless-2.9.6
# and write NAME:TAG@sha256:DIGEST in its place. The version is that of .ci/run and of the workflows.
ARG DENO_VERSION=2.9.6

FROM --platform=$BUILDPLATFORM denoland/deno:debian-${DENO_VERSION} AS build
WORKDIR /app
ENV DENO_DIR=/deno-build DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
COPY deno.json deno.lock ./
COPY tests/console/deno.json tests/console/
COPY src src
COPY migrations migrations
COPY deploy/image deploy/image
# The lock is frozen: a package or a hash that it does not hold ends the build. /deno-dir has all that the start needs.
RUN --mount=type=cache,id=timewire-deno,target=/deno-build \
    deno task console:build && \
    deno run -A --frozen deploy/image/trim.ts src/main.ts src/db/embedded_worker.ts && \
    DENO_DIR=/deno-dir deno cache --frozen --quiet src/main.ts src/db/embedded_worker.ts deploy/image/healthcheck.ts && \
    mkdir /data

FROM denoland/deno:distroless-${DENO_VERSION} AS runtime
WORKDIR /app
COPY LICENSE ./
COPY --from=build /deno-dir /deno-dir
COPY --from=build /app/deno.json /app/deno.lock ./
COPY --from=build /app/migrations migrations
COPY --from=build /app/src src
COPY --from=build /app/deploy/image/healthcheck.ts deploy/image/healthcheck.ts
# The one folder that is written to, and only by the embedded database (no DATABASE_URL). Everything else may be read-only.
COPY --from=build --chown=10001:10001 /data /data
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 DATA_DIR=/data
USER 10001:10001
EXPOSE 8000 8001 8002 8003
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s --retries=3 \
    CMD ["/bin/deno", "run", "--no-prompt", "--no-config", "--cached-only", "--allow-net", "--allow-env", "deploy/image/healthcheck.ts"]
# tini is process 1: a signal reaches the program from its first moment on. It stops within 5 s.
ENTRYPOINT ["/tini", "--", "/bin/deno", "run", "-P=timewire", "--no-prompt", "--cached-only", "--frozen", "src/main.ts"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="Timewire" \
      org.opencontainers.image.description="Clockify add-ons and the Workflow Management API in one program" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

# One image for each service, as some platforms want them: the same files, and PROFILES set. Names: docs/operations.md.
FROM runtime AS api_studio
ENV PROFILES=api_studio

FROM runtime AS universal_webhook
ENV PROFILES=universal_webhook

FROM runtime AS clockify_addon
ENV PROFILES=clockify_addon

FROM runtime AS workflow_api
ENV PROFILES=workflow_api

# What a build without --target gives: all of them in one program.
FROM runtime AS timewire
