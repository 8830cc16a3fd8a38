#!/usr/bin/env bash
# The rows in which an archive matters, with archives instead of layers.
set -euo pipefail
export TRANSPORT=archive ROWS=${ROWS:-*[ai][rm][ca][hg]*}
for rows in sources world failures state two_specs; do "$(dirname "$0")/rows_$rows.sh"; done
