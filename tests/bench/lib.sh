# What the benchmarks share. They print ratios of medians, taken in turn in one run: machines are noisy, ratios less so.
# shellcheck shell=bash

# milliseconds COMMAND...: how long it took, in milliseconds; its output is thrown away, its failure is ours.
milliseconds() {
  local start=${EPOCHREALTIME/./} log=$BENCH/out.log
  "$@" >"$log" 2>&1 || { echo "failed: $*" >&2; tail -n 20 "$log" >&2; return 1; }
  echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# compare RUNS A B: functions in turn, after one run of each that does not count; leaves the medians in A_MS and B_MS.
compare() {
  local runs=$1 a=$2 b=$3 i
  local -a as=() bs=()
  for ((i = 0; i <= runs; i++)); do
    local x y
    x=$(milliseconds "$a") y=$(milliseconds "$b")
    if ((i > 0)); then as+=("$x") bs+=("$y"); fi
  done
  A_MS=$(printf '%s\n' "${as[@]}" | median)
  B_MS=$(printf '%s\n' "${bs[@]}" | median)
}

# row WHAT A-NAME B-NAME: prints what compare found; UNIT if it is no time.
UNIT=ms
row() {
  awk -v what="$1" -v a="$2" -v b="$3" -v x="$A_MS" -v y="$B_MS" -v unit="$UNIT" \
    'BEGIN { printf "%-34s %-16s %7d %s   %-16s %7d %s   ratio %.2f\n", what, a, x, unit, b, y, unit, x / (y > 0 ? y : 1) }'
}

# no_peer WHY: nothing to measure here; all.sh goes on.
no_peer() { echo "skip: $*" >&2; exit 77; }

BENCH=$(mktemp -d)
trap 'rm -rf "$BENCH"' EXIT
REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORKSPACE=${WORKSPACE:-$REPOSITORY}
# kind, where ./demo has put it
export PATH=$PATH:${E2EGEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/e2egen}/kind/usr/bin
E2EGEN=${E2EGEN:-$REPOSITORY/build/release/e2egen}
[[ -x $E2EGEN ]] || { echo "no e2egen at $E2EGEN: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
