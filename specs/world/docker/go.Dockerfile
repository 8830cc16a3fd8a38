# The Go toolchain and Debian's Go libraries, shared by the builds of both services.
FROM localhost/base
RUN apt-get update && apt-get upgrade -y && \
    apt-get install -y --no-install-recommends \
      golang-go golang-github-lib-pq-dev golang-github-gomodule-redigo-dev && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
# Debian's libraries lie in /usr/share/gocode, our own code goes to /go/src/world; no module proxy is asked.
ENV GO111MODULE=off GOPATH=/go:/usr/share/gocode GOCACHE=/var/cache/go-build GOFLAGS=-trimpath CGO_ENABLED=0
# Compiled once here, so a service's build compiles its own code only.
RUN go build net/http database/sql github.com/lib/pq github.com/gomodule/redigo/redis
WORKDIR /go/src/world
