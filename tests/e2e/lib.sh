# shellcheck shell=bash
# What the scenario tests share. Sourced; wants E2EGEN (the program) and E2EGEN_SOURCE (the source tree) in the
# environment, and takes NINJA (another ninja), TRANSPORT (how images go to
# the cluster: archive or layers) and ROWS (a pattern of row titles) from it.
#
# A row begins with a workspace and a world in which everything is up; it changes something, runs ninja, and says which
# steps must have run and which real calls they must have made:
#
#   row 'a source of api is edited'
#   edit api/main.txt
#   up
#   ran {image,archive,load,apply,ready}/api
#   calls {build,save,load,apply,rollout}/api
#
# Steps and calls are told by the trace (.e2e/trace.jsonl) and by the stand-ins (tools/stand-in), never by output.
set -euo pipefail

: "${E2EGEN:?the program to test}" "${E2EGEN_SOURCE:?the source tree}"
NINJA=${NINJA:-ninja}
TRANSPORT=${TRANSPORT:-layers}
E2EGEN=$(realpath "$E2EGEN")
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-scenario.XXXXXX")
WORK=$SCRATCH/site/work
export E2E_WORLD=$SCRATCH/site/world

mkdir "$SCRATCH/bin"
# copies: where a link led nowhere for a moment, the search on PATH would go on to the real tools
cp -r "$E2EGEN_SOURCE/tests/e2e/tools" "$SCRATCH/tools"
for tool in podman skopeo kind kubectl e2e-command; do cp "$SCRATCH/tools/stand-in" "$SCRATCH/bin/$tool"; done
PATH=$SCRATCH/bin:$PATH

ROWS=${ROWS:-*}
ninja_file=e2e.ninja
title='' wrong=0 gap=0 rows=0 failed=0 mark=0 status=0 began=0

# --- rows -------------------------------------------------------------------------------------------------------------

# A workspace and an empty world.
clean_site() {
  cd /
  rm -rf "$SCRATCH/site"
  mkdir -p "$WORK" "$E2E_WORLD"/{images,tags,clusters,faults}
  cp -a "$E2EGEN_SOURCE/tests/e2e/workspace/." "$WORK"
  sed -i "s/transport: .*/transport: $TRANSPORT/" "$WORK/specs/shop.yaml"
  cd "$WORK"
}

# A workspace and a world in which everything is up, tests too.
built_site() {
  if [[ ! -d $SCRATCH/built.$TRANSPORT ]]; then
    clean_site
    "$E2EGEN" shop --quiet
    "$NINJA" -f e2e.ninja up test >"$SCRATCH/output" 2>&1 || { cat "$SCRATCH/output"; exit 1; }
    cp -a "$SCRATCH/site" "$SCRATCH/built.$TRANSPORT"
  fi
  cd /
  rm -rf "$SCRATCH/site"
  cp -a "$SCRATCH/built.$TRANSPORT" "$SCRATCH/site"
  cd "$WORK"
}

end_row() {
  if [[ -z $title ]]; then return; fi
  rows=$((rows + 1))
  if ((gap && wrong)); then
    echo "GAP   $title"
  elif ((gap)); then
    failed=$((failed + 1))
    echo "WRONG $title: the gap is closed, take the mark away"
  elif ((wrong)); then
    failed=$((failed + 1))
    echo "WRONG $title"
    if [[ -s $SCRATCH/output ]]; then sed 's/^/      > /' "$SCRATCH/output"; fi
  else
    echo "ok    $title$( ((SECONDS - began > 2)) && echo " ($((SECONDS - began)) s)")"
  fi
  title='' wrong=0 gap=0
}

# row TITLE: the row before it is judged. Returns non-zero if it is not to be run, so that `row ... && { ... }` skips it.
row() {
  end_row
  # shellcheck disable=SC2053  # a pattern
  if [[ $1 != $ROWS ]]; then return 1; fi
  title=$1 began=$SECONDS
  : >"$SCRATCH/output"
  built_site
  # for tests/mutate
  if [[ -n ${E2EGEN_REACHED-} ]]; then echo "# $EPOCHREALTIME $title" >>"$E2EGEN_REACHED"; fi
}

# known_gap: the row says what should be, and is not yet.
known_gap() { gap=1; }

complain() {
  if ((gap)); then
    wrong=1
    return
  fi
  if ((!wrong)); then echo "in the row: $title"; fi
  wrong=1
  echo "      $*"
}

finish() {
  end_row
  echo "$rows rows, $failed wrong, ninja $("$NINJA" --version), $SECONDS s"
  if ((failed)); then exit 1; fi
  exit 0
}

clean_up() {
  local code=$?
  if [[ -n $title ]]; then echo "the script itself ended with $code in the row: $title"; fi
  cd /
  local process
  for process in $(jobs -p); do kill -KILL -- "-$process" 2>/dev/null || true; done
  local folder
  for folder in images logs; do
    if mountpoint -q "$WORK/.e2e/$folder" 2>/dev/null; then umount "$WORK/.e2e/$folder"; fi
  done
  rm -rf "$SCRATCH"
}
trap clean_up EXIT

# --- running ----------------------------------------------------------------------------------------------------------

# What is looked at from here on.
from_now() {
  mark=0
  if [[ -e .e2e/trace.jsonl ]]; then mark=$(wc -l <.e2e/trace.jsonl); fi
  rm -f "$E2E_WORLD/calls" "$E2E_WORLD/questions"
}

run_ninja() {
  from_now
  status=0
  "$NINJA" -f "$ninja_file" -j 4 "$@" >"$SCRATCH/output" 2>&1 </dev/null || status=$?
}

# shellcheck disable=SC2120  # without a target: the default
# up [TARGET...]: ninja succeeds.
up() {
  run_ninja "$@"
  if ((status)); then complain "ninja $* ended with $status"; fi
}

# up_fails TEXT: ninja fails and says TEXT.
up_fails() {
  run_ninja "${@:2}"
  if ((!status)); then complain "ninja did not fail"; fi
  says "$1"
}

says() {
  if ! grep -qF -e "$1" "$SCRATCH/output"; then complain "not said: $1; but: $(cat "$SCRATCH/output")"; fi
}

generate() {
  status=0
  "$E2EGEN" shop --quiet >"$SCRATCH/output" 2>&1 || status=$?
}

# start [TARGET...]: ninja in the background, in a process group of its own.
start() {
  from_now
  set -m
  "$NINJA" -f e2e.ninja -j 4 "$@" >"$SCRATCH/output" 2>&1 </dev/null &
  ninja=$!
  set +m
}

# await FAULT: until a call has met it.
await() {
  local tries
  for ((tries = 0; tries < 2000; tries++)); do
    if compgen -G "$E2E_WORLD/faults/taken.$1.*" >/dev/null; then return; fi
    sleep 0.01
  done
  complain "nothing met the fault $1"
}

# ended: waits for the ninja of `start`.
ended() {
  status=0
  wait "$ninja" 2>/dev/null || status=$?
}

# All descendants of a process.
descendants() {
  local child
  for child in $({ xargs <"/proc/$1/task/$1/children"; } 2>/dev/null); do
    descendants "$child"
    echo "$child"
  done
}

steps() {
  local process
  for process in $(descendants "$ninja"); do
    if [[ $(readlink "/proc/$process/exe" 2>/dev/null) == "$E2EGEN" ]]; then echo "$process"; fi
  done
}

# --- changing ---------------------------------------------------------------------------------------------------------

edit() { echo edited >>"$1"; }

# fault VERB.NAME SHELL: the next such call runs SHELL first; a second fault of that name is for the call after it.
fault() {
  local n=1
  while [[ -e $E2E_WORLD/faults/$1.$n ]]; do n=$((n + 1)); done
  echo "$2" >"$E2E_WORLD/faults/$1.$n"
}

# always VERB.NAME SHELL: what every such call meets, until it is mended.
always() { echo "$2" >"$E2E_WORLD/faults/$1.always"; }
mended() { rm "$E2E_WORLD"/faults/*.always; }

cluster=$E2E_WORLD/clusters/shop

# The ID in the world's store that a reference stands for.
id_of() { cat "$E2E_WORLD/tags/localhost%$1"; }

# The file that an image is exported to; by layers, its config among the blobs.
archive_of() {
  if [[ $TRANSPORT == archive ]]; then echo ".e2e/images/$1.tar"; else echo ".e2e/oci/blobs/sha256/$(id_of "$1")"; fi
}

# --- judging ----------------------------------------------------------------------------------------------------------

# The steps of which the trace says EVENT, as kind/name. Those that were interrupted belong to a run before, and end when
# they end.
events() {
  tail -n "+$((mark + 1))" .e2e/trace.jsonl 2>/dev/null |
    sed -n "/\"exit\":1[34][0-9],/d; s/^{\"run\":\"[^\"]*\",\"event\":\"$1\",\"step\":\"\([^\"]*\)\".*/\1/p" | sed 's/ (.*//; s, ,/,; s,^layers/,archive/,' | loaded
}

# By layers, the images that others are FROM are exported too: rows speak of those that are loaded.
loaded() { grep -v -x -e archive/rootfs -e archive/base -e save/rootfs -e save/base || true; }

world_calls() { { loaded <"$E2E_WORLD/calls"; } 2>/dev/null || true; }

# expect WHAT ACTUAL EXPECTED...
expect() {
  local what=$1 actual=$2 expected
  shift 2
  expected=$(printf "%s\n" "$@" | xargs -n 1 | sort | xargs)
  actual=$(echo "$actual" | sort | xargs)
  if [[ $actual == "$expected" ]]; then return; fi
  complain "$what: ${actual:-nothing}"
  complain "${what//?/ }  must be ${expected:-nothing}"
}

# shellcheck disable=SC2120  # called without arguments where nothing is to be
ran() { expect ran "$(events ran)" "$@"; }
# shellcheck disable=SC2120
held() { expect held "$(events held)" "$@"; }
deleted() { expect deleted "$(events deleted)" "$@"; }
# shellcheck disable=SC2120
calls() { expect calls "$(world_calls)" "$@"; }

# Neither steps nor guards nor calls.
nothing() {
  ran ""
  held ""
  calls ""
}

# no_stamp NAME...: .e2e/NAME.stamp, or the one in the environment's folder
no_stamp() {
  local name
  for name; do
    if [[ -e .e2e/$name.stamp || -e .e2e/env/shop/$name.stamp ]]; then complain "there is a stamp $name"; fi
  done
}

# What runs when the image of a service changes, and when all in the cluster is to be made anew; the calls of it.
words() { echo "$*"; }
api=$(words {image,archive,load,apply,ready}/api)
web=$(words {image,archive,load,apply,ready}/web)
in_cluster=$(words load/{api,web} {apply,ready}/{store,api,web} task/seed)
api_calls=$(words {build,save,load,apply,rollout}/api)
web_calls=$(words {build,save,load,apply,rollout}/web)
in_cluster_calls=$(words load/{api,web} {apply,rollout}/{store,api,web} seed/shop)
# what an image needs to be built on a machine whose store is empty: archives of bases there are none
bases=$(words image/{rootfs,base})
bases_calls=$(words build/{rootfs,base})
if [[ $TRANSPORT == layers ]]; then
  bases=''
  bases_calls=restore/base
fi
export api web in_cluster bases api_calls web_calls in_cluster_calls bases_calls

# --- the oracle -------------------------------------------------------------------------------------------------------

# oracle: what the sources give, made by the stand-ins in a world of its own; sets $ids
declare -A ids
oracle() {
  local world=$SCRATCH/oracle image
  rm -rf "$world"
  mkdir -p "$world"/{images,tags,faults}
  mkdir "$world/rootfs"
  sh rootfs/make.sh >"$world/rootfs/rootfs.tar"
  printf "FROM scratch\nADD rootfs.tar /\n" >"$world/rootfs/Containerfile"
  for image in rootfs base api web; do
    local context=$image
    if [[ $image == rootfs ]]; then context=$world/rootfs; fi
    local words=(--file "$context/Containerfile" --tag "localhost/$image" --iidfile "$world/$image.id")
    case $image in
      base) words+=("--build-context=localhost/rootfs=container-image://${ids[rootfs]}") ;;
      api) words+=("--build-arg=VERSION=$(sed -n 's/.*{VERSION: \(.*\)}/\1/p' specs/shop.yaml)") ;;
      web) words+=("--target=$(sed -n 's/.*target: //p' specs/shop.yaml)") ;;
    esac
    if [[ $image == api || $image == web ]]; then words+=("--build-context=localhost/base=container-image://${ids[base]}"); fi
    E2E_WORLD=$world podman build "${words[@]}" "$context"
    ids[$image]=$(cat "$world/$image.id")
  done
}

# shellcheck disable=SC2120  # "tested": the tests have passed, too
# The world is what the sources say: cluster, images on the node, objects, their rollouts, the task, the tests.
world_is_right() {
  local image tag object manifest
  oracle
  cmp -s "$cluster/config" kind.yaml || complain 'the cluster has another config'
  [[ -e $cluster/uid && $(sort -u "$cluster"/nodes/* 2>/dev/null) == running ]] || complain 'the cluster does not run'
  for image in api web; do
    tag=e2e-$(cut -c8-19 <<<"${ids[$image]}")
    [[ -e $cluster/images/${ids[$image]#sha256:} && -e $cluster/tags/localhost%$image:$tag ]] || complain "the node lacks $image"
  done
  for manifest in store api web; do
    tag=e2e-$(cut -c8-19 <<<"${ids[$manifest]-}")
    sed "s|\(image: localhost/$manifest\)\(:latest\)\{0,1\}|\1:$tag|; /^spec:/a\\  replicas: 1" \
      "manifests/$manifest.yaml" >"$SCRATCH/manifest"
    object=$cluster/objects/deployment.shop.$manifest
    if ! sed -n '/^kind: Deployment/,/^---/{/^---/!p}' "$SCRATCH/manifest" | diff - <(sed 1d "$object" 2>/dev/null) >"$SCRATCH/diff"; then
      complain "the object $manifest is not the manifest: $(tr "\n" " " <"$SCRATCH/diff")"
    fi
    cmp -s "$object" "$object.rolled" || complain "$manifest is not rolled out"
  done
  for object in "$cluster"/objects/*.uid; do
    object=${object%.uid}
    cmp -s "$object" "$object.applied" || complain "somebody changed ${object##*/}"
    [[ $(cat "$object.replicas" 2>/dev/null || echo 1) == 1 ]] || complain "somebody scaled ${object##*/}"
  done
  [[ -e $cluster/objects/service.shop.api && -e $cluster/objects/namespace.default.shop ]] || complain 'objects are gone'
  cat seed/rows.txt "$cluster/objects/deployment.shop.store.pod" 2>/dev/null | cmp -s - "$cluster/seeded" || complain 'the store is not seeded'
  if [[ ${1-} == tested ]]; then
    cat smoke/run.sh "$cluster/seeded" "$cluster"/objects/*.rolled 2>/dev/null | cmp -s - "$cluster/tested" || complain 'the tests have not seen this'
  fi
}
