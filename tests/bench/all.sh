#!/usr/bin/env bash
# All benchmarks, one after the other. Each prints a ratio for each thing it measures: ours against a peer's, medians of
# runs taken in turn on this machine. Ratios below 1 are in our favour where ours is the first of the two.
#
# usage: all.sh [NAME...]     some of: compile scan steps objects null cache load (each has a help text in its first lines)
#
#   compile a spec of 1,000 services compiled, against gn gen, cmake -GNinja and meson setup
#   scan    scans of 1k, 10k and 100k files, against git status and sha256sum
#   steps   scan and guards among the stamps of 1k and 10k services, against ninja -n and --version
#   objects 1,000 objects of a cluster told as they are, against jq on the same answer
#   null    nothing to do with the cluster up, against the questions that have to be asked     (after ./demo)
#   cache   bytes that CI keeps, against podman save                                           (after ./demo)
#   load    a changed layer of a big image, by layers and by archive, on a cluster of its own  (minutes)
#
# Uses build/release/e2egen (E2EGEN: another one), and for null and cache the environment of this repository (WORKSPACE:
# that of another folder). What has nothing to measure is left out, with the reason.
set -euo pipefail
case ${1:-} in -h | --help) sed -n '2,/^[^#]/{/^[^#]/d;s/^# \{0,1\}//;p}' "$0"; exit ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ $# == 0 ]]; then set -- compile scan steps objects null cache load; fi
failed=0
for name; do
  if [[ ! -x ./$name.sh || $name == all || $name == lib ]]; then echo "no benchmark '$name'; see all.sh --help" >&2; exit 2; fi
  echo "== $name"
  code=0
  "./$name.sh" || code=$?
  if ((code != 0 && code != 77)); then failed=1; fi
done
printf '(%s cores, load average %s)\n' "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
exit $failed
