#!/usr/bin/env bash
# What init makes of a repository comes up, on stand-ins.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The workspace without its spec, and with manifests that name images by a short name and with a tag.
unspecified_site() {
  clean_site
  rm -r specs
  mkdir store
  printf 'FROM localhost/base\nCOPY data.txt /\n' >store/Containerfile
  echo data >store/data.txt
  sed -i 's|localhost/web:latest|web|' manifests/web.yaml
  sed -i 's|localhost/api|registry.example.com/team/api:dev|' manifests/api.yaml
}

row 'what init writes comes up; images are deployed by the names that the nodes have' && {
  unspecified_site
  "$E2EGEN" init . -o specs/shop.yaml >"$SCRATCH/output" || complain 'init failed'
  generate
  up
  for image in localhost/web localhost/store registry.example.com/team/api; do
    grep -q "image: $image:e2e-" .e2e/env/shop/deploy/*.yaml || complain "$image is deployed by another name"
  done
  up
  nothing
}

row 'suites that init finds run once all is deployed, and again when one of their inputs changed' && {
  unspecified_site
  mkdir -p test/e2e/orders test/e2e/carts
  echo 'module shop' >go.mod
  for name in orders carts; do
    printf 'package e2e\nimport _ "k8s.io/client-go/kubernetes"\n' >test/e2e/$name/a_test.go
  done
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nif [ "$1" = list ]; then exec %s "$@"; fi\ntest -s "$KUBECONFIG" && echo "$@" >>%s/went\n' \
    "$(command -v go)" "$SCRATCH" >"$SCRATCH/bin/go"
  chmod +x "$SCRATCH/bin/go"
  "$E2EGEN" init . -o specs/shop.yaml >"$SCRATCH/output" || complain 'init failed'
  generate
  up test
  up test
  nothing
  echo '// new' >>test/e2e/carts/a_test.go
  up test
  printf 'test -count=1 ./test/e2e/%s\n' carts orders >"$SCRATCH/expected"
  sort -u "$SCRATCH/went" | diff - "$SCRATCH/expected" || complain 'other suites ran'
  [[ $(grep -c orders "$SCRATCH/went") -eq 1 && $(grep -c carts "$SCRATCH/went") -eq 2 ]] || complain 'how often'
}

finish
