#!/usr/bin/env bash
# walk.sh, ten times as long.
set -euo pipefail
ROUNDS=${ROUNDS:-3} SEQUENCES=${SEQUENCES:-300} exec "$(dirname "$0")/walk.sh"
