#!/usr/bin/env bash
# What tasks write gets into manifests and into the environment of other commands, and nowhere else.
# shellcheck disable=SC2016   # ${NAME} is meant as it is
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

secret='hunter-2 "x": {y} # z'

# A task that writes out/token, of what make.sh says, for the manifest of web; LEVEL is a variable.
with_token() {
  printf 'mkdir -p out; cat token.txt >out/token\n' >make.sh
  echo "$secret" >token.txt
  sed -i 's|^tasks:$|variables: {LEVEL: debug}\n\n&\n  token: {command: [sh, make.sh], inputs: [make.sh, token.txt], outputs: [out/token]}|
    s|^    manifests: \[manifests/web.yaml\]$|&\n    values: {TOKEN: {output: out/token}, LEVEL: "${LEVEL}"}|' specs/shop.yaml
  sed -i 's|^        - image: localhost/web:latest$|&\n          env: [{name: TOKEN, value: "a ${TOKEN}"}, {name: LEVEL, value: "${LEVEL}"}, {name: HOME, value: "$${HOME}"}]|' manifests/web.yaml
  "$E2EGEN" shop --quiet
}

# nowhere TEXT: but in rendered manifests, which only their owner may read.
nowhere() {
  local file
  while read -r file; do
    case $file in
      .e2e/env/shop/deploy/web.yaml) [[ $(stat -c %a "$file") == 600 ]] || complain "$file may be read by others" ;;
      *) complain "$1 stands in $file" ;;
    esac
  done < <(grep -rlF -e "$1" .e2e e2e.ninja "$SCRATCH/output")
}

row 'what a task writes is put into the manifest, as one text; again: nothing to do' && {
  with_token
  up
  ran task/token {apply,ready}/web
  grep -qF '"a hunter-2 \"x\": {y} # z"' "$cluster/objects/deployment.shop.web" || complain 'the value is not there'
  grep -qF 'value: "debug"' "$cluster/objects/deployment.shop.web" || complain 'the variable is not there'
  grep -qF 'value: "${HOME}"' "$cluster/objects/deployment.shop.web" || complain 'the literal is not there'
  nowhere hunter-2
  up
  nothing
}

row 'another value: only that deployment rolls; the same one written again: nothing does' && {
  with_token
  up
  echo other-1 >token.txt
  up
  ran task/token {apply,ready}/web
  calls {apply,rollout}/web
  nowhere other-1
  echo '# the same comes of it' >>make.sh
  up
  ran task/token
  held apply/web
  calls ''
  sed -i 's/LEVEL: debug/LEVEL: trace/' specs/shop.yaml
  up
  ran {apply,ready}/web
  up
  nothing
}

row 'what the task wrote is lost: it is written again, and the same deploys nothing' && {
  with_token
  up
  rm out/token
  up
  ran task/token
  held apply/web
  calls ''
  up
  nothing
}

row 'kubectl fails and tells what it was to apply: the value is not in the log, in whatever way it is written' && {
  with_token
  encoded=$(printf %s "$secret" | base64)
  fault apply.web "echo 'error when applying patch: {\"token\":\"'\"\$(cat out/token)\"'\", \"data\": \"$encoded\"}' >&2; exit 1"
  up_fails 'error when applying patch: {"token":"***", "data": "***"}'
  nowhere hunter-2
  nowhere "$encoded"
  up
  ran {apply,ready}/web
}

row 'a task of this machine writes a value: the deployment needs no cluster for it, and waits for it' && {
  with_token
  sed -i 's|^  config: kind.yaml|&\n  needs: token|' specs/shop.yaml
  up
  ran task/token {apply,ready}/web
  echo other-1 >token.txt
  up
  ran task/token {apply,ready}/web
  calls {apply,rollout}/web
}

row 'what a task writes is in the environment of another one, which runs again when it changes' && {
  with_token
  sed -i 's|^  token:.*|&\n  use: {command: [sh, -c, "echo got $TOKEN; echo \\"$TOKEN\\" >used"], environment: {TOKEN: {output: out/token}}}|' specs/shop.yaml
  up
  ran task/token task/use {apply,ready}/web
  [[ $(cat used) == "$secret" ]] || complain "it was given $(cat used)"
  grep -qF 'got ***' .e2e/logs/env.shop.task.use.log || complain 'the log does not say what was left out'
  nowhere hunter-2
  echo other-1 >token.txt
  up
  ran task/token task/use {apply,ready}/web
  nowhere other-1
}

row 'no text, and no value: said so' && {
  with_token
  printf 'a\0b' >token.txt
  up_fails "out/token is no text, and can't be a value"
  echo ok >token.txt
  sed -i 's/"${LEVEL}"/"${LEVL}"/' manifests/web.yaml
  up_fails "manifests/web.yaml:11:75: error: no value is called 'LEVL'"
}

finish
