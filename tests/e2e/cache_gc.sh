#!/usr/bin/env bash
# What CI caches and what gc takes away, on stand-ins: nothing that is needed, nothing of anybody else's.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

gc() {
  rm -f "$E2E_WORLD/calls"
  status=0
  "$E2EGEN" gc "$@" >"$SCRATCH/output" 2>&1 || status=$?
}

# Every file of the workspace and the world, with its content, but for the list of calls.
world() { (cd "$SCRATCH/site" && find . -type f ! -name questions ! -name calls -print0 | sort -z | xargs -0 sha256sum); }

in_store() { if [[ ! -e $E2E_WORLD/images/$1 ]]; then complain "the image $1 is gone from the store"; fi; }
not_in_store() { if [[ -e $E2E_WORLD/images/$1 ]]; then complain "the image $1 is in the store"; fi; }
gone() { if [[ -e $1 ]]; then complain "$1 is there"; fi; }
there() { if [[ ! -e $1 ]]; then complain "$1 is gone"; fi; }

row 'gc in a workspace where all is up takes nothing' && {
  gc
  calls ""
  up
  nothing
}

row 'gc takes the image that an edit replaced, from the store and from the node' && {
  old=$(id_of api)
  edit api/main.txt
  up
  before=$(world)
  gc --dry-run
  says 'would drop'
  if [[ $(world) != "$before" ]]; then complain 'a dry run changed something'; fi
  gc
  if ((status)); then complain "gc ended with $status"; fi
  not_in_store "$old"
  gone "$cluster/images/$old"
  gc
  calls ""
  up
  nothing
}

row 'an image that a container uses stays, on the node too' && {
  old=$(id_of api)
  edit api/main.txt
  up
  mkdir -p "$E2E_WORLD/containers"
  : >"$E2E_WORLD/containers/$old"
  echo "one localhost/api:e2e-${old:0:12}" >"$cluster/containers"
  gc
  in_store "$old"
  there "$cluster/images/$old"
}

row 'an image that somebody else named stays' && {
  old=$(id_of api)
  edit api/main.txt
  up
  echo "$old" >"$E2E_WORLD/tags/localhost%mine:1"
  gc
  in_store "$old"
}

row "an image that this workspace did not make stays" && {
  echo foreign >"$E2E_WORLD/images/f00d"
  gc
  in_store f00d
}

row 'an image leaves the spec: its files and its image go, the rest holds' && {
  old=$(id_of web)
  sed -i '/^  web:/,/^  *\(target\|needs\):/d' specs/shop.yaml
  generate
  gc
  if ((status)); then complain "gc ended with $status"; fi
  not_in_store "$old"
  gone .e2e/images/web.stamp
  gone .e2e/images/web.tar
  gone .e2e/env/shop/deploy/web.yaml
  there .e2e/env/shop/kubeconfig
  up
  nothing
}

row 'gc of a spec keeps what another Ninja file has of it with a profile' && {
  plain=$(id_of api)
  echo 'profiles: {coverage: {images: {api: {args: {VERSION: cover}}}}}' >>specs/shop.yaml
  generate
  "$E2EGEN" shop --profile coverage --output coverage.ninja --quiet
  "$NINJA" -f coverage.ninja images >"$SCRATCH/output" 2>&1 || complain 'the images of the profile'
  covered=$(id_of api)
  if [[ $covered == "$plain" ]]; then complain 'the profile makes no image of its own'; fi
  gc shop
  if ((status)); then complain "gc ended with $status"; fi
  in_store "$plain"
  in_store "$covered"
  there .e2e/images/api@coverage.stamp
  rm coverage.ninja
  gc shop --profile coverage
  in_store "$covered"
  in_store "$plain"
  gc shop
  not_in_store "$covered"
  gone .e2e/images/api@coverage.stamp
  in_store "$plain"
}

row 'a removal that fails is told, and the rest goes on' && {
  old=$(id_of api)
  web=$(id_of web)
  edit api/main.txt
  edit web/page.txt
  up
  # by a name if it has one
  for name in api "$old"; do fault "rmi.$name" 'die "image is in use"'; done
  gc
  if ((status != 1)); then complain "gc ended with $status"; fi
  says 'image is in use'
  in_store "$old"
  not_in_store "$web"
  gone "$cluster/images/$old"
}

row 'the cached part, restored elsewhere: one key, and nothing is built' && {
  key=$("$E2EGEN" cache key)
  mkdir "$SCRATCH/site/else where"
  cp -r "$E2EGEN_SOURCE/tests/e2e/workspace/." "$SCRATCH/site/else where"
  cp --parents -r .e2e/images .e2e/oci "$SCRATCH/site/else where" 2>/dev/null || true
  rm -r "${E2E_WORLD:?}"/{images,tags,clusters}/*
  cp specs/shop.yaml "$SCRATCH/site/else where/specs/"
  cd "$SCRATCH/site/else where"
  if [[ $("$E2EGEN" cache key shop) != "$key" ]]; then complain 'another key'; fi
  "$E2EGEN" shop --quiet
  up
  expect 'builds' "$(world_calls | grep -e build -e save || true)" ''
  edit api/main.txt
  if [[ $("$E2EGEN" cache key) == "$key" ]]; then complain 'the same key after an edit'; fi
}

row 'gc waits for a step that makes an image: what has no stamp yet must not look like waste' && {
  exec {held}>.e2e/locks/images.api.lock
  flock "$held"
  rm -f "$E2E_WORLD"/{questions,calls}
  "$E2EGEN" gc >"$SCRATCH/output" 2>&1 &
  gc=$!
  while kill -0 "$gc" 2>/dev/null && ! grep -q -e "-> FLOCK .* $gc " /proc/locks; do sleep 0.02; done
  if [[ -e $E2E_WORLD/questions ]]; then complain 'gc did not wait'; fi
  flock --unlock "$held"
  exec {held}>&-
  wait "$gc" || complain "gc ended with $?"
  calls ""
}

finish
