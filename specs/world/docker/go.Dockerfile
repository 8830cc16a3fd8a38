# The Go toolchain and Debian's Go libraries, shared by the builds of all services.
FROM localhost/base
# The toolchain is the backported one: bookworm's own, 1.19, can't build programs that record their coverage.
RUN sed -n 's/ bookworm main$/ bookworm-backports main/p' /etc/apt/sources.list >/etc/apt/sources.list.d/backports.list && \
    apt-get update && apt-get upgrade -y && \
    apt-get install -y --no-install-recommends --target-release bookworm-backports \
      golang-go golang-github-lib-pq-dev golang-github-gomodule-redigo-dev && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
# Debian's libraries lie in /usr/share/gocode, our own code goes to /go/src/world; no module proxy is asked.
ENV GO111MODULE=off GOPATH=/go:/usr/share/gocode GOCACHE=/var/cache/go-build GOFLAGS=-trimpath CGO_ENABLED=0
# Compiled once here, so a service's build compiles its own code only.
RUN go build net/http database/sql github.com/lib/pq github.com/gomodule/redigo/redis
WORKDIR /go/src/world
