#!/usr/bin/env bash
# How much a CI machine keeps from run to run: the layout and stamps of the gateway's images, against `podman save` of the
# same images, one archive each, as they are and compressed.
#
# usage: cache.sh [FOLDER]     a folder with the .e2e of images that are built; default: $WORKSPACE, else this repository, after ./demo
#
# Changes nothing. Ends with 77 if no images are there.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "${1:-$WORKSPACE}"
UNIT=MB

megabytes() { awk '{ printf "%d\n", $1 / 1e6 + 0.5 }'; }
layout() { tar -cf - .e2e/images .e2e/oci; }

images=()
for stamp in .e2e/images/*.layers.stamp; do
  name=${stamp##*/} name=${name%.layers.stamp}
  id=$(sed -n 's/^ *"result": "\([^"]*\)".*/\1/p' ".e2e/images/$name.stamp" 2>/dev/null) || true
  if [[ -z $id ]] || ! podman image exists "$id"; then no_peer "$PWD: the image '$name' is not in podman's store: run ./demo first"; fi
  images+=("$id")
done

saved=0 saved_gz=0
for id in "${images[@]}"; do
  podman save --quiet --output "$BENCH/image.tar" "$id"
  saved=$((saved + $(stat -c %s "$BENCH/image.tar")))
  saved_gz=$((saved_gz + $(gzip -1 <"$BENCH/image.tar" | wc -c)))
  rm "$BENCH/image.tar"
done
# shellcheck disable=SC2034  # row prints them
{
  A_MS=$(layout | wc -c | megabytes) B_MS=$(megabytes <<<"$saved")
  row "${#images[@]} images" ".e2e" "podman save"
  A_MS=$(layout | gzip -1 | wc -c | megabytes) B_MS=$(megabytes <<<"$saved_gz")
  row "  gzip -1" ".e2e" "podman save"
}
