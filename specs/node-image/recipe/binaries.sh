#!/usr/bin/env bash
# Kubernetes' server side, the cluster DNS and the pause program, compiled.
#
# why       Debian packages no kubelet, kubeadm or kube-apiserver.
# needs     $CACHE/gopath (source.sh), golang-1.19-go, gcc; about 4 minutes on 2 cores, seconds with $CACHE/gocache warm
# produces  the folder $1 with one static program each
set -euo pipefail
# shellcheck source=SCRIPTDIR/../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
OUT=$1
VERSION=v1.20.2

# GOPATH mode: in module mode Go >= 1.17 stops with "updates to go.mod needed, disabled by -mod=vendor".
# The tags leave out the cloud providers' SDKs and dockershim; GOGC trades some memory for a faster compiler.
export PATH=/usr/lib/go-1.19/bin:$PATH GO111MODULE=off GOPATH=$CACHE/gopath GOCACHE=$CACHE/gocache
export GOFLAGS="-trimpath -tags=providerless,dockerless" GOGC=${GOGC:-400} CGO_ENABLED=0

ldflags="-s -w"
for package in k8s.io/kubernetes/vendor/k8s.io/component-base/version k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version; do
  for pair in gitVersion=$VERSION gitMajor=1 gitMinor=20 gitTreeState=archive gitCommit=debian buildDate=2021-01-13T00:00:00Z; do
    ldflags+=" -X $package.$pair"
  done
done

mkdir -p "$OUT"
cd "$GOPATH/src/k8s.io/kubernetes"
rm -rf cmd/minidns
cp -r "$RECIPE/minidns" cmd/minidns   # inside the tree, because it uses the libraries vendored there
for command in kubelet kubeadm kubectl kube-proxy kube-scheduler kube-controller-manager kube-apiserver minidns; do
  start=$SECONDS
  go build -ldflags "$ldflags" -o "$OUT/" "./cmd/$command"
  say "compiled $command ($((SECONDS - start)) s)"
done
gcc -Os -Wall -static -s -DVERSION=3.2 -o "$OUT/pause" build/pause/linux/pause.c
