#!/usr/bin/env bash
# What init drafted of repositories, really built, where that needs no registry: a row for each image.
#
# usage: adoption_builds.sh STAND-IN.tar FOLDER...     checked-out repositories; they are copied
#
# STAND-IN.tar is a root file system of Debian packages, such as
#   mmdebstrap --variant=apt --include=ca-certificates,curl,nodejs,npm,golang-go,python3,make bookworm STAND-IN.tar
# It stands in for each base image, under the base's name, in a store of its own: what copies files onto its base, or
# runs nothing but what Debian has, is built, and what wants another distribution's packages or a language's registry is
# not. One image after the other is built by the Ninja file as it is, twice.
#
#   first, second     seconds; the second run has to say "no work to do"
#   or why it isn't built: what it wants is found in its Containerfile, or is what the builder said last
#
# LIMIT=SECONDS for one image, 300 otherwise. Uses build/release/e2egen (E2EGEN: another one) and podman. Ends with 1 if
# something that was built once was not at rest.
set -euo pipefail
case ${1:-} in '' | -h | --help) sed -n '2,/^[^#]/{/^[^#]/d;s/^# \{0,1\}//;p}' "$0"; exit ;; esac
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2EGEN=$(realpath "$E2EGEN")
LIMIT=${LIMIT:-300}
tar=$(realpath "$1")
shift

# A store that is nobody else's.
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/store"\nrunroot = "%s/run"\n' "$BENCH" "$BENCH" >"$BENCH/storage.conf"
export CONTAINERS_STORAGE_CONF=$BENCH/storage.conf
trap 'podman system reset --force >/dev/null 2>&1 || true; rm -rf "$BENCH"' EXIT
podman import "$tar" localhost/stand-in >/dev/null

# stand_in CONTAINERFILE: its bases by tag become names of the stand-in.
stand_in() {
  local ref stages
  stages=$(sed -nE 's/^FROM .*[ \t][Aa][Ss][ \t]+([^ \t\r]+).*/\1/p' "$1")
  while read -r ref; do
    if [[ $ref == scratch || $ref == *'$'* || $ref == *@* ]] || grep -qxF "$ref" <<<"$stages"; then continue; fi
    case $ref in
      *.*/* | localhost/*) ;;
      */*) ref=docker.io/$ref ;;
      *) ref=docker.io/library/$ref ;;
    esac
    podman tag localhost/stand-in "$ref" 2>/dev/null || true
  done < <(sed -nE 's/^FROM[ \t]+(--platform=[^ \t]+[ \t]+)?([^ \t\r]+).*/\2/p' "$1")
}

# wants CONTAINERFILE: what the stand-in can't have; nothing if it may have all.
wants() {
  if grep -qE '^FROM .*@sha256:' "$1"; then echo 'a base by its digest'; return; fi
  if sed -nE 's/^FROM[ \t]+(--platform=[^ \t]+[ \t]+)?([^ \t\r]+).*/\2/p' "$1" | grep -q '\$'; then echo 'a base by a variable'; return; fi
  local word
  for word in apk microdnf dnf yum zypper pip pip3 uv poetry mvn mvnw gradle gradlew dotnet cargo rustup bundle gem composer \
    mix sbt ko 'go mod download' 'go install' Install-Package curl.*http wget.*http 'git clone'; do
    if grep -qE "^[^#]*(RUN|&&|;|\||^ *)[^#]*\b$word\b" "$1"; then echo "$word"; return; fi
  done
}

# image NAME CONTAINERFILE NINJA-FILE
image() {
  local start first second why log=$BENCH/log
  why=$(wants "$2")
  if [[ -n $why ]]; then printf '%-34s %-34s wants %s\n' "$repository" "$1" "$why"; return; fi
  stand_in "$2"
  start=${EPOCHREALTIME/./}
  if ! timeout "$LIMIT" ninja -f "$3" "image/$1" >"$log" 2>&1; then
    why=$(grep '^  | ' "$log" | cut -c5- | grep -v '^[#$]' |
      grep -iE '^E: |error|ERR!|not found|no such|cannot|unable to' | grep -vE 'exit (code|status)|debconf' |
      head -1 | cut -c1-78 || true)
    printf '%-34s %-34s not built: %s\n' "$repository" "$1" "${why:-not in $LIMIT s}"
    return
  fi
  first=$((${EPOCHREALTIME/./} - start))
  start=${EPOCHREALTIME/./}
  ninja -f "$3" "image/$1" >"$log" 2>&1 || true
  second=$((${EPOCHREALTIME/./} - start))
  built=$((built + 1))
  if grep -q 'no work to do' "$log"; then why='no work to do'; else why='NOT AT REST' failed=1; fi
  awk -v r="$repository" -v i="$1" -v a=$first -v b=$second -v w="$why" \
    'BEGIN { printf "%-34s %-34s %7.2f %7.2f  %s\n", r, i, a / 1e6, b / 1e6, w }'
}

printf '%-34s %-34s %7s %7s\n' repository image first second
failed=0 built=0 all=0
for folder; do
  folder=$(realpath "$folder")
  repository=$(basename "$(dirname "$folder")")/$(basename "$folder")
  copy=$BENCH/copy/$(basename "$folder")
  mkdir -p "$BENCH/copy"
  cp -a "$folder" "$copy"
  cd "$copy"
  "$E2EGEN" init . -o specs.init/main.yaml >/dev/null 2>&1 || true
  for spec in specs.init/*.yaml; do
    if [[ ! -e $spec ]] || ! "$E2EGEN" "$spec" -o out.ninja >/dev/null 2>&1; then continue; fi
    while read -r name file; do
      all=$((all + 1))
      image "$name" "$file" out.ninja
    done < <(awk '/^  [a-z0-9][a-z0-9.-]*:$/ { name = substr($1, 1, length($1) - 1) }
                  /^    containerfile: / { gsub("\"", "", $2); print name, $2 }' "$spec")
  done
  cd /
  rm -rf "$copy"
done
printf '%d of %d images were built twice\n' "$built" "$all"
exit $failed
