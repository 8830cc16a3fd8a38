#!/usr/bin/env bash
# What `e2egen init` makes of repositories: a row for each, and what they come to.
#
# usage: adoption.sh FOLDER...     checked-out repositories; they are copied, and nothing is written into them
#
#   init        seconds until the specs are there
#   files       Containerfiles that a spec builds / those of the repository's own / all that are there. Own are those
#               that are in no folder of other people's code, documents, examples, or data of tests.
#   deploy      deployments that are active / all, with those that stand there as a comment
#   tests       test suites, alike
#   specs       how many were written
#   compiles    whether all of them compile as they are
#   errors, warnings, seconds    of those compilations
#   by hand     remarks that stand at an entry of a spec: what init guessed, or could not find out
#
# KEEP=FOLDER keeps the specs, and what the compiler said, in FOLDER/OWNER+NAME. Uses build/release/e2egen (E2EGEN:
# another one). Ends with 1 if an init took 5 s or more, a spec did not compile, or fewer than four fifths of all
# repositories' own Containerfiles are active.
set -euo pipefail
case ${1:-} in '' | -h | --help) sed -n '2,/^[^#]/{/^[^#]/d;s/^# \{0,1\}//;p}' "$0"; exit ;; esac
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2EGEN=$(realpath "$E2EGEN")

# containerfiles: the paths of those here.
containerfiles() {
  find . -name .git -prune -o \( -name '*Dockerfile*' -o -name '*Containerfile*' \) -type f -print |
    grep -Ev '(ignore|\.(md|ya?ml|sh|go|py|txt|json|tmpl|template|j2|in|bak|orig|rs|ts|js|tpl|mod|sum|golden|toml))$' |
    sed 's|^\./||' | sort || true
}

own() {
  grep -Ev '(^|/)(\.[^/]*|vendor|node_modules|third_party|docs?(-[^/]*)?|examples?|samples?|spikes?|testdata|fixtures?|tests?|integration)/' || true
}

# entries SECTION SPEC...: "active all"; what is left out stands behind a '#'.
entries() {
  awk -v section="$1" '
    { off = sub(/^( *)# /, "&") && $0 !~ /^ *# +[a-z]*: *$/ }
    /^(# )?[a-z-]+:/ { at = $0 ~ "^(# )?" section ":" }
    at && /^  [a-z0-9][a-z0-9.-]*:/ { active++; all++ }
    at && /^  # [a-z0-9][a-z0-9.-]*:( \{.*)?$/ { all++ }
    END { print active + 0, all + 0 }' "${@:2}"
}

# what init and the compiler have to do, in a copy; one line of figures.
try() {
  local start seconds compile specs errors=0 warnings=0 compiles=yes code=0
  rm -rf specs.init
  start=${EPOCHREALTIME/./}
  timeout 60 "$E2EGEN" init . --print >"$BENCH/print" 2>"$BENCH/said" || code=$?
  seconds=$((${EPOCHREALTIME/./} - start))
  timeout 120 "$E2EGEN" init . -o specs.init/main.yaml >>"$BENCH/said" 2>&1 || true
  mapfile -t specs < <(find specs.init -name '*.yaml' 2>/dev/null | sort)
  start=${EPOCHREALTIME/./}
  local spec
  for spec in "${specs[@]}"; do
    timeout 120 "$E2EGEN" "$spec" -o "out.$(basename "$spec" .yaml).ninja" >"$BENCH/compiled" 2>&1 || compiles=no
    cat "$BENCH/compiled" >>"$BENCH/said"
    errors=$((errors + $(grep -c '^[^ ].*: error: \|^error: \|^e2egen: ' "$BENCH/compiled" || true)))
    warnings=$((warnings + $(grep -c '^[^ ].*: warning: \|^warning: ' "$BENCH/compiled" || true)))
  done
  compile=$((${EPOCHREALTIME/./} - start))
  if ((code != 0 || ${#specs[@]} == 0)); then compiles=no; fi
  ((${#specs[@]} > 0)) || specs=(/dev/null)
  containerfiles >"$BENCH/all"
  own <"$BENCH/all" >"$BENCH/own"
  sed -n 's/^    containerfile: "\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "${specs[@]}" | sort -u >"$BENCH/active"
  awk -v init=$seconds -v compile=$compile -v specs=${#specs[@]} -v compiles=$compiles -v errors=$errors \
    -v warnings=$warnings -v active="$(comm -12 "$BENCH/own" "$BENCH/active" | wc -l)" \
    -v own="$(wc -l <"$BENCH/own")" -v all="$(wc -l <"$BENCH/all")" -v deploy="$(entries deployments "${specs[@]}")" \
    -v tests="$(entries tests "${specs[@]}")" -v left="$(cat "${specs[@]}" | grep -c '^  # .* ' || true)" 'BEGIN {
      sub(" ", "/", deploy); sub(" ", "/", tests)
      printf "%.2f %d/%d/%d %s %s %d %s %d %d %.2f %d\n", init / 1e6, active, own, all, deploy, tests, specs, compiles,
        errors, warnings, compile / 1e6, left }'
}

format='%-46s %6s %12s %8s %6s %6s %9s %7s %9s %8s %8s\n'
# shellcheck disable=SC2059
printf "$format" repository init files deploy tests specs compiles errors warnings seconds 'by hand'
failed=0 active=0 own=0
for folder; do
  folder=$(realpath "$folder")
  name=$(basename "$(dirname "$folder")")/$(basename "$folder")
  copy=$BENCH/copy/$(basename "$folder")
  mkdir -p "$BENCH/copy"
  cp -a "$folder" "$copy"
  figures=$(cd "$copy" && try)
  read -ra all <<<"$figures"
  # shellcheck disable=SC2059
  printf "$format" "$name" "${all[@]}"
  IFS=/ read -r a o _ <<<"${all[1]}"
  active=$((active + a)) own=$((own + o))
  if [[ ${all[0]%.*} -ge 5 || ${all[5]} != yes ]]; then failed=1; fi
  if [[ -n ${KEEP:-} ]]; then
    rm -rf "${KEEP:?}/${name/\//+}"
    mkdir -p "$KEEP/${name/\//+}"
    cp -r "$copy/specs.init" "$BENCH/said" "$BENCH/own" "$BENCH/active" "$KEEP/${name/\//+}" 2>/dev/null || true
  fi
  rm -rf "$copy"
done
printf '%d of %d own Containerfiles are active (%s cores, load average %s)\n' "$active" "$own" "$(nproc)" \
  "$(cut -d' ' -f1 /proc/loadavg)"
if ((active * 5 < own * 4)); then failed=1; fi
exit $failed
