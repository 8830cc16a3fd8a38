#!/usr/bin/env bash
# All rows under other versions of Ninja.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/ninjas.lib.sh
. "$here/ninjas.lib.sh"

for ninja in "${others[@]}"; do
  for rows in sources world failures state two_specs; do NINJA=$ninja "$here/rows_$rows.sh"; done
  NINJA=$ninja "$here/walk.sh"
done
