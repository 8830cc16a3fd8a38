#!/usr/bin/env bash
# Each spec in specs/bad/ is refused with the text beside it, status 1, and nothing is written.
# usage: bad.sh [--accept]     --accept: what is said now is what is expected from now on
set -euo pipefail
source=$E2EGEN_SOURCE/specs/bad
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failed=0

# check NAME EXPECTED: in a workspace of its own, beside a Ninja file that has to stay as it is
check() {
  local said=$place/said code=0
  rm -rf "$place/ws" && mkdir "$place/ws"
  cp -r "$source"/. "$place/ws/"
  cp "$place/$1.yaml" "$place/ws/" 2>/dev/null || true
  echo "the old one" >"$place/ws/e2e.ninja"
  (cd "$place/ws" && "$E2EGEN" "$1.yaml" >"$place/out" 2>"$said") || code=$?
  if [[ $code != 1 ]]; then fail "$1" "status $code"; return; fi
  if [[ -s $place/out ]]; then fail "$1" "it says something on standard output"; return; fi
  if [[ $(cat "$place/ws/e2e.ninja") != "the old one" || -e $place/ws/.e2e ]]; then fail "$1" "something was written"; return; fi
  if [[ -n ${ACCEPT:-} ]]; then cp "$said" "$2"; fi
  if ! diff -u "$2" "$said"; then fail "$1" "another text"; return; fi
  if ! grep -q '^  help: ' "$said"; then fail "$1" "no help"; return; fi
  count=$((count + 1))
}
fail() { failed=1; echo "not ok - $1: $2"; }

count=0
ACCEPT=; if [[ ${1:-} == --accept ]]; then ACCEPT=yes; fi
for spec in "$source"/*.yaml; do
  name=$(basename "$spec" .yaml)
  case $name in part-*) continue ;; esac   # what others include
  check "$name" "$source/$name.expected"
done
# those that no file of the tree should be
head -c 10000000 /dev/zero | tr '\0' '[' >"$place/ten-megabytes-of-brackets.yaml"
printf 'images:\n  a: {ref: \0}\n' >"$place/binary.yaml"
: >"$place/empty.yaml"
head -c 10000000 /dev/zero | tr '\0' 'a' >"$place/one-long-word.yaml"
head -c 40000000 /dev/zero | tr '\0' ' ' >"$place/too-big.yaml"
printf 'images:\n  gr\xfcn: {target: x}\n' >"$place/latin-1.yaml"
printf '\xff\xfei\0m\0a\0g\0e\0s\0:\0\n\0' >"$place/utf-16.yaml"
printf 'images:\r\n  a:\r\n    contianerfile: x\r\n' >"$place/line-ends-of-windows.yaml"
printf '\xef\xbb\xbfimges: {}\n' >"$place/byte-order-mark.yaml"
{ printf 'images:\n'; for ((i = 2; i < 300; i++)); do printf '%*sa:\n' "$i" ''; done; } >"$place/nested.yaml"
{ echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
  for ((i = 1; i < 12; i++)); do printf 'a%d: &a%d [%s]\n' "$i" "$i" "$(yes "*a$((i - 1))" | head -10 | paste -sd, | sed 's/,/, /g')"; done
} >"$place/alias-bomb.yaml"
for name in ten-megabytes-of-brackets binary empty one-long-word too-big latin-1 utf-16 line-ends-of-windows \
  byte-order-mark nested alias-bomb no-such-file; do
  check "$name" "$source/$name.expected"
done
echo "$count specs refused as expected"
exit "$failed"
