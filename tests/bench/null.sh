#!/usr/bin/env bash
# What it costs to find that nothing is to do, with the cluster up: `ninja -f e2e.ninja` of the gateway's environment,
# against the questions it has to ask the world, one after the other, and against Ninja on the same graph without them.
#
# usage: null.sh [FOLDER]     a folder with an e2e.ninja whose environment is up; default: $WORKSPACE, else this repository, after ./demo
#
# Changes nothing. Ends with 77 if nothing is up there.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "${1:-$WORKSPACE}"
RUNS=7

null() { ninja -f e2e.ninja; }
if [[ ! -f e2e.ninja ]]; then no_peer "there is no e2e.ninja in $PWD: run ./demo first"; fi
if ! null >"$BENCH/null.log" 2>&1 || ! null | grep -q 'no work to do'; then
  no_peer "$PWD has something to do: run ./demo first, or ninja -f e2e.ninja"
fi

# what scan asks, as it stands (but for what gc and status ask) in the claims file
mapfile -t questions < <(jq -r 'select(.command and (.probe | test("gc/|/workloads$") | not)).command | @base64' .e2e/e2e.claims)
# the store is asked for what the stamps of the images say
wanted=$(jq -r .result .e2e/images/*.stamp | sort -u | xargs)
ask() { base64 -d <<<"$1" | sed "s/'%{wanted}'/$wanted/; s,%{e2egen},$E2EGEN,g" | sh; }
all_questions() { local one; for one in "${questions[@]}"; do ask "$one" || return; done; }
slowest=${questions[0]} most=0
for one in "${questions[@]}"; do
  time=$(milliseconds ask "$one")
  if ((time > most)); then slowest=$one most=$time; fi
done
slowest_question() { ask "$slowest"; }
podman_images() { podman images --all --no-trunc --quiet; }

# the graph without its first phase: nothing is looked at but mtimes
sed '/^build always: phony$/,/^build e2e.ninja: phony/d; /^include .*host.ninja$/d' e2e.ninja >"$BENCH/plain.ninja"
sed '/^build /d' .e2e/e2e.host.ninja | cat - "$BENCH/plain.ninja" >"$BENCH/graph.ninja"
plain() { ninja -f "$BENCH/graph.ninja" -n; }
plain | grep -q 'no work to do' || { echo 'the graph without its first phase has something to do' >&2; exit 1; }

compare $RUNS null all_questions && row "nothing to do" ninja "${#questions[@]} questions"
compare $RUNS null slowest_question && row "" ninja "slowest of them"
compare $RUNS null podman_images && row "" ninja "podman images"
compare $RUNS null plain && row "" ninja "ninja, no scan"
