#!/usr/bin/env bash
# Which node image this machine's clusters use: prints the name for `--node-image`, or nothing for kind's own, which kind
# pulls from a registry. If it is the offline image, it is there afterwards.
#
# needs     podman, kind; what build.sh needs, if it comes to that
# override  E2EGEN_NODE_IMAGE=offline, =kind, or =NAME of any other image
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The image that kind's own images are based on, as kind itself names it: its manifest is a few kilobytes, and whoever can
# read it can pull kind's node image from beside it.
registry_reachable() {
  local reference
  reference=$(kind build node-image --help 2>&1 | grep -o '[^" ]*/kindest/base:[^" )]*' | head -1) || return 1
  timeout 10 podman manifest inspect "$reference" >/dev/null 2>&1
}

offline() { "$NODE_IMAGE_DIR/build.sh"; echo "$OFFLINE_NODE_IMAGE"; }

case ${E2EGEN_NODE_IMAGE:-} in
  kind) ;;
  offline | "$OFFLINE_NODE_IMAGE") offline ;;
  ?*) echo "$E2EGEN_NODE_IMAGE" ;;
  *)
    # what was decided before holds, without asking the network again
    if podman image exists "$OFFLINE_NODE_IMAGE"; then offline
    elif [[ -n $(podman images -q --filter 'reference=*/kindest/node') ]]; then say "kind's own image"
    elif registry_reachable; then say "a registry answers: kind's own image"
    else say "no registry answers: the offline image"; offline; fi ;;
esac
