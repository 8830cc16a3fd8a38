FROM localhost/go AS build
COPY internal internal
COPY cmd/datastorage cmd/datastorage
ARG VERSION=dev
RUN go build -ldflags "-s -w -X main.version=$VERSION" -o /datastorage ./cmd/datastorage

FROM localhost/base AS runtime
RUN apt-get update && apt-get upgrade -y && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /datastorage /usr/local/bin/
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["datastorage"]
