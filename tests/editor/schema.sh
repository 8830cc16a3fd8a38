#!/usr/bin/env bash
# `e2egen schema` takes what the loader takes and refuses what it refuses: the specs of the sample world, those of
# specs/bad/, the example of each key, and each key with each of many values. What the loader finds by looking at other
# files or at a second place is named in beyond-a-schema.txt: the schema takes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
# shellcheck source=SCRIPTDIR/lib.sh
. ./lib.sh
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cd "$E2EGEN_SOURCE"
"$E2EGEN" schema >"$place/schema.json"
"$VERDICTS" specs/*.yaml >"$place/verdicts"
# paths in those start at their folder
(cd specs/bad && "$VERDICTS" ./*.yaml) | sed '/"what":"\.\//!d' >>"$place/verdicts"
node "$here/schema.js" "$place/schema.json" "$place/verdicts" "$here/beyond-a-schema.txt"
