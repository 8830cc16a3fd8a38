# Any service that is one program of cmd/ and needs nothing beside it: SERVICE says which.
FROM localhost/go AS build
ARG SERVICE
COPY internal internal
COPY cmd/$SERVICE cmd/$SERVICE
ARG VERSION=dev
RUN go build -ldflags "-s -w -X main.version=$VERSION" -o /service ./cmd/$SERVICE

FROM localhost/base AS runtime
RUN apt-get update && apt-get upgrade -y && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /service /usr/local/bin/
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["service"]
