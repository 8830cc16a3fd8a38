#!/usr/bin/env bash
# What kubectl takes for YAML, and what it does not, e2egen says of a manifest when the spec is compiled.
set -euo pipefail

: "${E2EGEN:?the program to test}"
E2EGEN=$(realpath "$E2EGEN")
if ! command -v kubectl >/dev/null; then echo "no kubectl here"; exit 77; fi
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-manifests.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
cd "$SCRATCH"
printf 'resources: [a.yaml]\n' >kustomization.yaml
printf 'cluster: {name: x}\ndeployments: {a: {manifests: a.yaml}}\n' >spec.yaml

failed=0 accepted=0 refused=0
verdict() { if "$@" >"$SCRATCH/out" 2>&1; then echo accepted; else echo refused; fi; }
while IFS= read -r text; do
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n%b\n' "$text" >a.yaml
  ours=$(verdict "$E2EGEN" spec.yaml --print)
  theirs=$(verdict kubectl kustomize .)
  if [[ $ours == "$theirs" ]]; then
    eval "$ours=\$(($ours + 1))"
  else
    echo "not ok - $text: kubectl $theirs, e2egen $ours"
    failed=1
  fi
done <<'TEXTS'
data: {a: b}
data: {a: [1,,2]}
data: {a: "x"y}
data: {a: 'x' 'y'}
data: {a: x]}
data:\n\ta: b
data: {a: &x b, c: *y}
data: {<<: {a: b}, c: d}
data: {<<: [{a: b}, {c: d}]}
data: {<<: text}
data: {<<: [text]}
data: {<<: }
data: {a: &x b, c: *x}
data: {a: !foo b}
data: {a: @x}
data:\n  a: - b
data:\n  a: 1\n  a: 2
data: {? a : b}
data: {a: b, : c}
data: {a: %x}
data: {a: b}}
data: "\\\\q"
data: "open
%FOO
data:\n  a: |\n    b\n   c: d
TEXTS
echo "$accepted accepted by both, $refused refused by both"
# a test that finds nothing of one kind compares nothing
if ((failed || accepted == 0 || refused == 0)); then exit 1; fi
