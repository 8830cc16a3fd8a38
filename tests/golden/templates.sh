#!/usr/bin/env bash
# Each template is valid Ninja by itself, and has a role.
set -euo pipefail
cd "$E2EGEN_SOURCE"
failed=0
while read -r template; do
  rules=$(ninja -f "$template" -t rules) || { failed=1; echo "not ok - $template"; continue; }
  grep -q '^#: role *= ' "$template" || { failed=1; echo "not ok - $template has no role"; }
  echo "ok - $template: $(wc -l <<<"$rules") rules"
done < <(find templates -name '*.ninja' | sort)
exit "$failed"
