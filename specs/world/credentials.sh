#!/bin/sh
# Makes the database's password, once for each cluster: a Secret that is there already stays as it is.
set -eu

if kubectl --namespace=e2e get secret database >/dev/null 2>&1; then
  echo "the Secret database is there already"
  exit 0
fi
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
# By standard input, as a command line can be read by anybody.
kubectl create -f - <<END
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: e2e}
stringData: {PGPASSWORD: "$password"}
END
