#!/usr/bin/env bash
# Tasks that images and clusters need: they run on this machine, before both.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# A task that makes web/made.txt of api.proto, for the image web.
generated() {
  mkdir -p proto
  echo one >proto/api.proto
  printf 'head -n 1 proto/api.proto >web/made.txt\n' >proto/make.sh
  sed -i 's|^tasks:$|&\n  generate: {command: [sh, proto/make.sh], inputs: [proto], outputs: [web/made.txt]}|
    s|^    target: runtime|&\n    needs: [generate]|' specs/shop.yaml
  "$E2EGEN" shop --quiet
}

row 'what an image needs runs before it, and again when its inputs change' && {
  generated
  up
  ran task/generate "$web"
  up
  nothing
  sed -i '1s/.*/two/' proto/api.proto
  up
  ran task/generate "$web"
  grep -qx two web/made.txt || complain 'the file is not made anew'
  edit proto/api.proto  # behind its first line: the same comes of it
  up
  ran task/generate
  calls ''
  up
  nothing
}

row 'what such a task made is lost: it is made again, and the same builds nothing' && {
  generated
  up
  rm web/made.txt
  up
  ran task/generate
  calls ''
  rm -r .e2e/host web/made.txt  # a CI machine has the images, and not what lies in the tree
  up
  ran task/generate
  calls ''
  nothing_is_doubted=$(find .e2e -name '*.doubted')
  [[ -z $nothing_is_doubted ]] || complain "in doubt: $nothing_is_doubted"
}

row 'such a task fails: what it is for is not built, and no cluster either, but other images are' && {
  generated
  echo false >>proto/make.sh
  up_fails 'task generate failed' -k 0 images
  ran task/generate
  calls ''
  edit api/main.txt
  up_fails 'task generate failed' -k 0
  calls build/api save/api
}

row 'a cluster needs a task: it comes before, and does not make the cluster anew' && {
  printf 'mkdir -p certs; date +%%N >certs/key\n' >certs.sh
  sed -i 's|^tasks:$|&\n  certs: {command: [sh, certs.sh], inputs: [certs.sh], outputs: [certs/key]}|
    s|^  config: kind.yaml|&\n  needs: certs|' specs/shop.yaml
  up
  ran task/certs
  calls ''
  echo '# changed' >>certs.sh
  up
  ran task/certs
  calls ''
  up
  nothing
}

row 'a task for the machine that it runs on: the Ninja file is the same on all, another architecture makes it anew' && {
  # shellcheck disable=SC2016  # variables of the spec
  sed -i 's|^tasks:$|&\n  binary: {command: [sh, -c, "echo ${e2e.arch} >web/made.txt"], outputs: [web/made.txt]}|
    s|^    target: runtime|&\n    needs: [binary]|
    s|^    command: \[sh, smoke/run.sh\]|&\n    finally: [sh, -c, "echo ${e2e.processors} $CPUS >out.txt"]\n    environment: {CPUS: "${e2e.processors}"}|' specs/shop.yaml
  up up test
  ran task/binary "$web" test/smoke
  [[ $(cat out.txt) == "$(nproc) $(nproc)" ]] || complain "out.txt: $(cat out.txt)"
  here=$(cat web/made.txt)
  if grep -qw "$here" e2e.ninja .e2e/e2e.claims; then complain "$here is written down"; fi
  up up test
  nothing
  # another machine, and one with fewer processors
  before=$NINJA
  printf '#!/bin/sh\nexec taskset --cpu-list 0 %s "$@"\n' "$NINJA" >"$SCRATCH/bin/other-ninja"
  chmod +x "$SCRATCH/bin/other-ninja"
  NINJA=$SCRATCH/bin/other-ninja
  up up test
  nothing
  if [[ $(setarch i686 uname --machine 2>/dev/null) == i686 ]]; then
    printf '#!/bin/sh\nexec setarch i686 %s "$@"\n' "$before" >"$SCRATCH/bin/other-ninja"
    up
    ran task/binary "$web"
    [[ $(cat web/made.txt) == 386 ]] || complain "made.txt: $(cat web/made.txt)"
  fi
  NINJA=$before
}

row 'two specs need one task: it runs once' && {
  generated
  sed 's|name: shop|name: mall|' specs/shop.yaml >specs/mall.yaml
  ninja_file=both.ninja
  "$E2EGEN" shop mall -o both.ninja --quiet
  [[ $(grep -c '^build .e2e/host/generate.stamp:' both.ninja) == 1 ]] || complain 'not one edge'
  sed -i 's|\[sh, proto/make.sh\]|[sh, -e, proto/make.sh]|' specs/mall.yaml
  if "$E2EGEN" shop mall -o both.ninja >"$SCRATCH/output" 2>&1; then complain 'two tasks of one name are taken'; fi
  says "two specs have a task 'generate' that images or clusters need"
  ninja_file=e2e.ninja
}

finish
