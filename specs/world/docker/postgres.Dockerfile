FROM localhost/base
# The account comes first, so that its numbers are known to the manifests.
RUN groupadd --system --gid 999 postgres && \
    useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql postgres
# Debian makes a database at installation; this image makes its own at its first start.
RUN apt-get update && apt-get upgrade -y && \
    apt-get install -y --no-install-recommends postgresql-common && \
    sed -i 's/^#create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
    apt-get install -y --no-install-recommends postgresql-15 && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY docker/postgres.sh /usr/local/bin/
USER 999:999
EXPOSE 5432
# Disconnects the clients; the default, SIGTERM, would wait for them.
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/postgres.sh"]
