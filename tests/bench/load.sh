#!/usr/bin/env bash
# From the end of a build to the image in the node, by layers and by archive, for an image of 600 MB whose last layer, a
# small file, changes. In turn, on one cluster, as Ninja runs it; the steps' own times are shown beside.
#
# usage: load.sh [RUNS [MEGABYTES]]     E2EGEN_NODE_IMAGE: the node image of the cluster, as ./demo knows it
#
# Needs podman, skopeo, kind and kubectl; creates and deletes the cluster e2egen-bench-load.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
RUNS=${1:-5} MEGABYTES=${2:-600} NAME=e2egen-bench-load
export KIND_EXPERIMENTAL_PROVIDER=podman
node_image=()
case ${E2EGEN_NODE_IMAGE:-offline} in
  offline) node_image=(--node-image localhost/kind-node:v1.20.2) ;;
  kind) ;;
  *) node_image=(--node-image "$E2EGEN_NODE_IMAGE") ;;
esac

mkdir "$BENCH/ws" && cd "$BENCH/ws"
clean_up() {
  kind delete cluster --name "$NAME" >/dev/null 2>&1
  podman images --no-trunc --quiet --filter "reference=localhost/$NAME-*" | sort -u | xargs -r podman rmi --force >/dev/null 2>&1
  rm -rf "$BENCH"
}
trap clean_up EXIT

# content that nothing can compress, the same in each run
mkdir -p content/part
for ((i = 0; i < MEGABYTES / 50; i++)); do
  openssl enc -aes-128-ctr -nosalt -k "bench $i" -in /dev/zero 2>/dev/null | head -c 50M >"content/part/$i" || true
done
printf '#!/bin/sh\nexec tar -C content --sort=name --mtime=@0 --owner=0 --group=0 -cf - part\n' >big.sh
printf 'FROM localhost/%s-big\nCOPY change /change\n' "$NAME" >Containerfile
echo first >change
cat >pod.yaml <<Y
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 0
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: "localhost/$NAME-app"}]}
Y
spec() { # TRANSPORT
  cat >bench.yaml <<Y
images:
  big: {ref: localhost/$NAME-big, rootfs: [sh, big.sh], inputs: [big.sh, content]}
  app: {ref: localhost/$NAME-app, containerfile: Containerfile, context: ., sources: [change]}
cluster: {name: $NAME, transport: $1}
deployments:
  app: {manifests: [pod.yaml]}
Y
  "$E2EGEN" bench "${node_image[@]}" --quiet && ninja -f e2e.ninja
}

# time_of STEP start|end: of its last run that was more than a guard
time_of() { jq -r --arg step "$1" --arg what "$2" 'select(.step == $step and .why != null) | .[$what]' .e2e/trace.jsonl | tail -n 1; }
between() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%d\n", (b - a) * 1000 }'; }
change_one_layer() { # TRANSPORT
  echo "$RANDOM $EPOCHREALTIME" >change
  ninja -f e2e.ninja >ninja.log 2>&1 || { cat ninja.log >&2; return 1; }
  between "$(time_of 'image app' end)" "$(time_of 'load app' end)" >>"$1.whole"
  between "$(time_of "$1 app" start)" "$(time_of "$1 app" end)" >>"$1.export"
  between "$(time_of 'load app' start)" "$(time_of 'load app' end)" >>"$1.load"
}

for ((run = 0; run <= RUNS; run++)); do
  for way in archive layers; do
    spec "$way" >spec.log 2>&1 || { cat spec.log >&2; exit 1; }
    change_one_layer "$way"
    # the first run does not count
    if ((run == 0)); then rm "$way".{whole,export,load}; fi
  done
done
for part in whole export load; do
  # shellcheck disable=SC2034  # row prints them
  A_MS=$(median <archive.$part) B_MS=$(median <layers.$part)
  case $part in
    whole) row "$MEGABYTES MB, end of build to node" archive layers ;;
    *) row "  $part" archive layers ;;
  esac
done
