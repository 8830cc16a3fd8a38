FROM localhost/go AS build
COPY internal internal
COPY cmd/gateway cmd/gateway
ARG VERSION=dev
RUN go build -ldflags "-s -w -X main.version=$VERSION" -o /gateway ./cmd/gateway

FROM localhost/base AS runtime
RUN apt-get update && apt-get upgrade -y && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /gateway /usr/local/bin/
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["gateway"]
