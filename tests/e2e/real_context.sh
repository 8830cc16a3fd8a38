#!/usr/bin/env bash
# Images that are made of the whole workspace, by real podman: what e2egen writes there is in none of them, and they are
# at rest. Needs podman alone; the images are removed in the end.
# shellcheck disable=SC2016   # a name of a file with a dollar in it
set -euo pipefail
: "${E2EGEN:?the program to test}" "${E2EGEN_SOURCE:?the source tree}"
E2EGEN=$(realpath "$E2EGEN")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-context.XXXXXX")
failed=0 title='' mark=0

# shellcheck disable=SC2317   # called by a trap
clean_up() {
  cd /
  podman rmi --force localhost/e2egen-context-{all,part,sub} >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap clean_up EXIT

fail() { failed=1; echo "not ok - $title: $*"; sed 's/^/      > /' "$scratch/said"; }
says() { grep -qF -e "$1" "$scratch/said" || fail "not said: $1"; }

row() {
  if [[ -n $title ]]; then echo "done - $title"; fi
  title=$1
}

# up [FILE]: what that Ninja file makes; `ran` tells which images it was
up() {
  mark=$({ cat .e2e/trace.jsonl 2>/dev/null || true; } | wc -l)
  ninja -f "${1:-e2e.ninja}" images >"$scratch/said" 2>&1 || fail "ninja ended with $?"
}
ran() {
  local steps
  steps=$(tail -n "+$((mark + 1))" .e2e/trace.jsonl | sed -n 's/.*"event":"ran","step":"image \([^"]*\)".*/\1/p' | sort | xargs)
  [[ $steps == "$*" ]] || fail "ran: ${steps:-nothing}, must be ${*:-nothing}"
}
at_rest() {
  up "$@"
  ran
  says 'no work to do'
}

# The files of an image, without those that every image has.
files() {
  local container
  container=$(podman create "localhost/e2egen-context-$1" none)
  podman export "$container" | tar -t | sed -n 's|^site/\(.*[^/]\)$|\1|p' | sort | xargs
  podman rm "$container" >/dev/null
}
# holds IMAGE FILE...
holds() {
  local have
  have=$(files "$1")
  shift
  [[ $have == "$*" ]] || fail "it has: $have; must be: $*"
}

mkdir -p "$scratch/work"/{specs,docker,sub}
cd "$scratch/work"
for image in all part sub; do printf 'FROM scratch\nLABEL test=e2egen-context\nCOPY . /site/\n' >"docker/$image"; done
cat >specs/all.yaml <<'SPEC'
images:
  all: {ref: localhost/e2egen-context-all, containerfile: docker/all, context: ., timeout: 5m}
  part: {ref: localhost/e2egen-context-part, containerfile: docker/part, context: ., timeout: 5m}
  sub: {ref: localhost/e2egen-context-sub, containerfile: docker/sub, context: sub, timeout: 5m}
SPEC
sed '/ part:/d' specs/all.yaml >specs/other.yaml
sed -i 's|COPY . /site/|COPY specs/other.yaml *.ninja main.txt /site/|' docker/part
echo main >main.txt
echo 'rule cc' >build.ninja
echo sub >sub/sub.txt
printf '\xef\xbb\xbf*.log\r\n!.e2e\r\n!**\r\n!.e2e/images/**\r\ndocker' >.dockerignore
sources='.dockerignore build.ninja main.txt specs/all.yaml specs/other.yaml sub/sub.txt'
: >"$scratch/said"

row 'nothing of ours is in them, and the second run has nothing to do'
"$E2EGEN" all --quiet
"$E2EGEN" other -o 'sub/the (other) $1.ninja' --quiet
up
ran all part sub
# shellcheck disable=SC2086   # words
holds all $sources
holds part build.ninja main.txt other.yaml
holds sub sub.txt
at_rest

row 'another Ninja file of the same images has nothing to do either'
up 'sub/the (other) $1.ninja'
ran
at_rest 'sub/the (other) $1.ninja'
at_rest

row 'an edit of a time-out: only what copies the spec is built'
sed -i '/ sub:/s/5m/7m/' specs/all.yaml
up
ran all
at_rest
printf '\nspecs/all.yaml' >>.dockerignore
up
sed -i '/ sub:/s/7m/8m/' specs/all.yaml
at_rest

row 'an edit of what is copied builds once'
echo edited >>sub/sub.txt
up
ran all sub
at_rest
holds sub sub.txt

row 'the log has the command as it ran: it can be run again'
command=$(grep '^\$ podman build' .e2e/logs/images.all.log | tail -n 1)
sh -c "${command#'$ '}" >"$scratch/said" 2>&1 || fail "it ended with $?"

row 'end'
exit "$failed"
