# shellcheck shell=bash
# What the scripts of this folder, ./demo and ./test share: where things are kept, headings, digests, claims.
# Sourced, never run. The sourcing script has set -euo pipefail.

NODE_IMAGE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RECIPE=$NODE_IMAGE_DIR/recipe
CACHE=${E2EGEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/e2egen}
OFFLINE_NODE_IMAGE=localhost/kind-node:v1.20.2
export CACHE RECIPE NODE_IMAGE_DIR OFFLINE_NODE_IMAGE

# Headings and refusals go to stderr: stdout belongs to results.
say()  { printf '    %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }
heading() { printf '== [%3d s] %s\n' "$SECONDS" "$*"; }

# The comment at the top of a script, which is its help.
help_of() { sed -n '2,/^[^#]/{/^[^#]/d;/^# shellcheck/d;s/^# \{0,1\}//;p}' "$1"; }

debian_codename() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# The Debian mirror that this machine's own apt uses; the lists are fetched first if there are none.
debian_mirror() {
  local found attempt
  for attempt in 1 2; do
    # apt-get, not the shell, expands $(...)
    # shellcheck disable=SC2016
    found=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME) $(LABEL)' 'Created-By: Packages' \
      | awk -v c="$(debian_codename)" '($2 == c || $3 == c) && $4 == "Debian" { print $1; exit }')
    if [[ -n $found ]]; then echo "$found"; return; fi
    if [[ $attempt == 1 ]]; then apt-get update -qq >&2 || true; fi
  done
  die "no Debian mirror in this machine's apt sources"
}

# private_apt NAME TYPE SUITE: the options that make apt-get use one suite of the mirror and nothing of the system's
# lists, printed one per line. The system's own sources are left as they are.
private_apt() {
  local root=$CACHE/apt-$1
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
  echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $3 main" >"$root/sources.list"
  printf '%s\n' -o "Dir::Etc::SourceList=$root/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$root/lists" -o "Dir::Cache=$root/cache" -o APT::Sandbox::User=root
}

# digest PATH...: one word for the names, executable bits and contents of files of the recipe; the same in every clone.
digest() (
  cd "$RECIPE" || exit
  { dpkg --print-architecture
    find "$@" -type f \( -perm -100 -printf 'x %p\n' -o -printf '- %p\n' \) | LC_ALL=C sort
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -c1-16
)

# claim_holds OUT KEY
claim_holds() { [[ -e $1 && $(cat "$1.key" 2>/dev/null) == "$2" ]]; }

# produce OUT KEY COMMAND...: runs COMMAND with OUT.new as its last argument, unless OUT was made with KEY already.
# The claim (OUT.key) goes first and comes back last, so an interruption never leaves one that is false.
produce() {
  local out=$1 key=$2; shift 2
  if claim_holds "$out" "$key"; then say "$(basename "$out"): unchanged"; return; fi
  rm -rf "$out.key" "$out.new"
  "$@" "$out.new"
  rm -rf "$out"
  mv "$out.new" "$out"
  printf '%s\n' "$key" >"$out.key.new"
  mv "$out.key.new" "$out.key"
}
