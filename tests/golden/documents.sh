#!/usr/bin/env bash
# docs/spec.md and docs/spec.schema.json are what the program prints, from the tables that the loader reads by.
# usage: documents.sh [--accept]     --accept: what it prints now is what is expected from now on
set -euo pipefail
cd "$E2EGEN_SOURCE/docs"
failed=0
# check FILE VERB
check() {
  if [[ ${ACCEPT:-} ]]; then "$E2EGEN" "$2" >"$1.new" && mv "$1.new" "$1"; fi
  if diff -u "$1" <("$E2EGEN" "$2"); then echo "ok - docs/$1"; return; fi
  failed=1
  echo "not ok - docs/$1 is not what e2egen $2 prints; if that is meant: cmake --build --preset dev --target accept"
}
if [[ ${1:-} == --accept ]]; then ACCEPT=yes; fi
check spec.md reference
check spec.schema.json schema
exit "$failed"
