#!/usr/bin/env bash
# The YAML language server, as editors run it, on specs of the sample world: docs/spec.schema.json is found by the first
# line of each, keys are offered and described, and what is wrong is told where it stands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
# shellcheck source=SCRIPTDIR/lib.sh
. ./lib.sh
node "$here/editor.js" "$E2EGEN_SOURCE"
