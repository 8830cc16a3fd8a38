#!/usr/bin/env bash
# init, fmt and completions on real folders: what init writes compiles, and nothing that is there is overwritten.
set -euo pipefail

: "${E2EGEN:?the program to test}" "${E2EGEN_SOURCE:?the source tree}"
E2EGEN=$(realpath "$E2EGEN")
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-authoring.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
failed=0

# expect WHAT STATUS COMMAND...: what e2egen said last is in $SCRATCH/output.
expect() {
  local what=$1 wanted=$2 status=0
  shift 2
  "$@" >"$SCRATCH/now" 2>&1 || status=$?
  if [[ $1 == "$E2EGEN" ]]; then cp "$SCRATCH/now" "$SCRATCH/output"; fi
  if ((status == wanted)); then echo "ok    $what"; return; fi
  failed=1
  echo "WRONG $what: it ended with $status"
  sed 's/^/      > /' "$SCRATCH/now"
}

cp -r "$E2EGEN_SOURCE/specs/world" "$SCRATCH/world"
cp -r "$E2EGEN_SOURCE/tests/e2e/workspace" "$SCRATCH/shop"
rm -r "$SCRATCH/shop/specs"

for name in world shop; do
  cd "$SCRATCH/$name"
  expect "$name: init writes a spec that compiles" 0 "$E2EGEN" init
  expect "$name: it says so" 0 grep -q 'it compiles' "$SCRATCH/output"
  expect "$name: it compiles by its name" 0 "$E2EGEN" "$name" --print
  expect "$name: the keys are in order" 0 "$E2EGEN" fmt --check
  expect "$name: a spec that is there stays" 1 "$E2EGEN" init
  expect "$name: -o is told of" 0 grep -q -e '-o FILE' "$SCRATCH/output"
  expect "$name: the same spec by another path" 0 "$E2EGEN" init -o other.yaml
  expect "$name: --print writes the same" 0 "$E2EGEN" init --print
  expect "$name: and nothing else" 0 cmp "$SCRATCH/output" "specs/$name.yaml"
  rm other.yaml
done

cd "$SCRATCH/shop"
ln -s . circle
expect 'a linked folder is passed over' 0 "$E2EGEN" init --print
expect 'altogether' 1 grep -q circle "$SCRATCH/output"
expect 'init of a part of the workspace' 0 "$E2EGEN" init api
expect 'paths are those of the workspace' 0 grep -q 'containerfile: api/Containerfile' specs/api.yaml
expect 'init outside of the workspace' 1 "$E2EGEN" init ..
expect 'init of no folder' 1 "$E2EGEN" init nowhere
printf -- '---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: odd}\nspec: {updateStrategy: {type: OnDelete}, template: {spec: {containers: [{name: a, image: localhost/web}]}}}\n' >>manifests/web.yaml
rm specs/shop.yaml
expect 'what does not compile is told, and stays' 1 "$E2EGEN" init
expect 'the manifest is named' 0 grep -q 'manifests/web.yaml:.*odd.*OnDelete' "$SCRATCH/output"
expect 'the spec is there' 0 test -s specs/shop.yaml

# suites that keep apart what they test
mkdir -p "$SCRATCH/suites"/{api,test/e2e/{orders,carts}}
cd "$SCRATCH/suites"
echo 'module suites' >go.mod
echo 'FROM scratch' >api/Containerfile
for name in orders carts; do
  printf 'package e2e\n// kubectl\n' >test/e2e/$name/a_test.go
  sed "s/localhost\/web/localhost\/api/; s/web/$name/g" "$E2EGEN_SOURCE/tests/e2e/workspace/manifests/web.yaml" >test/e2e/$name/all.yaml
done
expect 'suites: a spec for each' 0 "$E2EGEN" init
for name in suites orders carts; do expect "it writes $name" 0 grep -q "specs/$name.yaml written" "$SCRATCH/output"; done
expect 'they compile together' 0 "$E2EGEN" orders carts
expect 'they are in order' 0 "$E2EGEN" fmt --check
expect '--print prints all' 0 "$E2EGEN" init --print
expect 'each under its path' 0 test "$(grep -c '^# specs/' "$SCRATCH/output")" = 2
rm specs/suites.yaml specs/orders.yaml
expect 'one that is there stays' 1 "$E2EGEN" init
expect 'and none is written' 1 test -e specs/suites.yaml

# a kustomization that takes its time
mkdir -p "$SCRATCH/slow/k8s" "$SCRATCH/tools"
cd "$SCRATCH/slow"
echo 'resources: []' >k8s/kustomization.yaml
printf '#!/bin/sh\nsleep 2.3\n' >"$SCRATCH/tools/kubectl"
chmod +x "$SCRATCH/tools/kubectl"
PATH=$SCRATCH/tools:$PATH expect 'init of what takes long' 0 "$E2EGEN" init --print
expect 'it says twice a second what it is at' 0 test "$(grep -c '^init: [0-9.]* s, the kustomization k8s$' "$SCRATCH/output")" -ge 3
cd "$SCRATCH/shop"
expect 'init of what does not' 0 "$E2EGEN" init --print
expect 'it says nothing' 1 grep -q '^init: ' "$SCRATCH/output"
mkdir "$SCRATCH/ports"
cd "$SCRATCH/ports"
for name in one two; do printf 'cluster: {ports: {8080: 30080}}\ntasks: {t: {command: [make]}}\n' >$name.yaml; done
echo 'nonsense' >three.yaml
expect 'a port that a spec beside takes too: a warning' 0 "$E2EGEN" one
expect 'with both places' 0 grep -q 'one.yaml:1:19: warning: two.yaml takes port 8080 of the machine too' "$SCRATCH/output"
expect 'and the way to see all' 0 grep -q 'e2egen ports' "$SCRATCH/output"
expect 'the ledger' 1 "$E2EGEN" ports one two
expect 'a spec beside is no part of what is compiled' 1 grep -q two.yaml .e2e/e2e.claims
cd "$SCRATCH/shop"

printf 'cluster:\n  config: kind.yaml\n  name: x\n' >specs/x.yaml
cp specs/x.yaml "$SCRATCH/before"
expect 'fmt --check names what would change' 1 "$E2EGEN" fmt --check
expect 'by its path' 0 grep -qx specs/x.yaml "$SCRATCH/output"
expect 'and changes nothing' 0 cmp specs/x.yaml "$SCRATCH/before"
expect 'fmt changes it' 0 "$E2EGEN" fmt x
expect 'once' 0 "$E2EGEN" fmt --check x
printf 'cluster: [\n' >specs/x.yaml
expect 'fmt of what is no YAML' 1 "$E2EGEN" fmt x

for shell in bash zsh fish; do
  expect "completions for $shell" 0 "$E2EGEN" completions "$shell"
  if command -v "$shell" >/dev/null; then expect "$shell reads them" 0 "$shell" -n "$SCRATCH/output"; fi
done
expect 'completions for no shell' 2 "$E2EGEN" completions
exit "$failed"
