#!/usr/bin/env bash
# Kubernetes' source as a GOPATH, ready to compile.
#
# why       Debian's package has the source, but two things must be mended for today's compiler and for kube-apiserver.
# needs     dpkg-dev, golang-1.19-go, an apt mirror
# produces  the folder $1 with src/k8s.io/kubernetes
set -euo pipefail
# shellcheck source=SCRIPTDIR/../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
OUT=$1
TREE=$OUT/src/k8s.io/kubernetes

unpack() {
  say "kubernetes source: fetching"
  local apt from=$OUT/download
  mapfile -t apt < <(private_apt source deb-src bookworm)
  mkdir -p "$from" "$(dirname "$TREE")"
  apt-get "${apt[@]}" update -qq
  (cd "$from" && apt-get "${apt[@]}" source -qq --download-only kubernetes)
  local dsc; dsc=$(echo "$from"/kubernetes_*+really1.20.2-*.dsc)
  [[ -f $dsc ]] || die "Debian's kubernetes is no longer 1.20.2: $(ls "$from")"
  dpkg-source --no-check -x "$dsc" "$TREE" >/dev/null
  rm -rf "$from" "$(dirname "$TREE")"/*.orig.tar.*
}

# Kubernetes 1.20 vendors reflect2 1.0.1, which dies of a nil pointer under Go >= 1.18: Debian's 1.0.2 takes its place.
mend_reflect2() {
  local vendored=$TREE/vendor/github.com/modern-go/reflect2 from=$OUT/download
  mkdir "$from"
  (cd "$from" && apt-get -o APT::Sandbox::User=root download -qq golang-github-modern-go-reflect2-dev && dpkg -x ./*.deb .)
  rm -rf "$vendored"
  cp -r "$from/usr/share/gocode/src/github.com/modern-go/reflect2" "$vendored"
  rm -rf "$vendored/go.mod" "$from"
}

# The one generated file that Debian's source lacks; kube-apiserver needs it.
generate_openapi() {
  say "kubernetes source: generating the OpenAPI definitions"
  export PATH=/usr/lib/go-1.19/bin:$PATH GO111MODULE=off GOPATH=$OUT GOFLAGS=-trimpath CGO_ENABLED=0 GOCACHE=$CACHE/gocache
  cd "$TREE"
  go build -o "$OUT/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  local packages
  packages=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg staging/src | xargs -n1 dirname | LC_ALL=C sort -u \
    | grep -v -e /code-generator/ -e /sample-apiserver/ -e _test -e '^pkg/generated' \
    | sed -e 's,^staging/src/,vendor/,' -e 's,^,k8s.io/kubernetes/,' | paste -sd,)
  # -r: the report of API rule violations, which upstream's makefile compares with a list
  "$OUT/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$OUT/openapi-violations.txt"
  rm "$OUT/openapi-gen" "$OUT/openapi-violations.txt"
  [[ -s pkg/generated/openapi/zz_generated.openapi.go ]]
}

mkdir -p "$OUT"
unpack
mend_reflect2
generate_openapi
