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
#   null        seconds of a run in which nothing is to be done, of the first spec: everything is brought up with tools
#               that stand in for the real ones (adoption_tools.sh) and do nothing, and then again; `!` behind it if any
#               of the specs did not come up, or not to rest
#   by hand     remarks that stand at an entry of a spec: what init guessed, or could not find out; what they are about
#               stands below, over all repositories
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
  grep -Ev '(^|/)(\.[^/]*|vendor|node_modules|third_party|docs?(-[^/]*)?|examples?|samples?|spikes?|testdata|fixtures?|tests?|integration|pocs?|prototypes?)/' || true
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

# at_rest NINJA-FILE BEFORE: brings it up by the stand-ins, twice; seconds of the second run, or BEFORE if that is not
# empty; with a `!` if it did not come to rest.
at_rest() {
  local start wrong='' took=$2
  export E2E_WORLD=$BENCH/world
  if [[ -z $2 ]]; then
    rm -rf "$E2E_WORLD"
    mkdir -p "$E2E_WORLD"/{images,tags,clusters,faults}
  fi
  PATH=$BENCH/bin:$PATH timeout 300 ninja -f "$1" up >"$BENCH/up" 2>&1 || wrong='!'
  PATH=$BENCH/bin:$PATH timeout 300 ninja -f "$1" up >"$BENCH/again" 2>&1 || wrong='!'  # notes that all is at rest
  grep -q 'no work to do' "$BENCH/again" || wrong='!'
  start=${EPOCHREALTIME/./}
  PATH=$BENCH/bin:$PATH timeout 300 ninja -f "$1" up >"$BENCH/again" 2>&1 || wrong='!'
  [[ -n $took ]] || took=$(awk -v us=$((${EPOCHREALTIME/./} - start)) 'BEGIN { printf "%.2f", us / 1e6 }')
  grep -q 'no work to do' "$BENCH/again" || wrong='!'
  if [[ -n $wrong ]]; then
    { grep -A9 FAILED "$BENCH/up" || head -n 9 "$BENCH/again"; } | sed "s|^|$1: |" >>"$BENCH/said"
    took=${took%!}!
  fi
  echo "$took"
}

# remarks SPEC...: what stands at entries, without where it is from and what was chosen among several.
remarks() {
  cat "$@" | sed -nE '/^  # ([a-z0-9.-]+:|from |there are others|no configuration of a cluster)/d; s/^  # ([^ ].* .*)/\1/p'
}

# kinds <REMARKS: how many of each kind.
kinds() {
  awk '
    /CRD of that is here/ { n["deployments of kinds whose CRDs are not in the repository"]++; next }
    /kustomization can.t be read/ { n["kustomizations that can not be read"]++; next }
    /no manifest makes: a task/ { n["Secrets, ConfigMaps and accounts that no manifest makes"]++; next }
    /no manifest makes the namespace/ { n["namespaces that no manifest makes (the spec makes them)"]++; next }
    /has no default/ { n["build arguments without a value"]++; next }
    /not in the context/ { n["files of a context that something has to make before"]++; next }
    /nothing here makes that|left out above/ { n["images that nothing here makes, and what is deployed of them"]++; next }
    /the last stage is/ { n["guesses: which stage"]++; next }
    /context is a guess/ { n["guesses: which context"]++; next }
    /taken for it|seems to make/ { n["guesses: which image a manifest or a FROM line means"]++; next }
    /own$|by itself/ { n["suites that make their cluster, images or deployments by themselves"]++; next }
    /nothing here tells how it is run|is set to for it|different build tags|and nothing here tells|not known here/ { n["suites of which nobody tells how they are run"]++; next }
    /may test|could test/ { n["suites that test what is left out, or not deployed"]++; next }
    /wants a browser|gives it an address|how it comes to the cluster/ { n["suites that look for an address"]++; next }
    { n["other"]++ }
    END { for (kind in n) printf "%5d  %s\n", n[kind], kind }' | sort -rn
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
  local null=''
  for spec in "${specs[@]}"; do null=$(at_rest "out.$(basename "$spec" .yaml).ninja" "${null:-}"); done
  if ((code != 0 || ${#specs[@]} == 0)); then compiles=no; fi
  ((${#specs[@]} > 0)) || specs=(/dev/null)
  containerfiles >"$BENCH/all"
  own <"$BENCH/all" >"$BENCH/own"
  sed -n 's/^    containerfile: "\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "${specs[@]}" | sort -u >"$BENCH/active"
  awk -v init=$seconds -v compile=$compile -v specs=${#specs[@]} -v compiles=$compiles -v errors=$errors \
    -v warnings=$warnings -v active="$(comm -12 "$BENCH/own" "$BENCH/active" | wc -l)" \
    -v own="$(wc -l <"$BENCH/own")" -v all="$(wc -l <"$BENCH/all")" -v deploy="$(entries deployments "${specs[@]}")" \
    -v tests="$(entries tests "${specs[@]}")" -v left="$(remarks "${specs[@]}" | tee -a "$BENCH/remarks" | wc -l)" -v null="$null" 'BEGIN {
      sub(" ", "/", deploy); sub(" ", "/", tests)
      printf "%.2f %d/%d/%d %s %s %d %s %d %d %.2f %s %d\n", init / 1e6, active, own, all, deploy, tests, specs, compiles,
        errors, warnings, compile / 1e6, null, left }'
}

# Tools that do nothing, beside those of the tests.
export REAL_KUBECTL
REAL_KUBECTL=$(command -v kubectl || echo kubectl)
mkdir -p "$BENCH/bin/stand-in"
cp -r "$REPOSITORY/tests/e2e/tools" "$BENCH/bin/tools"
for tool in podman skopeo kind kubectl; do
  cp "$REPOSITORY/tests/bench/adoption_tools.sh" "$BENCH/bin/$tool"
  cp "$BENCH/bin/tools/stand-in" "$BENCH/bin/stand-in/$tool"
done

format='%-46s %6s %12s %8s %6s %6s %9s %7s %9s %8s %6s %8s\n'
# shellcheck disable=SC2059
printf "$format" repository init files deploy tests specs compiles errors warnings seconds null 'by hand'
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
echo 'left to do by hand:'
kinds <"$BENCH/remarks"
if ((active * 5 < own * 4)); then failed=1; fi
exit $failed
