# Redis as a cache: nothing is written to disk.
FROM localhost/base
# The account comes first, so that its numbers are known to the manifests.
RUN groupadd --system --gid 999 redis && useradd --system --uid 999 --gid redis --home-dir /var/lib/redis redis
RUN apt-get update && apt-get upgrade -y && \
    apt-get install -y --no-install-recommends redis-server && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
USER 999:999
WORKDIR /var/lib/redis
EXPOSE 6379
ENTRYPOINT ["redis-server", "--bind", "*", "--protected-mode", "no", "--save", "", "--appendonly", "no"]
