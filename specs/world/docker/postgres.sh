#!/bin/sh
# Makes the database at the first start, then becomes the server.
# PGDATA says where, PGUSER, PGPASSWORD and PGDATABASE what: the same names that every client reads.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Made aside and renamed, so that a start that is cut short leaves no half of a database.
  rm -rf "$PGDATA.new"
  secret=$(mktemp)
  printf '%s\n' "$PGPASSWORD" >"$secret"
  initdb --pgdata="$PGDATA.new" --username="$PGUSER" --pwfile="$secret" \
    --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256
  rm "$secret"
  echo 'host all all all scram-sha-256' >>"$PGDATA.new/pg_hba.conf"
  echo "CREATE DATABASE \"$PGDATABASE\";" | postgres --single -D "$PGDATA.new" postgres
  mv "$PGDATA.new" "$PGDATA"
fi

exec postgres -D "$PGDATA" -c listen_addresses='*'
