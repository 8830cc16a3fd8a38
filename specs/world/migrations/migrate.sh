#!/bin/sh
# Applies the migrations that the database does not have yet, in order, each in one transaction with its own record.
# The cluster is KUBECONFIG's; PostgreSQL has to be ready.
set -eu

sql() { kubectl --namespace=e2e exec -i deployment/postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1; }

sql <<'END'
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS schema_migrations (
  name       text        PRIMARY KEY,
  sha256     text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
END

applied=$(echo 'SELECT name, sha256 FROM schema_migrations' | sql)
for file in "$(dirname "$0")"/*.sql; do
  name=$(basename "$file")
  sum=$(sha256sum "$file" | cut -d ' ' -f 1)
  if printf '%s\n' "$applied" | grep -qxF "$name|$sum"; then
    echo "$name: applied already"
  elif printf '%s\n' "$applied" | grep -qF "$name|"; then
    echo "$name: changed since it was applied; write a new migration, or start from a new cluster" >&2
    exit 1
  else
    # The record comes first, so that of two runs at once one waits and fails; COMMIT comes with the input's last line,
    # so that an input that is cut short changes nothing.
    { echo 'BEGIN;'
      echo "INSERT INTO schema_migrations (name, sha256) VALUES ('$name', '$sum');"
      cat "$file"
      printf '\nCOMMIT;\n'
    } | sql
    echo "$name: applied"
  fi
done
