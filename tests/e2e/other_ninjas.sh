#!/usr/bin/env bash
# Other versions of Ninja: one after the other on the same folder, and rows under each. Needs a Debian mirror once;
# ends with 77 if there is none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/ninjas.lib.sh
. "$here/ninjas.lib.sh"

NINJAS="ninja ${others[*]}" SEQUENCES=8 "$here/walk.sh"
for ninja in "${others[@]}"; do NINJA=$ninja ROWS='*mtimes*' "$here/rows_state.sh"; done
