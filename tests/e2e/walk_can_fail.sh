#!/usr/bin/env bash
# The proof that walk.sh can find something: with a scan that deletes no stamp, it must.
set -euo pipefail
if output=$(SCAN=blind SEED=1 SEQUENCES=8 "$(dirname "$0")/walk.sh" 2>&1); then
  echo "$output"
  echo 'walk.sh has found nothing wrong, though scan was blind'
  exit 1
fi
echo "$output" | tail -n 1
grep -q 'is not the manifest\|the node lacks\|is not rolled out\|does not run\|is not seeded\|have not seen this' <<<"$output"
