#!/usr/bin/env bash
# How long a scan looks at build contexts of 1k, 10k and 100k files, against git status and sha256sum on the same tree.
# usage: scan.sh [FILES...]
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A podman that has built everything in no time: what is measured is the scan.
mkdir "$BENCH/bin"
cat >"$BENCH/bin/podman" <<'P'
#!/bin/sh
id=sha256:0000000000000000000000000000000000000000000000000000000000000000
while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf %s "$id" >"$2"; shift; done
echo "$id"
P
chmod +x "$BENCH/bin/podman"
export PATH=$BENCH/bin:$PATH

make_tree() { # FILES
  mkdir -p "$BENCH/ws/tree" && cd "$BENCH/ws"
  seq "$1" | awk '{ printf "tree/%02d/%02d/%d.go\n", $1 % 37, $1 % 101, $1 }' >files
  xargs dirname <files | sort -u | xargs mkdir -p
  awk '{ f = $1; for (i = 0; i < 80; i++) print f, i, "some line of source code as long as they are" >f; close(f) }' files
  printf 'FROM scratch\nCOPY . /\n' >Containerfile
  printf 'images:\n  tree: {containerfile: Containerfile, context: tree}\ncluster: {name: bench}\n' >bench.yaml
  git init -q tree && git -C tree add -A && git -C tree -c user.name=b -c user.email=b@b commit -qm b
  echo .git >tree/.containerignore
  "$E2EGEN" bench >/dev/null && ninja -f e2e.ninja images >/dev/null
  sleep 0.1 && "$E2EGEN" scan .e2e/e2e.claims
}

warm() { "$E2EGEN" scan .e2e/e2e.claims; }
cold() { rm -f .e2e/stat.cache; "$E2EGEN" scan .e2e/e2e.claims; }
git_status() { git -C tree status --porcelain; }
sums() { find tree -name .git -prune -o -type f -print0 | xargs -0 -P "$(nproc)" -n 500 sha256sum; }

[[ $# -gt 0 ]] || set -- 1000 10000 100000
for files in "$@"; do
  make_tree "$files"
  compare 5 warm git_status && row "$files files, warm" scan "git status"
  compare 3 cold sums && row "$files files, cold" scan "sha256sum"
  cd / && rm -rf "$BENCH/ws"
done
