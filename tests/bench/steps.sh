#!/usr/bin/env bash
# What is there to be paid when nothing is to be done, by the number of services: a scan of all their stamps, and the guard
# of one step, against `ninja -n` on the same file, which looks at nothing but the dates of the stamps.
#
# usage: steps.sh [SERVICES...]       STAMPS: the program that writes the stamps (tests/bench/stamps.cc)
#
# The world's answers lie in a file: what is measured is ours, not podman's and kubectl's.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/services.sh
. "$(dirname "${BASH_SOURCE[0]}")/services.sh"
STAMPS=${STAMPS:-$REPOSITORY/build/dev/tests/stamps}
[[ -x $STAMPS ]] || no_peer "no $STAMPS: cmake --build --preset dev --target stamps"

# The questions of these rules are answered from the file.
answered() { awk -v rules="$1" 'BEGIN { n = split(rules, all, " "); for (i = 1; i <= n; i++) is[all[i]] = 1 }
  /^rule / { skip = is[$2]; print; if (skip) print "  command = cat .e2e/world"; next } /^[^ ]/ || /^$/ { skip = 0 } !skip' "$2" >"$2.new"; mv "$2.new" "$2"; }

prepare() { # SERVICES
  rm -rf "$BENCH/ws" && write_e2egen "$BENCH/ws" "$1" && cd "$BENCH/ws"
  cp -r "$REPOSITORY/templates" templates
  answered images_stored templates/builder/podman.ninja
  answered 'cluster_identity images_loaded' templates/cluster/kind.ninja
  answered objects templates/common.ninja
  "$E2EGEN" big --templates templates >/dev/null
  "$STAMPS" .e2e/e2e.claims .e2e/world
  sleep 0.1 && scan && scan
}

scan() { "$E2EGEN" scan .e2e/e2e.claims; }
dry_run() { ninja -f e2e.ninja -n; }
guard() { "$E2EGEN" step .e2e/e2e.claims .e2e/images/s7.stamp -- false; }
nothing() { "$E2EGEN" --version; }

[[ $# -gt 0 ]] || set -- 1000 10000
for services; do
  prepare "$services"
  compare 5 scan dry_run && row "$services services: all stamps" scan "ninja -n"
  # a hundred of them: one is too short to be timed
  hundred() { for ((i = 0; i < 100; i++)); do "$@"; done; }
  guards() { hundred guard; }
  starts() { hundred nothing; }
  compare 3 guards starts && row "$services services: 100 guards" steps "--version"
done
