#!/usr/bin/env bash
# generated/NAME.ninja is what e2egen makes of specs/NAME.yaml, byte for byte, and Ninja reads it.
# usage: golden.sh [--accept]     --accept: what comes out now is what is expected from now on
set -euo pipefail
cd "$E2EGEN_SOURCE"
failed=0
for spec in specs/*.yaml; do
  name=$(basename "$spec" .yaml)
  golden=generated/$name.ninja
  if [[ ${1:-} == --accept ]]; then
    "$E2EGEN" "$name" --print >"$golden.new" && mv "$golden.new" "$golden"
  fi
  if ! diff -u "$golden" <("$E2EGEN" "$name" --print); then
    failed=1
    echo "not ok - $golden; if that is meant: cmake --build --preset dev --target accept"
    continue
  fi
  place=$(mktemp -d)
  mkdir "$place/.e2e" && cp "$golden" "$place/e2e.ninja" && echo 'e2egen = e2egen' >"$place/.e2e/e2e.host.ninja"
  # generated for e2e.ninja: the parts of the machine stand beside it
  targets=$(cd "$place" && ninja -f e2e.ninja -t targets) || failed=1
  rm -rf "$place"
  for target in images cluster load deploy up test logs down; do
    grep -q "^$target: phony" <<<"$targets" || { failed=1; echo "not ok - $golden has no target $target"; }
  done
  echo "ok - $golden"
done
exit "$failed"
