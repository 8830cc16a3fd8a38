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

finish
