#!/usr/bin/env bash
# The rows in which an archive matters, with archives instead of layers.
set -euo pipefail
export TRANSPORT=archive
for rows in sources world failures state two_specs; do ROWS='*[ai][rm][ca][hg]*' "$(dirname "$0")/rows_$rows.sh"; done
