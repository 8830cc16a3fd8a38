#!/usr/bin/env bash
# The offline node image: a kind node (Kubernetes 1.20.2) made from Debian packages and sources alone.
#
# why       kind pulls its node image from a registry; behind a closed network there is none.
# needs     root on Debian 12, the packages that host.sh installs, an apt mirror. From nothing: 4 GB of disk in the
#           cache and about 5 minutes on 2 cores; with Kubernetes compiled already: half a minute.
# produces  localhost/kind-node:v1.20.2 in podman's store, and node-image.tar in the cache.
# skips     at once if podman has the image of this very recipe; loads node-image.tar if that is of this recipe.
#
# usage: build.sh [--key]     --key prints the digest of the recipe and stops
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
IMAGE=$OFFLINE_NODE_IMAGE
export NODE_IMAGE_KEY

# Asked twice: podman has been seen to miss an image that is there.
in_podman() {
  local attempt
  for attempt in 1 2; do
    if [[ $(podman image inspect --format '{{index .Labels "e2egen.recipe"}}' "$IMAGE" 2>/dev/null) == "$NODE_IMAGE_KEY" ]]; then return 0; fi
    if [[ $attempt == 1 ]]; then sleep 0.1; fi
  done
  return 1
}

check_machine() {
  [[ $(id -u) == 0 ]] || die "building the node image needs root (it uses chroot, mknod and mount)"
  [[ $(debian_codename) == bookworm ]] ||
    die "the node image is built from the packages of Debian 12 (bookworm), on Debian 12"
  local tool
  for tool in mmdebstrap gcc dpkg-source unshare jq /usr/lib/go-1.19/bin/go; do
    command -v "$tool" >/dev/null || die "$tool is missing: run specs/node-image/host.sh first"
  done
  local free; free=$(df --output=avail -k "$CACHE" | tail -1)
  ((free > 4 * 1024 * 1024)) || die "$CACHE has $((free / 1024)) MB free; 4096 MB are needed"
}

# Kubernetes' own source and binaries do not change with the rest of the recipe, so each stage has its own claim.
build() {
  check_machine
  produce "$CACHE/gopath"   "$(digest source.sh)"                      "$RECIPE/source.sh"
  produce "$CACHE/bin"      "$(digest source.sh binaries.sh minidns)"  "$RECIPE/binaries.sh"
  produce "$CACHE/base.tar" "$(digest base.sh)"                        "$RECIPE/base.sh"
  "$RECIPE/image.sh" "$IMAGE" "$1"
}

# The image of an older recipe goes, unless a node still runs from it.
load() {
  local before
  before=$(podman image inspect --format '{{.Id}}' "$IMAGE" 2>/dev/null || true)
  say "loading $IMAGE into podman"
  podman load -q -i "$CACHE/node-image.tar" >/dev/null || return
  if [[ -n $before && $before != "$(podman image inspect --format '{{.Id}}' "$IMAGE")" ]]; then
    podman rmi "$before" >/dev/null 2>&1 || true
  fi
}

main() {
  NODE_IMAGE_KEY=$(digest .)
  case ${1:-} in
    --key) echo "$NODE_IMAGE_KEY"; return ;;
    -h | --help) help_of "${BASH_SOURCE[0]}"; return ;;
    '') ;;
    *) die "unknown argument '$1'; see --help" ;;
  esac
  if in_podman; then say "$IMAGE: unchanged"; return; fi

  mkdir -p "$CACHE"
  exec 9>"$CACHE/node-image.lock"
  if ! flock -n 9; then
    say "another build is at work: waiting for it"
    flock 9
    if in_podman; then say "$IMAGE: built meanwhile"; return; fi
  fi

  produce "$CACHE/node-image.tar" "$NODE_IMAGE_KEY" build
  # an archive that was damaged since it was written is made anew, once
  load || true
  if ! in_podman; then
    rm -f "$CACHE/node-image.tar.key"
    produce "$CACHE/node-image.tar" "$NODE_IMAGE_KEY" build
    load
    in_podman || die "podman does not have $IMAGE after loading $CACHE/node-image.tar"
  fi
  say "$IMAGE: ready"
}
main "$@"
