#!/bin/sh
# Runs one suite against the cluster of KUBECONFIG: run.sh gateway
set -eu
KUBECONFIG=$(realpath "$KUBECONFIG")
export KUBECONFIG
cd "$(dirname "$0")"
exec go test -count=1 -v "./$1/..."
