#!/usr/bin/env bash
# `e2egen status`: it says what the next run does, and does nothing.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# all that it must leave as it is
disk() { find . "$E2E_WORLD" -path "$E2E_WORLD/questions" -prune -o -type f -printf '%p %T@ %i ' -exec sha256sum {} \; | sort; }

# status_is EXIT [ARGUMENT...]: of `e2egen status`, whose words are kept as the output
status_is() {
  from_now
  local before code=0
  before=$(disk)
  "$E2EGEN" status "${@:2}" >"$SCRATCH/output" 2>&1 </dev/null || code=$?
  if [[ $code != "$1" ]]; then complain "status ended with $code: $(cat "$SCRATCH/output")"; fi
  if [[ $(disk) != "$before" ]]; then complain "status changed something: $(diff <(echo "$before") <(disk))"; fi
  calls ""
}

says_not() {
  if grep -qF -e "$1" "$SCRATCH/output"; then complain "said: $1; in: $(cat "$SCRATCH/output")"; fi
}

# value PATH: of the JSON, as python has it
value() { { "$E2EGEN" status --json || true; } | python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }

# foretold: what status says of the next run is what `ninja -n` says after a scan
foretold() {
  local said
  said=$({ "$E2EGEN" status --json || true; } | python3 -c 'import json, sys
next = json.load(sys.stdin)["files"][0]["next"]
print("\n".join(sorted(next["runs"] + next["perhaps"])))')
  "$E2EGEN" scan .e2e/e2e.claims >/dev/null
  # without the edge that makes the Ninja file: for its sake `-n` would look no further
  sed '/^build e2e.ninja:/d' e2e.ninja >dry.ninja
  "$NINJA" -f dry.ninja -n -v up test | sed -n 's/.* step [^ ]*claims *\(--live\)* *\([^ ]*stamp\) .*/\2/p' |
    python3 -c 'import json, sys
lines = [json.loads(line) for line in open(".e2e/e2e.claims")]
titles = {one["stamp"]: one["title"] for one in lines if "stamp" in one}
print("\n".join(sorted(titles[line.strip()] for line in sys.stdin)))' >"$SCRATCH/dry"
  if ! diff "$SCRATCH/dry" <(echo "$said") >"$SCRATCH/diff"; then complain "ninja -n has it otherwise: $(cat "$SCRATCH/diff")"; fi
}

row 'status: everything is up' && {
  status_is 0
  says 'cluster     shop   up for '
  says 'deployment  store  ready 1/1'
  says 'test        smoke  green '
  says 'image  api     built '
  says ', loaded'
  says 'next run: nothing to do'
  if grep -q $'\033' "$SCRATCH/output"; then complain 'colours in a file'; fi
  expect pods "$(grep -c workloads "$E2E_WORLD/questions")" 1
  status_is 0 shop
  status_is 0 --up
  says_not smoke
  expect state "$(value '["files"][0]["places"][0]["deployments"][1]["ready"]')" 1
  foretold
}

row 'status: a fresh workspace, nothing was done yet' && {
  rm -rf .e2e "${E2E_WORLD:?}"/{images,tags,clusters}/*
  "$E2EGEN" shop --quiet
  status_is 1
  says 'cluster     shop   not there'
  says 'test        smoke  not run yet'
  says 'deployment  api    not deployed yet'
  says 'image  api     not built yet, not loaded'
  foretold
}

row 'status: no Ninja file, or no such environment' && {
  status_is 2 shp
  says "did you mean 'shop'?"
  rm e2e.ninja
  status_is 2
  says 'no Ninja file of e2egen in this folder'
}

row 'status: a file is edited' && {
  edit api/main.txt
  status_is 1
  says 'image  api     the build context api changed, not loaded'
  says 'deployment  api    ready 1/1, rests on what is to be made anew'
  says 'deployment  web    ready 1/1'
  says_not 'web    ready 1/1, rests'
  expect runs "$(value '["files"][0]["next"]["runs"][0].replace(" ", "/")')" image/api
  foretold
  up
  up test
  status_is 0
}

row 'status: the spec is edited' && {
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  status_is 1
  says 'what the compiler read has changed'
  expect compiles "$(value '["files"][0]["next"]["compiles"]')" True
}

row 'status: a pod is not ready any more' && {
  rm "$cluster/objects/deployment.shop.store.rolled"
  status_is 1
  says 'deployment  store  deployment/store is not ready any more; ready 0/1'
  expect state "$(value '["files"][0]["places"][0]["deployments"][1]["state"]')" lost
  foretold
}

row 'status: the pod of the store is replaced' && {
  echo another >"$cluster/objects/deployment.shop.store.pod"
  status_is 1
  says 'task        seed   pod/store-1 is not there any more'
  foretold
}

row 'status: the cluster is deleted' && {
  rm -r "$cluster"
  status_is 1
  says 'cluster     shop   it is not there any more'
  says_not 'ready 1/1'
  foretold
}

row 'status: kubectl gives no answer' && {
  always ask.objects 'exit 1'
  status_is 2
  says "deployment  store  can't be told: "
  says 'cluster     shop   up for '
  mended
  up
  status_is 0
}

row 'status: only the question about workloads gets no answer' && {
  always ask.workloads 'exit 1'
  status_is 0
  says 'deployment  store  up '
}

row 'status: in doubt since the last run' && {
  always ask.objects 'exit 1'
  up_fails "it can't be told whether this still holds"
  mended
  status_is 2
  says "can't be told: the last run could not tell, the next one asks again"
  up
  status_is 0
}

row 'status: a test fails' && {
  edit smoke/run.sh
  fault smoke.shop 'exit 1'
  up_fails 'test smoke failed' test
  status_is 1
  says 'test        smoke  failed '
  status_is 0 --up
  up test
  status_is 0
}

row 'status: an image is gone from the store and lies exported; another is of no use to anybody' && {
  rm -r "${E2E_WORLD:?}"/{images,tags}/*
  status_is 0
}

row 'status: watched until it is interrupted' && {
  timeout --signal INT 2 "$E2EGEN" status --watch >"$SCRATCH/output" 2>&1 || true
  says 'next run: nothing to do'
  expect times "$(grep -c 'next run' "$SCRATCH/output")" 1
}

finish
