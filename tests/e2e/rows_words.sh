#!/usr/bin/env bash
# Commands as one text, working folders, patterns of inputs, old words, and what `ready` waits for.
# shellcheck source=SCRIPTDIR/lib.sh
# shellcheck disable=SC2016  # variables of specs and of the shells that they start
. "$(dirname "$0")/lib.sh"

row 'a command as one text, in a folder: it runs there, and the value of a variable is no program' && {
  sed -i 's|^    command: \[sh, seed/run.sh\]|    command: pwd >../where.txt \&\& printf "%s" "${ODD}" >../odd.txt \&\& cd .. \&\& . seed/run.sh\n    folder: seed|' specs/shop.yaml
  printf 'variables:\n  ODD: "it'"'"'s; touch broken; $(touch broken) `touch broken` \\" *"\n' >>specs/shop.yaml
  up
  ran task/seed
  [[ $(cat where.txt) == "$PWD/seed" ]] || complain "where.txt: $(cat where.txt)"
  [[ $(cat odd.txt) == "it's; touch broken; \$(touch broken) \`touch broken\` \" *" ]] || complain "odd.txt: $(cat odd.txt)"
  if [[ -e broken || -e seed/broken ]]; then complain 'the value was run'; fi
  # what the log says can be run as it is
  rm where.txt odd.txt
  line=$(sed -n 's/^\$ env --chdir/env --chdir/p' .e2e/logs/env.shop.task.seed.log)
  KUBECONFIG=$PWD/.e2e/env/shop/kubeconfig E2E_CLUSTER=shop sh -c "$line" || complain "it can't be run by hand: $line"
  [[ -s where.txt && -s odd.txt ]] || complain 'by hand it does something else'
  up
  nothing
  sed -i 's|^  ODD: .*|  ODD: plain|' specs/shop.yaml
  up
  ran task/seed
}

row 'a text of which the first command fails fails' && {
  sed -i 's|^    command: \[sh, seed/run.sh\]|    command: false; true|' specs/shop.yaml
  up_fails 'task seed failed'
}

row 'what a pattern means comes, changes and goes: the test runs again, and for nothing else' && {
  mkdir -p smoke/{a/b,.cache}
  echo one >smoke/a/b/one.txt
  sed -i 's|^    inputs: \[smoke\]|    inputs: ["smoke/**/*.txt", smoke/run.sh]|' specs/shop.yaml
  up test
  ran test/smoke
  up test
  nothing
  for change in 'edit smoke/a/b/one.txt' 'touch smoke/new.txt' 'rm smoke/a/b/one.txt' 'chmod u+x smoke/new.txt'; do
    $change
    up test
    ran test/smoke
  done
  for change in 'touch smoke/a/b/one.md' 'touch smoke/.cache/one.txt' 'touch -d 2001-01-01 smoke/new.txt'; do
    $change
    up test
    nothing
  done
}

row 'old words are warned of once, and are silent if they may be; fmt rewrites them; nothing is built again' && {
  sed -i 's|^    rootfs: \[sh, rootfs|    command: [sh, rootfs|; s|^    inputs: \[rootfs\]|    sources: [rootfs]|' specs/shop.yaml
  run_ninja
  nothing
  says "'command' of 'images' is called 'rootfs' now"
  says "'sources' of 'images' is called 'inputs' now"
  sed -i '1i allow: [old-word]' specs/shop.yaml
  "$E2EGEN" shop --warnings >"$SCRATCH/output" 2>&1
  if grep -q 'is called' "$SCRATCH/output"; then complain 'told all the same'; fi
  "$E2EGEN" fmt specs/shop.yaml >"$SCRATCH/output"
  if grep -qE '^    (command: \[sh, rootfs|sources)' specs/shop.yaml; then complain 'fmt leaves them'; fi
  sed -i '/^allow:/d' specs/shop.yaml
  "$E2EGEN" shop --warnings >"$SCRATCH/output" 2>&1
  if grep -q 'is called' "$SCRATCH/output"; then complain 'told of new words'; fi
  up
  nothing
}

# waits READY: of the deployment api, for two seconds at most
waits() {
  sed -i "s#^    manifests: \[manifests/api.yaml\]#&\n    timeout: 2s\n    ready: [$1]#" specs/shop.yaml
}

row 'what is not there yet is waited for, and what it said last is told when it does not come' && {
  always ask.wait '[ -e "$E2E_WORLD/made" ] || die "Error from server (NotFound): pods \"api-7\" not found"'
  waits '"pods(app=api)", "pod/api-7=jsonpath={.status.phase}=Running"'
  up_fails 'Error from server (NotFound): pods "api-7" not found' -k 0
  says 'ready api (pods(app=api)) failed'
  says 'ready api (pod/api-7) failed'
  says 'pod/api-7: what kubectl says of it'
  sed -i 's/^    timeout: 2s/    timeout: 20s/' specs/shop.yaml
  start
  sleep 1
  touch "$E2E_WORLD/made"
  ended
  ((status == 0)) || complain 'what came later was not seen'
  grep -q -- '--selector=app=api --namespace shop --for condition=Ready --timeout' "$E2E_WORLD/questions" || complain "$(grep wait "$E2E_WORLD/questions")"
  up
  nothing
}

row 'an address is waited for until it answers so; with which status it did at last is told' && {
  port=$((20000 + RANDOM % 10000))
  waits "\"http://127.0.0.1:$port/healthz\""
  up_fails "Failed to connect to 127.0.0.1 port $port"
  mkdir -p "$SCRATCH/www"
  busybox httpd -f -p "127.0.0.1:$port" -h "$SCRATCH/www" &
  server=$!
  up_fails "http://127.0.0.1:$port/healthz is to answer with 2??; at last: it answered 404"
  touch "$SCRATCH/www/healthz"
  up
  sed -i "s#/healthz\"#/nothing=404\"#" specs/shop.yaml
  up
  kill "$server"
  up
  nothing
}

row 'a Service without an address: told of which pods' && {
  waits service/api
  up_fails 'no address; at last: of pods that are not ready: api-7'
  echo 10.0.0.1 >"$E2E_WORLD/addresses"
  up
  ran ready/api
  up
  nothing
}

finish
