#!/usr/bin/env bash
# Each spec of the sample world but the gateway's, which real_gateway.sh has: from nothing to its suite's PASS, on a cluster
# of its own, one after another. With real podman, kind and kubectl.
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-suites

workspace datastorage

# The port of this machine behind which the service stands.
port() { sed -n "s/.*hostPort: \([0-9]*\).*# $1\$/\1/p" "specs/world/kind/$spec.yaml"; }

for file in specs/*.yaml; do
  spec=$(basename "$file" .yaml)
  if [[ $spec == gateway ]]; then continue; fi
  state=.e2e/env/$spec
  DATASTORAGE_URL=$(url "$(port datastorage)")
  export DATASTORAGE_URL "${spec^^}_URL=$(url "$(port "$spec")")"

  row "$spec: from nothing to its suite"
  generate
  up test
  says PASS

  row "$spec, another service edited: nothing to do"
  edit specs/world/cmd/gateway/main.go 's/service.New("gateway")/service.New("gatehouse")/'
  up test
  nothing_ran
  original specs

  row "$spec, down: no cluster is left"
  up down
  is 'nodes' '' "$(nodes)"
done

finish
