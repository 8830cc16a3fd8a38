#!/usr/bin/env bash
# What each change of a source makes run, and nothing else.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

row 'fresh' && {
  clean_site
  generate
  up
  ran image/{rootfs,base,api,web} archive/{api,web} cluster/shop "$in_cluster"
  held
  calls build/rootfs build/{base,api,web} save/{api,web} create/shop "$in_cluster_calls"
  world_is_right
}

row 'nothing changed' && {
  up up test
  nothing
  says 'no work to do'
}

row 'every source is touched' && {
  find . -path ./.e2e -prune -o -exec touch {} +
  up up test
  nothing
}

row 'a source of api is edited' && {
  edit api/main.txt
  up
  ran "$api"
  held
  calls "$api_calls"
  world_is_right
}

row 'and edited back: the image is built again, the rest follows' && {
  edit api/main.txt
  up
  echo main >api/main.txt
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a file is added to web' && {
  echo new >web/new.txt
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'a file of web is renamed' && {
  mv web/page.txt web/index.txt
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'a file of web is removed' && {
  echo new >web/new.txt
  up
  rm web/new.txt
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'a file of web becomes executable' && {
  chmod +x web/page.txt
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'another content of the same size and an old mtime (cp -p)' && {
  echo egap >"$SCRATCH/other"
  touch -r web/page.txt "$SCRATCH/other"
  cp -p "$SCRATCH/other" web/page.txt
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'an ignored file is edited' && {
  edit web/readme.md
  up
  nothing
}

row 'a file that no COPY names is edited' && {
  edit api/notes.txt
  up
  nothing
}

row 'the ignore file lets a file through' && {
  echo '!readme.md' >>web/.containerignore
  up
  ran "$web"
  calls "$web_calls"
}

row 'a Containerfile is edited' && {
  echo 'ENV A=1' >>api/Containerfile
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a build argument is changed' && {
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'the target is changed' && {
  sed -i 's/target: runtime/target: debug/' specs/shop.yaml
  up
  ran "$web"
  calls "$web_calls"
  world_is_right
}

row 'the source of an image that others are FROM is edited' && {
  edit base/tools.txt
  up
  ran image/base "$api" "$web"
  calls build/base "$api_calls" "$web_calls"
  world_is_right
}

row 'the source of the image at the root is edited' && {
  edit rootfs/etc.txt
  up
  ran image/{rootfs,base} "$api" "$web"
  calls build/rootfs build/base "$api_calls" "$web_calls"
  world_is_right
}

row 'a rebuild that gives the same image stops there' && {
  # a comment of the command that makes it: another input, the same root file system
  echo '# the same' >>rootfs/make.sh
  up
  ran image/rootfs
  calls build/rootfs
  held image/base
  world_is_right
}

row 'a manifest is edited' && {
  sed -i 's/^spec:/spec: # edited/' manifests/web.yaml
  up
  ran {apply,ready}/web
  calls {apply,rollout}/web
  world_is_right
}

row 'the input of the task is edited' && {
  edit seed/rows.txt
  up
  ran task/seed
  calls seed/shop
  world_is_right
}

row 'the input of the test is edited' && {
  echo '# edited' >>smoke/run.sh
  up up test
  ran test/smoke
  calls smoke/shop
  world_is_right tested
}

row 'whatever is deployed anew is tested anew' && {
  edit web/page.txt
  up up test
  ran "$web" test/smoke
  calls "$web_calls" smoke/shop
  world_is_right tested
}

row 'the config of the cluster is edited' && {
  echo 'networking: {}' >>kind.yaml
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

row 'the spec is edited: the Ninja file follows by itself' && {
  sed -i 's/needs: \[seed\]/needs: [seed, web]/' specs/shop.yaml
  cp e2e.ninja "$SCRATCH/old.ninja"
  up
  nothing
  ! cmp -s e2e.ninja "$SCRATCH/old.ninja" || complain 'the Ninja file is the old one'
}

row 'the spec is broken, then mended' && {
  cp specs/shop.yaml "$SCRATCH/shop.yaml"
  cp e2e.ninja "$SCRATCH/old.ninja"
  sed -i 's/deployments:/deploymnets:/' specs/shop.yaml
  edit api/main.txt
  up_fails "did you mean 'deployments'"
  says 'specs/shop.yaml:'
  ran
  calls
  cmp -s e2e.ninja "$SCRATCH/old.ninja" || complain 'the Ninja file is not the old one'
  cp "$SCRATCH/shop.yaml" specs/shop.yaml
  up
  ran "$api"
  world_is_right
}

row 'ninja -f with an absolute path sees changes too' && {
  edit api/main.txt
  sed -i 's/needs: \[seed\]/needs: [seed, web]/' specs/shop.yaml
  cp e2e.ninja "$SCRATCH/old.ninja"
  from_now
  "$NINJA" -f "$WORK/e2e.ninja" >"$SCRATCH/output" 2>&1 || complain 'ninja failed'
  ran "$api"
  ! cmp -s e2e.ninja "$SCRATCH/old.ninja" || complain 'the Ninja file is the old one'
  world_is_right
}

row 'phases: every build ends before the cluster starts, builds overlap' && {
  clean_site
  for image in api web; do fault "during.build.$image" 'sleep 0.3'; done
  generate
  up
  facts=$(sed -n 's/.*"step":"\([a-z]*\) \([a-z]*\).*"phase":"\([a-z]*\)".*"start":\([0-9.]*\),"end":\([0-9.]*\).*/\3 \2 \4 \5/p' .e2e/trace.jsonl |
    awk '$1 == "build" { if ($4 > last) last = $4; start[$2] = $3; end[$2] = $4 }
      $1 == "cluster" && (!first || $3 < first) { first = $3 }
      END { print (first > last) ? "after" : "before", (start["api"] < end["web"] && start["web"] < end["api"]) ? "overlap" : "apart" }')
  [[ $facts == 'after overlap' ]] || complain "the cluster starts $facts"
}

row 'a base that is no image of the spec becomes another one, or is gone' && {
  foreign() { echo "$1" | sha256sum | cut -c1-64 | tee "$E2E_WORLD/tags/docker.io%library%alpine:3" | sed "s|^|$E2E_WORLD/images/|" | xargs touch; }
  foreign one
  sed -i 's|^FROM localhost/base$|FROM alpine:3|' api/Containerfile
  up
  ran "$api"
  up
  nothing
  foreign two
  up
  says 'image api: docker.io/library/alpine:3 changed'
  deleted image/api
  ran "$api"
  rm "$E2E_WORLD/tags/docker.io%library%alpine:3"
  up
  nothing
  foreign two
  up
  nothing
  edit api/main.txt
  three=$(echo three | sha256sum | cut -c1-64)
  fault during.build.api "echo $three >\"\$world/tags/docker.io%library%alpine:3\"; : >\"\$world/images/$three\""
  up_fails 'docker.io/library/alpine:3 changed while it ran'
  no_stamp images/api
  up
  ran "$api"
  # while nobody can be asked
  rm "$(archive_of api)"
  always ask.images 'exit 125'
  up_fails "it can't be told"
  mended
  foreign four
  up
  ran "$api"
}

row 'folders of the machine that a build sees are made' && {
  sed -i 's|^    target: runtime|&\n    volumes: [.cache/go:/root/go]|' specs/shop.yaml
  up
  ran image/web
  [[ -d .cache/go ]] || complain 'there is no such folder'
  grep -qF -e "--volume=$WORK/.cache/go:/root/go" .e2e/logs/images.web.log || complain "the log: $(cat .e2e/logs/images.web.log)"
}

row 'Go packages are declared: only what go list finds for them counts, what is imported from then on too' && {
  mkdir -p web/{cmd,internal,other}
  touch web/cmd/main.go web/internal/one.go web/other/two.go web/data.txt
  # as `go list -deps` with the format that the template gives it
  printf '#!/bin/sh\necho "folder %s"\ncat "%s"\n' "$WORK/web/cmd" "$SCRATCH/imports" >"$SCRATCH/bin/go"
  chmod +x "$SCRATCH/bin/go"
  echo "folder $WORK/web/internal" >"$SCRATCH/imports"
  sed -i 's|^    target: runtime|&\n    go: web/cmd\n    sources: web/data.txt|' specs/shop.yaml
  up
  for file in web/other/two.go web/notes.txt web/cmd/main_test.go; do edit "$file"; up; nothing; done
  # all that the go command takes for sources: fileListForExt in go/build
  for kind in go c cc cpp cxx m h hh hpp hxx f F for f90 s S sx swig swigcxx syso; do
    grep -q "\"!cmd/\*\.$kind\"" .e2e/images/web.stamp || complain "$kind does not count"
  done
  for file in web/cmd/main.go web/cmd/new.go web/cmd/new.swigcxx web/internal/one.go web/data.txt; do edit "$file"; up; ran "$web"; done
  echo "folder $WORK/web/other" >>"$SCRATCH/imports"
  edit web/cmd/main.go
  up
  ran "$web"
  edit web/other/two.go
  up
  ran "$web"
  rm "$SCRATCH/bin/go"
}

row 'what a later stage takes out of the one that go compiles counts too' && {
  mkdir -p web/{cmd,api}
  touch web/cmd/main.go web/api/{openapi.yaml,internal.yaml}
  printf '%s\n' 'FROM localhost/base AS build' 'WORKDIR /src' 'COPY . .' 'FROM localhost/base AS runtime' \
    'COPY --from=build /src/api/openapi.yaml /bin/web /app/' >web/Containerfile
  printf '#!/bin/sh\necho "folder %s"\n' "$WORK/web/cmd" >"$SCRATCH/bin/go"
  chmod +x "$SCRATCH/bin/go"
  sed -i 's|^    target: runtime|&\n    go: web/cmd|' specs/shop.yaml
  up
  edit web/api/internal.yaml; up; nothing
  edit web/api/openapi.yaml; up; ran "$web"
  printf '#!/bin/sh\necho "no Go here" >&2; exit 1\n' >"$SCRATCH/bin/go"
  edit web/cmd/main.go; up; ran "$web"
  says "image web: 'go' tells nothing, so all of the context counts: no Go here"
  edit web/api/internal.yaml; up; ran "$web"
  sed -i 's|/src/api/openapi.yaml|/src|' web/Containerfile
  up_fails "'go' would leave out files that this line takes"
  rm "$SCRATCH/bin/go"
}

row 'a test is made of Go packages: what they import counts, under the tags of its command, and all that is beside them' && {
  mkdir -p suite/deep lib other
  printf 'module example.com/shop\n\ngo 1.19\n' >go.mod
  printf '//go:build e2e\n\npackage suite\n\nimport _ "example.com/shop/lib"\n' >suite/suite_test.go
  printf 'package deep_test\n' >suite/deep/deep_test.go
  printf 'package lib\n' | tee lib/lib.go >lib/lib_test.go
  printf 'package other\n' >other/other.go
  sed -i 's|^    command: \[sh, smoke/run.sh\]|&\n    go: suite\n    outputs: suite/report.txt|' specs/shop.yaml
  sed -i 's|^exec|date >suite/report.txt\n&|' smoke/run.sh
  up_fails "'go' can't tell what this is made of: build tags leave out all files of $WORK/suite/: say -tags in the command" up test
  sed -i 's|^    command: \[sh, smoke/run.sh\]|    command: [sh, smoke/run.sh, -tags, e2e]|' specs/shop.yaml
  up up test
  ran test/smoke
  for file in other/other.go lib/lib_test.go; do edit "$file"; up up test; nothing; done
  for file in suite/suite_test.go suite/deep/deep_test.go suite/cases.yaml lib/lib.go lib/more.go go.mod; do
    echo '// edited' >>"$file"
    up up test
    ran test/smoke
  done
  says 'test smoke: the Go packages changed'
  printf 'package deep_test\n\nimport _ "example.com/shop/other"\n' >suite/deep/deep_test.go
  up up test
  ran test/smoke
  edit other/other.go
  up up test
  ran test/smoke
  sed -i 's|, -tags, e2e\]|]\n    environment: {GOFLAGS: -tags=e2e}|' specs/shop.yaml
  up up test
  ran test/smoke
  edit lib/lib.go
  up up test
  ran test/smoke
}

row 'an image of the whole workspace: nothing of ours is in it, and it is at rest' && {
  sed -i 's|containerfile: api/Containerfile|&\n    context: .|' specs/shop.yaml
  sed -i 's|^COPY .*|COPY . /src|' api/Containerfile
  printf '!.e2e\n!**\n' >.containerignore
  mkdir other
  up
  ran "$api"
  for name in other/two three; do
    "$E2EGEN" shop --quiet -o "$name.ninja" 2>/dev/null
    up
    nothing
    says 'no work to do'
  done
  up test
  tar -tf "$E2E_WORLD/sent.api" >"$SCRATCH/sent"
  grep -qx ./specs/shop.yaml "$SCRATCH/sent" || complain 'the workspace was not sent'
  if grep -e '\.e2e' -e 'ninja$' "$SCRATCH/sent" >"$SCRATCH/output"; then complain 'what e2egen wrote was sent'; fi
  # the spec is a file like others, as long as it is copied
  sed -i 's|containerfile: api/Containerfile|&\n    timeout: 9m|' specs/shop.yaml
  up
  ran "$api"
  up
  nothing
  echo specs >>.containerignore
  up
  ran "$api"
  sed -i 's|timeout: 9m|timeout: 8m|' specs/shop.yaml
  up
  nothing
  edit web/page.txt
  up
  ran "$api" "$web"
  up
  nothing
  "$E2EGEN" gc >"$SCRATCH/output" || complain 'gc failed'
  [[ -e .e2e/images/api.stamp.ignore ]] || complain 'gc took what the log names'
}

row 'a command whose inputs are the whole workspace is at rest' && {
  sed -i 's|inputs: \[smoke\]|inputs: [.]|' specs/shop.yaml
  up up test
  ran test/smoke
  up up test
  nothing
  "$E2EGEN" shop --quiet -o other.ninja 2>/dev/null
  up up test
  nothing
}

row 'an image of a folder with a Ninja file of ours' && {
  "$E2EGEN" shop --quiet -o web/web.ninja 2>/dev/null
  up
  nothing
  edit web/page.txt
  up
  ran "$web"
  if tar -tf "$E2E_WORLD/sent.web" | grep ninja >"$SCRATCH/output"; then complain 'it was sent'; fi
  grep -q -e --ignorefile .e2e/logs/images.web.log || complain 'there is no ignore file'
  rm web/web.ninja
  edit web/page.txt
  up
  ran "$web"
  if grep -q -e --ignorefile .e2e/logs/images.web.log; then complain 'there is an ignore file'; fi
  # one that comes while it is built may have been sent
  edit web/page.txt
  # shellcheck disable=SC2016  # run by a shell of its own
  fault during.build.web '"$E2EGEN" shop --quiet -o web/late.ninja'
  up
  calls build/web "$web_calls"
  grep -qx ./late.ninja .e2e/images/web.stamp.ignore || complain 'the second build has no ignore file'
}

row "a task's environment is edited: it runs again" && {
  sed -i 's|^  seed:$|&\n    environment: {LEVEL: one}|' specs/shop.yaml
  up
  ran task/seed
  sed -i 's|LEVEL: one|LEVEL: two|' specs/shop.yaml
  up
  ran task/seed
}

finish
