#!/usr/bin/env bash
# The ports of the sample world: no two clusters share a port of the machine, no two services a NodePort, and what
# specs/world/kind/ maps is what the manifests open, the suites ask for and the README says.
set -euo pipefail
cd "$E2EGEN_SOURCE/specs/world"
failed=0
fail() { failed=1; echo "not ok - $*"; }

twice=$(sed -n 's/.*hostPort: \([0-9]*\).*/\1/p' kind/*.yaml | sort | uniq -d | xargs)
[[ -z $twice ]] || fail "host ports of two clusters: $twice"
twice=$(sed -n 's/.*nodePort: \([0-9]*\).*/\1/p' manifests/*.yaml | sort | uniq -d | xargs)
[[ -z $twice ]] || fail "NodePorts of two services: $twice"

for config in kind/*.yaml; do
  name=$(basename "$config" .yaml) mapped=0
  grep -qx "  name: $name-e2e" "../$name.yaml" || fail "specs/$name.yaml: the cluster is not $name-e2e"
  grep -qx "  config: specs/world/$config" "../$name.yaml" || fail "specs/$name.yaml: the cluster is not that of $config"
  while read -r inside outside service; do
    mapped=$((mapped + 1))
    grep -q "nodePort: $inside\b" "manifests/$service.yaml" || fail "$config: NodePort $inside is not that of $service"
    grep -q "\"${service^^}_URL\", \"http://127.0.0.1:$outside\"" "suite/$name/"*.go ||
      fail "suite/$name does not ask port $outside for $service"
    grep -q "^| $name |.*\b$outside\b" README.md || fail "README.md does not say $outside for $service on the cluster of $name"
  done < <(sed -n 's/.*containerPort: \([0-9]*\), hostPort: \([0-9]*\),.*# \([a-z]*\)$/\1 \2 \3/p' "$config")
  ((mapped == $(grep -c hostPort: "$config"))) || fail "$config: a port without its service's name"
  echo "ok - $config: $mapped ports"
done
exit "$failed"
