# shellcheck shell=bash
# What the tests on real clusters share. Sourced, with the name of the test's cluster; wants E2EGEN (the program) and
# E2EGEN_SOURCE (the source tree) in the environment, and takes E2EGEN_NODE_IMAGE (as ./demo does) and E2EGEN_CACHE.
#
# A row changes something, runs ninja, and says which steps must have run, and what must be so in the world:
#
#   row 'a line of the gateway is edited: only its pod is new'
#   edit specs/world/cmd/gateway/main.go 's/Exit(1)/Exit(2)/'
#   up
#   ran {image,export,load,apply,ready}/gateway
#
# Steps are told by the trace (.e2e/trace.jsonl), what is so by podman, kind and kubectl. A row that is not ok puts the
# sources back and everything up again, so that the next one begins as it should.
#
# Nothing is touched but the workspace's own: a cluster of that name, images that only it builds (see label_images).
# What the layer cache of podman holds stays: it makes the next run short.
set -euo pipefail

: "${E2EGEN:?the program to test}" "${E2EGEN_SOURCE:?the source tree}"
E2EGEN=$(realpath "$E2EGEN")
CLUSTER=$1
PATH=$PATH:${E2EGEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/e2egen}/kind/usr/bin
export KIND_EXPERIMENTAL_PROVIDER=podman PATH
unset KUBECONFIG   # whose cluster is meant is never left to chance

case ${E2EGEN_NODE_IMAGE:-offline} in
  offline) node_image=(--node-image localhost/kind-node:v1.20.2) ;;
  kind) node_image=() ;;
  *) node_image=(--node-image "$E2EGEN_NODE_IMAGE") ;;
esac

title='' spec='' number=0 wrong=0 failed=0 skipped='' row_start=0 mark=0 status=0 ninja=0

# --- the workspace ----------------------------------------------------------------------------------------------------

SCRATCH=${TMPDIR:-/tmp}/e2egen-real.$CLUSTER.$$
WORK=$SCRATCH/work
OUTPUT=$SCRATCH/output

# What an earlier run of this test left when it was cut short; a run that is still going on is not disturbed.
leftovers() {
  local folder
  for folder in "${TMPDIR:-/tmp}/e2egen-real.$CLUSTER".*; do
    [[ -d $folder ]] || continue
    if [[ -d /proc/${folder##*.} ]]; then echo "another run of this test is going on: process ${folder##*.}" >&2; exit 1; fi
    rm -rf "$folder"
  done
  delete_cluster
}

delete_cluster() { kind delete cluster --name "$CLUSTER" --kubeconfig "$SCRATCH/kubeconfig" >/dev/null 2>&1; }

# A label makes the images that are loaded this workspace's own, so that they can be removed without taking anybody's.
label_images() {
  local file
  for file; do echo "LABEL workspace=$CLUSTER" >>"specs/world/docker/$file.Dockerfile"; done
}

# workspace SPEC: a copy of the specs, under the cluster name and on ports of the test's own; SPEC is the one in use, until
# the test sets `spec` and `state` to another.
# The ports of the machine are those of the specs plus 1000.
workspace() {
  leftovers
  spec=$1
  mkdir -p "$WORK"
  cd "$WORK"
  mkdir specs
  cp -a "$E2EGEN_SOURCE"/specs/*.yaml "$E2EGEN_SOURCE/specs/world" specs
  sed -i "s/^  name: .*-e2e\$/  name: $CLUSTER/" specs/*.yaml
  sed -i 's/hostPort: 30/hostPort: 31/' specs/world/kind/*.yaml
  label_images postgres redis datastorage gateway service
  cp -a specs "$SCRATCH/specs"
  state=.e2e/env/$spec
  at_the_end :
}

# at_the_end COMMAND: whatever ends the test, it runs, and then clean_up.
at_the_end() {
  last_command=$1
  trap 'code=$?; "$last_command"; clean_up "$code"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# clean_up STATUS: that with which the test ended.
clean_up() {
  local code=$1
  trap - EXIT
  if [[ -n $title ]]; then
    complain "the script itself ended with $code"
    judge
  fi
  stop_ninja
  local process
  for process in $(jobs -p); do kill "$process" 2>/dev/null || true; done
  cd /
  delete_cluster || true
  rm -rf "$SCRATCH"
  exit "$code"
}

# --- rows -------------------------------------------------------------------------------------------------------------

row() {
  end_row
  title=$1 row_start=$SECONDS
  : >"$OUTPUT"
}

# complain LINE...: the first of a row keeps what was said until then.
complain() {
  if ((!wrong)); then tail -n 40 "$OUTPUT" >"$SCRATCH/evidence"; fi
  wrong=1
  printf '%s\n' "$@" >>"$SCRATCH/complaints"
}

skip() { skipped=$1; }

judge() {
  local verdict=ok
  number=$((number + 1))
  if ((wrong)); then verdict='not ok' failed=$((failed + 1)); fi
  printf '%s %d - %s (%d s)%s\n' "$verdict" "$number" "$title" $((SECONDS - row_start)) "${skipped:+ # SKIP $skipped}"
  if ((wrong)); then
    sed 's/^/    /' "$SCRATCH/complaints"
    if [[ -s $SCRATCH/evidence ]]; then
      echo '    what was said:'
      sed 's/^/    > /' "$SCRATCH/evidence"
    fi
  fi
  rm -f "$SCRATCH/complaints"
  title='' wrong=0 skipped=''
}

end_row() {
  if [[ -z $title ]]; then return; fi
  local was_wrong=$wrong
  judge
  if ((was_wrong)); then mend; fi
}

# The sources as they were, and everything up: what one row broke is not held against the next.
mend() {
  stop_ninja
  original specs
  if ! ninja -f e2e.ninja >"$OUTPUT" 2>&1 </dev/null; then
    echo "    and what it left can't be mended: no more rows" >&2
    tail -n 20 "$OUTPUT" | sed 's/^/    > /'
    exit 1
  fi
}

finish() {
  end_row
  echo "1..$number"
  echo "# $failed of $number not ok, $SECONDS s"
  ((!failed))
  exit
}

# --- running ----------------------------------------------------------------------------------------------------------

# What is looked at from here on.
from_now() {
  mark=0
  if [[ -e .e2e/trace.jsonl ]]; then mark=$(wc -l <.e2e/trace.jsonl); fi
}

generate() {
  if ! "$E2EGEN" "$spec" "${node_image[@]}" >"$OUTPUT" 2>&1; then complain 'expected: e2egen compiles the spec' 'got:      it fails'; fi
}

run_ninja() {
  from_now
  status=0
  ninja -f e2e.ninja "$@" >"$OUTPUT" 2>&1 </dev/null || status=$?
}

# up [TARGET...]: ninja succeeds.
up() {
  run_ninja "$@"
  if ((status)); then complain "expected: ninja${*:+ $*} succeeds" "got:      exit status $status"; fi
}

# up_fails TEXT...: ninja fails and says all that.
up_fails() {
  run_ninja
  if ((!status)); then complain 'expected: ninja fails' 'got:      exit status 0'; fi
  says "$@"
}

says() {
  local text
  for text; do
    if ! grep -qF -e "$text" "$OUTPUT"; then complain "expected: the output says '$text'" "got:      it doesn't"; fi
  done
}

# start: ninja in the background, in a process group of its own, as a terminal would have it.
start() {
  from_now
  set -m
  ninja -f e2e.ninja >"$OUTPUT" 2>&1 </dev/null &
  ninja=$!
  set +m
}

# All descendants of a process.
descendants() {
  local child
  for child in $(xargs <"/proc/$1/task/$1/children" 2>/dev/null); do
    descendants "$child"
    echo "$child"
  done
}

# interrupt SIGNAL: ends the ninja of `start`. INT goes to its process group, as Ctrl-C does, TERM to ninja alone, and
# KILL to ninja and to every e2egen that it runs, but not to what those run.
interrupt() {
  local process victims=("$ninja")
  case $1 in
    INT) victims=(-- "-$ninja") ;;
    KILL)
      for process in $(descendants "$ninja"); do
        if [[ $(readlink "/proc/$process/exe") == "$E2EGEN" ]]; then victims+=("$process"); fi
      done ;;
  esac
  status=0
  { kill -s "$1" "${victims[@]}" && wait "$ninja"; } 2>/dev/null || status=$?
  ninja=0
  if ((!status)); then complain 'expected: ninja was interrupted' 'got:      exit status 0'; fi
}

stop_ninja() {
  if ((ninja)); then
    kill -TERM "$ninja" 2>/dev/null || true
    wait "$ninja" 2>/dev/null || true
    ninja=0
  fi
}

# await SECONDS COMMAND...: until it succeeds.
await() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= until)); then
      complain "expected: soon: $*" "got:      not yet"
      return
    fi
    sleep 0.2
  done
}

# --- changing ---------------------------------------------------------------------------------------------------------

# edit FILE SED...: which must change something.
edit() {
  local before; before=$(cksum "$1")
  sed -i "${@:2}" "$1"
  if [[ $(cksum "$1") == "$before" ]]; then complain "expected: '${*:2}' changes $1" 'got:      it does not'; fi
}

# original PATH...: as it was at first; what is as it was keeps its time.
original() {
  local path file
  for path; do
    (cd "$SCRATCH" && find "$path" -type f) | while read -r file; do
      cmp -s "$SCRATCH/$file" "$file" || cp "$SCRATCH/$file" "$file"
    done
  done
}

# does COMMAND...: it succeeds.
does() {
  local said
  if ! said=$("$@" 2>&1); then complain "expected: $* succeeds" "got:      $said"; fi
}

# --- asking -----------------------------------------------------------------------------------------------------------

kube() { kubectl --kubeconfig "$state/kubeconfig" --request-timeout 20s "$@"; }
# The pods of a service that are not about to end.
pod() {
  kube --namespace e2e get pods --selector "$1" --output \
    'jsonpath={range .items[*]}{.metadata.uid} {.metadata.deletionTimestamp}{"\n"}{end}' | awk 'NF == 1' | xargs || true
}
nodes() { podman ps --all --filter "label=io.x-k8s.kind.cluster=$CLUSTER" --format '{{.ID}} {{.CreatedAt}}'; }
cluster() { echo "$(kube get namespace kube-system --output 'jsonpath={.metadata.uid}') $(nodes)"; }
in_node() { podman exec "$CLUSTER-control-plane" "$@"; }
on_node() { in_node ctr --namespace k8s.io images list --quiet; }
result() { sed -n 's/^ *"result": "\([^"]*\)".*/\1/p' ".e2e/images/$1.stamp"; }
image_stamps() { find .e2e/images -name '*.stamp' ! -name '*.*.stamp' | sort | xargs; }
stamps() { find "$@" -name '*.stamp' | sort | xargs; }

# The steps of which the trace says EVENT, as kind/name: image/gateway, export/gateway, load/gateway ... What is exported
# is layers or an archive, as the transport wants. Those that were interrupted belong to a run before, and end when they
# end.
events() {
  tail -n "+$((mark + 1))" .e2e/trace.jsonl 2>/dev/null |
    sed -n "/\"exit\":1[34][0-9],/d; s/^{\"run\":\"[^\"]*\",\"event\":\"$1\",\"step\":\"\([^\"]*\)\".*/\1/p" |
    sed -E 's/ \(.*//; s,^(archive|layers) ,export ,; s, ,/,'
}

# From the whole trace: START END of each step whose phase is $1, in seconds, of those that ran well.
times() {
  sed -n "s/.*\"event\":\"ran\",\"step\":\"\([^\"]*\)\",\"phase\":\"$1\".*\"start\":\([0-9.e+]*\),\"end\":\([0-9.e+]*\),\"tries\":[0-9]*,\"exit\":0,.*/\2 \3 \1/p" .e2e/trace.jsonl
}

# A process has this word on its command line. (The pattern doesn't match itself.)
running() {
  # shellcheck disable=SC2143  # processes end meanwhile, and grep's status says so
  [[ -n $(grep -lsxz -e "[${1::1}]${1:1}" /proc/[0-9]*/cmdline) ]]
}
not_running() { ! running "$1"; }

# --- judging ----------------------------------------------------------------------------------------------------------

# is WHAT EXPECTED GOT
is() { if [[ $2 != "$3" ]]; then complain "expected: $1: ${2:-nothing}" "got:      ${3:-nothing}"; fi; }
isnt() { if [[ $2 == "$3" ]]; then complain "expected: $1: not ${2:-nothing}" "got:      just that"; fi; }

# ran [KIND/NAME...]: these steps and no others, each once; none: not even a guard.
ran() { is 'steps that ran' "$(printf '%s\n' "$@" | sort | xargs)" "$(events ran | sort | xargs)"; }
ran_none_of() { is "steps like $1" '' "$(events ran | grep -E "$1" | sort | xargs)"; }
nothing_ran() {
  ran ''
  is 'steps that looked again' '' "$(events held | xargs)"
  says 'no work to do'
}
no_stamp() { if [[ -e $1 ]]; then complain "expected: no stamp $1" 'got:      there is one'; fi; }

# The address of a service of the sample world.
url() { echo "http://127.0.0.1:$1"; }
