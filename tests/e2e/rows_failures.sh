#!/usr/bin/env bash
# Steps fail, hang and are killed: nothing false is left, and the next run goes on.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

row 'a build fails, fails again, and is mended' && {
  edit api/main.txt
  fault build.api 'echo "syntax error" >&2; exit 1'
  fault build.api 'exit 1'
  up_fails 'image api failed with exit code 1'
  says '| syntax error'
  says 'log: .e2e/logs/images.api.log'
  no_stamp images/api
  up_fails 'image api failed'
  if grep -q 'syntax error' "$SCRATCH/output"; then complain 'what it said the time before is shown'; fi
  no_stamp images/api
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a build writes its result and fails then' && {
  edit api/main.txt
  fault after.build.api 'exit 1'
  up_fails 'image api failed'
  no_stamp images/api
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a build fails with a text that is known to pass' && {
  edit api/main.txt
  for _ in 1 2; do fault build.api 'echo "Error: layer not known" >&2; exit 125'; done
  up
  ran "$api"
  calls build/api build/api "$api_calls"
  world_is_right
}

row 'it is tried three times, not more' && {
  edit api/main.txt
  for _ in 1 2 3; do fault build.api 'echo "Error: layer not known" >&2; exit 125'; done
  up_fails 'image api failed with exit code 125'
  says '3 tries'
  calls build/{api,api,api}
  no_stamp images/api
}

row 'the cluster fails with a text that is known to pass' && {
  up down
  fault during.create.shop 'echo "OCI runtime error" >&2; exit 1'
  up
  ran cluster/shop "$in_cluster"
  calls create/shop delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

row 'a rollout fails, and is mended' && {
  edit api/main.txt
  fault rollout.api 'echo "timed out waiting" >&2; exit 1'
  up_fails 'ready api (deployment/api) failed'
  says 'what kubectl says of it'
  ran "$api"
  up
  ran ready/api
  calls rollout/api
  world_is_right
}

row 'a pod never gets ready, and its manifest is mended' && {
  sed -i 's|image: localhost/web:latest|image: nowhere/web:1|' manifests/web.yaml
  up_fails 'ready web (deployment/web) failed'
  says 'ImagePullBackOff nowhere/web:1'
  says 'help: the node has no such image'
  says 'what kubectl says of it'
  no_stamp ready/web
  cp "$E2EGEN_SOURCE/tests/e2e/workspace/manifests/web.yaml" manifests/web.yaml
  up
  ran {apply,ready}/web
  world_is_right
  up
  nothing
}

row 'the task fails, and is mended' && {
  edit seed/rows.txt
  fault seed.shop 'exit 1'
  up_fails 'task seed failed'
  up
  ran task/seed
  calls seed/shop
  world_is_right
}

row 'a test fails, then passes' && {
  echo '# edited' >>smoke/run.sh
  fault smoke.shop 'exit 1'
  up_fails 'test smoke failed' up test
  up up test
  ran test/smoke
  calls smoke/shop
}

row 'the spec says how often a test is tried again' && {
  echo '    retries: 1' >>specs/shop.yaml
  echo '# edited' >>smoke/run.sh
  fault smoke.shop 'exit 1'
  up up test
  ran test/smoke
  calls smoke/{shop,shop}
  grep -q '^# try 1 ended with 1: the spec says to: trying again' .e2e/logs/env.shop.test.smoke.log || complain 'the log does not say why'
  echo '# edited' >>smoke/run.sh
  for _ in 1 2; do fault smoke.shop 'exit 1'; done
  up_fails 'test smoke failed with exit code 1' up test
  says ', 2 tries'
}

row 'a shard fails: it is in the report of all, and it alone runs again' && {
  mkdir parts
  # shellcheck disable=SC2016   # for the suite
  echo 'cd /; if test "$E2E_SHARD" = 1; then
      if grep -q silent "$BROKEN"; then exit 1; fi
      if grep -q hangs "$BROKEN"; then touch "$BROKEN.met"; sleep 20; fi
    fi
    echo "<testsuite name=\"$E2E_SHARD\"/>" >"$E2E_JUNIT"; test "$E2E_SHARD" = 0 || ! test -e "$BROKEN"' >parts/run.sh
  cat >>specs/shop.yaml <<SPEC
  parts:
    command: [sh, $PWD/parts/run.sh]
    environment: {BROKEN: $PWD/broken}
    inputs: [parts]
    shards: 2
    junit: out/all.xml
SPEC
  # reported NAME...: the suites in the report
  reported() { if [[ $(grep -o '<testsuite name="[^"]*"' out/all.xml | cut -d'"' -f2 | paste -sd,) != "$1" ]]; then complain "the report: $(cat out/all.xml)"; fi; }
  touch broken
  up_fails 'test parts-1 failed' up test
  reported 0,1
  echo silent >broken
  up_fails 'test parts-1 failed' up test
  reported '0,test parts-1'
  if ! grep -q 'it failed' out/all.xml; then complain "the report: $(cat out/all.xml)"; fi
  echo hangs >broken
  start up test
  until [[ -e broken.met ]]; do sleep 0.1; done
  kill -INT "-$ninja"
  ended
  reported '0,test parts-1'
  if ! grep -q 'it was interrupted' out/all.xml; then complain "the report: $(cat out/all.xml)"; fi
  if ! grep -q '"step":"test parts-1".*"exit":130' .e2e/trace.jsonl; then complain "the trace: $(tail -n 3 .e2e/trace.jsonl)"; fi
  rm broken
  up up test
  ran test/parts-1 report/parts
  reported 0,1
  rm out/all.xml
  up up test
  ran report/parts
}

# with_forward SHELL: a test that runs SHELL with a forwarded port; $TMPDIR is a folder that must be empty afterwards
with_forward() {
  cat >>specs/shop.yaml <<SPEC
  forwarded:
    command: [sh, -c, '$1']
    forward: {API: service/api:80}
SPEC
  export TMPDIR=$SCRATCH/site/tmp
  mkdir "$TMPDIR"
}
no_rest() {
  local process tries=0
  if [[ $(ls -A "$TMPDIR") ]]; then complain "left in the folder for temporary files: $(ls -A "$TMPDIR")"; fi
  while read -r process; do
    # a zombie has no program
    while [[ -e /proc/$process/exe ]]; do
      if ((++tries > 100)); then complain 'a port-forward is left'; break; fi
      sleep 0.1
    done
  done <"$E2E_WORLD/forwards"
  unset TMPDIR
}

row 'a port-forward ends before the test that it is for' && {
  # shellcheck disable=SC2016   # for the test
  with_forward 'test $API = 127.0.0.1:4711 && sleep 0.3'
  fault after.ask.forward 'exit 1'
  up up test
  ran test/forwarded
  no_rest
}

row 'a test with a forwarded port fails' && {
  with_forward 'echo its last words; exit 3'
  up_fails 'test forwarded failed with exit code 3' up test
  says '| its last words'
  no_rest
}

for signal in INT KILL; do
  row "SIG$signal in a test with a forwarded port" && {
    with_forward 'touch begun; sleep 30'
    start up test
    until [[ -e begun ]]; do sleep 0.1; done
    # the last one is the parent of the one that watches over it
    kill "-$signal" "$(steps | tail -n 1)"
    ended
    if ((!status)); then complain 'ninja succeeded'; fi
    no_rest
  }
done

# talkative LINES: a test that says so many of them, and then fails
talkative() {
  cat >>specs/shop.yaml <<SPEC
  talkative:
    command: [sh, -c, 'seq $1; exit 3']
    timeout: 60s
SPEC
}
only_the_end() {
  tail -n 40 "$SCRATCH/output" >"$SCRATCH/end"
  mv "$SCRATCH/end" "$SCRATCH/output"
}

row 'nobody reads what a test says any more' && {
  talkative 200000
  from_now
  # as a pager that is left; ninja itself may end by SIGPIPE, its step goes on
  { "$NINJA" -f e2e.ninja up test 2>"$SCRATCH/output" || true; } | sed '/^500$/q' >/dev/null
  log=.e2e/logs/env.shop.test.talkative.log
  for ((tries = 0; tries < 300; tries++)); do
    if grep -q '"step":"test talkative"' .e2e/trace.jsonl; then break; fi
    sleep 0.1
  done
  says 'talkative failed with exit code 3'
  says "not all output was shown: Broken pipe; it is in $log"
  if [[ $(tail -n 1 "$log") != 200000 ]]; then complain "the log ends with $(tail -n 1 "$log")"; fi
}

row 'a test says a lot and fails' && {
  # 31 MB, more than is kept
  talkative 4000000
  run_ninja up test
  only_the_end
  says 'talkative failed with exit code 3'
  says '| 4000000'
  log=.e2e/logs/env.shop.test.talkative.log
  if (($(wc -c <"$log") > 26000000)); then complain "the log has $(wc -c <"$log") bytes"; fi
  if ! grep -q 'bytes are left out here' "$log"; then complain 'the log does not say what it lacks'; fi
}

row 'there is no room for the log' && {
  talkative 200000
  mkdir -p .e2e/logs
  if mount -t tmpfs -o size=64k none .e2e/logs 2>/dev/null; then
    run_ninja up test
    only_the_end
    says 'talkative failed with exit code 3'
    says 'cannot write all of .e2e/logs/env.shop.test.talkative.log: No space left on device'
    if ! grep -qx 1000 .e2e/logs/env.shop.test.talkative.log; then complain 'not even its beginning is in the log'; fi
    # nor for the log of what ends well
    edit api/main.txt
    up
    ran "$api"
    umount .e2e/logs
  else
    echo 'skip: no small file system can be mounted here'
  fi
}

row 'a step hangs' && {
  sed -i 's/  web:\n    containerfile/&/; s/^    target: runtime/&\n    timeout: 1s/' specs/shop.yaml
  edit web/page.txt
  fault during.build.web 'sleep 60'
  up_fails 'hung: stopped after 1 s'
  no_stamp images/web
  up
  ran "$web"
  world_is_right
}

row 'a source is edited while its image is built' && {
  edit api/main.txt
  fault during.build.api 'echo late >>api/main.txt'
  up_fails 'the build context api changed while it ran'
  says 'written to meanwhile: api/main.txt'
  no_stamp images/api
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a manifest is edited while it is applied' && {
  edit api/main.txt
  fault apply.api 'sed -i "s/^spec:/spec: # late/" manifests/api.yaml'
  up_fails 'manifests/api.yaml changed while it ran'
  no_stamp deploy/api
  up
  ran {apply,ready}/api
  calls {apply,rollout}/api
  world_is_right
}

# --- signals ----------------------------------------------------------------------------------------------------------

# interrupted FAULT TO SIGNAL: a run hangs there, and SIGNAL is sent to `ninja`, to its process group as from a `terminal`,
# to the `steps`, or to all the `tree`; $left are the steps that were there.
interrupted() {
  fault "$1" 'sleep 20'
  start
  await "$1"
  left=$(steps)
  # shellcheck disable=SC2046,SC2086  # lists of processes
  case $2 in
    ninja) kill "-$3" "$ninja" ;;
    terminal) kill "-$3" "-$ninja" ;;
    steps) kill "-$3" $left ;;
    tree)
      # stopped first: a shell whose child is killed before it would go on
      kill -STOP "$ninja" $(descendants "$ninja") 2>/dev/null || true
      kill "-$3" "$ninja" $(descendants "$ninja") 2>/dev/null || true ;;
  esac
  ended
  if ((!status)); then complain "ninja succeeded"; fi
}

row 'what is tried again when it fails is not when it is interrupted' && {
  sed -i 's|^    command: \[sh, seed/run.sh\]|&\n    retries: 3|' specs/shop.yaml
  echo '# edited' >>seed/run.sh
  interrupted seed.shop steps TERM
  calls seed/shop
  no_stamp task/seed
  up
  ran task/seed
  world_is_right
}

for signal in INT TERM; do
  for to in ninja terminal steps; do
    row "SIG$signal to $to in a build" && {
      edit api/main.txt
      interrupted during.build.api "$to" "$signal"
      no_stamp images/api
      up
      ran "$api"
      calls "$api_calls"
      world_is_right
    }
  done
done

for to in ninja steps tree; do
  row "SIGKILL to $to in a build" && {
    edit api/main.txt
    interrupted during.build.api "$to" KILL
    no_stamp images/api
    # a step that outlives its ninja goes on: here it is stopped
    # shellcheck disable=SC2086
    if [[ $to == ninja ]]; then kill -TERM $left; fi
    up
    ran "$api"
    calls "$api_calls"
    world_is_right
  }
done

for to in ninja steps terminal tree; do
  case $to in
    terminal) signal=INT ;;
    tree) signal=KILL ;;
    *) signal=TERM ;;
  esac
  row "SIG$signal to $to while the cluster is created" && {
    up down
    interrupted during.create.shop "$to" "$signal"
    no_stamp cluster
    up
    ran cluster/shop "$in_cluster"
    calls delete/shop create/shop "$in_cluster_calls"
    world_is_right
  }

  row "SIG$signal to $to in a load" && {
    edit api/main.txt
    interrupted load.api "$to" "$signal"
    no_stamp load/api
    up
    ran {load,apply,ready}/api
    calls {load,apply,rollout}/api
    world_is_right
  }

  row "SIG$signal to $to in an apply" && {
    edit api/main.txt
    interrupted after.apply.api "$to" "$signal"
    no_stamp deploy/api
    up
    ran {apply,ready}/api
    calls {apply,rollout}/api
    world_is_right
  }
done

row 'SIGKILL to the step of an archive, whose orphan works on' && {
  edit api/main.txt
  fault save.api 'sleep 0.5'
  start
  await save.api
  # shellcheck disable=SC2046
  kill -KILL $(steps)
  ended
  no_stamp images/api.{archive,layers}
  up
  ran {archive,load,apply,ready}/api
  # the orphan writes the index of the layout once more, and that is told from what the stamp says
  sleep 0.7
  up
  up
  nothing
  world_is_right
}

row 'two ninjas at once' && {
  edit api/main.txt
  fault during.build.api 'sleep 0.3'
  start
  await during.build.api
  # not up(): both count as one run
  "$NINJA" -f e2e.ninja >"$SCRATCH/output.2" 2>&1 || complain "the second one failed: $(cat "$SCRATCH/output.2")"
  ended
  if ((status)); then complain 'the first one failed'; fi
  calls "$api_calls"
  world_is_right
  up
  nothing
}

row 'two ninjas at once, from the beginning' && {
  clean_site
  generate
  for image in base api web; do fault "during.build.$image" 'sleep 0.1'; done
  start
  await during.build.base
  "$NINJA" -f e2e.ninja >"$SCRATCH/output.2" 2>&1 || complain "the second one failed: $(cat "$SCRATCH/output.2")"
  ended
  if ((status)); then complain 'the first one failed'; fi
  calls build/rootfs build/{base,api,web} save/{api,web} create/shop "$in_cluster_calls"
  world_is_right
  up
  nothing
}

# --- the disk ---------------------------------------------------------------------------------------------------------

row 'what gc is to know of an image is written before its stamp' && {
  mv .e2e/ledger "$SCRATCH/ledger"
  mkdir .e2e/ledger
  edit rootfs/etc.txt
  up_fails 'cannot write .e2e/ledger'
  no_stamp images/rootfs
  rmdir .e2e/ledger
  mv "$SCRATCH/ledger" .e2e/ledger
  up
  ran image/{rootfs,base} "$api" "$web"
}

# Takes the room that a stamp needs away, while a step runs.
no_room() {
  if [[ $(id -u) != 0 ]]; then
    fault after.save.api 'chmod a-w .e2e/images'
  else
    mkdir "$SCRATCH/kept"
    cp -a .e2e/images/. "$SCRATCH/kept"
    mount -t tmpfs -o size=256k none .e2e/images 2>/dev/null || return 1
    cp -a "$SCRATCH/kept/." .e2e/images
    rm -r "$SCRATCH/kept"
    fault after.save.api 'dd if=/dev/zero of=.e2e/images/filler bs=4k 2>/dev/null; true'
  fi
}

room_again() {
  chmod u+w .e2e/images
  rm -f .e2e/images/filler
}

row 'the disk is full when a stamp is written' && {
  edit api/main.txt
  if no_room; then
    up_fails 'cannot write .e2e/images/api.'
    no_stamp images/api.{archive,layers}
    room_again
    up
    ran {archive,load,apply,ready}/api
    calls {save,load,apply,rollout}/api
    world_is_right
    if mountpoint -q .e2e/images; then umount .e2e/images; fi
  else
    echo 'skip: no small file system can be mounted here'
  fi
}

row 'what follows a test follows it whatever comes of it, and changes nothing of that' && {
  # shellcheck disable=SC2016  # for the shell of the test
  sed -i 's|^    command: \[sh, smoke/run.sh\]|&\n    finally: [sh, -c, "echo $E2E_OUTCOME $E2E_CLUSTER >>out.txt; echo collected"]\n    on-failure: [sh, -c, "echo dumped >>out.txt"]|' specs/shop.yaml
  up up test
  ran test/smoke
  [[ $(cat out.txt) == 'passed shop' ]] || complain "out.txt: $(cat out.txt)"
  grep -qx collected .e2e/logs/env.shop.test.smoke.finally.log || complain 'there is no log of it'
  rm out.txt
  sed -i '1i echo "the store is empty"; exit 3' smoke/run.sh
  up_fails 'failed with exit code 3' test
  [[ $(cat out.txt) == $'dumped\nfailed shop' ]] || complain "out.txt: $(cat out.txt)"
  # one that fails itself, or hangs, is told and no more
  sed -i 1d smoke/run.sh
  sed -i 's|    finally: .*|    finally: [sh, -c, "echo no disk; exit 9"]|' specs/shop.yaml
  up test
  ran test/smoke
  says "test smoke: its 'finally' failed with exit code 9"
  says '| no disk'
  sed -i 's|    finally: .*|    finally: [sleep, "60"]\n    timeout: 1s|' specs/shop.yaml
  up test
  says "its 'finally' hung: stopped after 1 s"
  up test
  nothing
}

# first_says TEXT: right below the line that says which step failed
first_says() {
  local line
  line=$(grep -A 1 -F ' failed with exit code ' "$SCRATCH/output" | sed -n 2p)
  if [[ $line != "  the world changed under it: $1" ]]; then complain "the report begins with: $line"; fi
}
silent() {
  if grep -qF 'the world changed' "$SCRATCH/output"; then complain "it says: $(cat "$SCRATCH/output")"; fi
}
another_pod="echo another >'$cluster/objects/deployment.shop.store.pod'"

row 'a test fails, and the world is as it was: nothing is said of it' && {
  edit smoke/run.sh
  fault smoke.shop 'echo "no connection"; exit 3'
  up_fails 'test smoke failed with exit code 3' test
  silent
  says '| no connection'
}

row 'a test fails after the pod that was seeded was replaced' && {
  edit smoke/run.sh
  fault smoke.shop "$another_pod; echo 'no connection'; exit 3"
  up_fails 'test smoke failed with exit code 3' test
  first_says 'task seed: pod/store-1 is not there any more'
  says 'help: run ninja again: it mends that first'
  from_now
  up test
  ran task/seed test/smoke
  world_is_right tested
}

row 'a test fails after somebody changed an object, and scaled another' && {
  edit smoke/run.sh
  fault smoke.shop "echo by-hand >>$cluster/objects/deployment.shop.web; echo 0 >$cluster/objects/deployment.shop.api.replicas; exit 3"
  up_fails 'test smoke failed' test
  first_says 'apply api: deployment/api was scaled by somebody'
  says '  the world changed under it: apply web: deployment/web was changed by somebody'
  if grep -q 'under it: ready' "$SCRATCH/output"; then complain 'it says twice what was applied and waited for'; fi
}

row 'a test fails after its cluster was stopped' && {
  edit smoke/run.sh
  fault smoke.shop "echo stopped >$cluster/nodes/shop-control-plane; exit 3"
  up_fails 'test smoke failed' test
  first_says 'cluster shop: it is not there any more'
}

row 'a test fails and kubectl does not answer: nothing is said, and it failed as it did' && {
  edit smoke/run.sh
  fault smoke.shop "$another_pod; for what in pods objects; do echo exit 1 >$E2E_WORLD/faults/ask.\$what.always; done; exit 3"
  up_fails 'test smoke failed with exit code 3' test
  silent
  mended
}

row 'a task fails after its own pod was replaced while it ran' && {
  edit seed/rows.txt
  fault seed.shop "$another_pod; exit 3"
  up_fails 'task seed failed with exit code 3'
  first_says 'task seed: pod/store-1 is not there any more'
  up
  ran task/seed
}

row 'another step than a task or a test fails: the world is not asked' && {
  edit api/main.txt
  fault build.api "echo another >$cluster/objects/deployment.shop.store.pod; exit 3"
  up_fails 'image api failed'
  silent
}

finish
