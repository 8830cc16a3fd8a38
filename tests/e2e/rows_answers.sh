#!/usr/bin/env bash
# Yes, no, and no answer: what the world does not say contradicts nothing, is said, and stops only what rests on it. And
# what happens meanwhile: edits that are taken back, stamps that others write or delete while scan and steps look.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

theirs() {
  mkdir -p "$cluster"/{nodes,images,tags,objects}
  echo theirs >"$cluster/uid"
  echo running >"$cluster/nodes/shop-control-plane"
}
still_theirs() { [[ $(cat "$cluster/uid" 2>/dev/null) == theirs ]] || complain 'what is theirs is gone'; }
no_empty_stamp() {
  if grep -rls '"result": ""' .e2e --include='*.stamp' >"$SCRATCH/empty"; then complain "without a result: $(xargs <"$SCRATCH/empty")"; fi
}

# --- whose it is

row 'nothing was made, and somebody else makes a cluster of that name: it is left alone' && {
  up down
  fault create.shop 'exit 1'
  up_fails 'cluster shop failed'
  theirs
  up_fails "the name 'shop' is taken, and not by this workspace"
  calls
  still_theirs
  up_fails "the name 'shop' is taken, and not by this workspace" down
  calls
  still_theirs
}

row 'what there is of ours can not be deleted: it stays ours, and is said' && {
  echo stopped >"$cluster/nodes/shop-control-plane"
  fault delete.shop 'echo "cannot remove container" >&2; exit 1'
  up_fails 'could not be taken away'
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

# --- no answer

row 'the API refuses twice within milliseconds' && {
  fault ask.uid 'exit 1'
  fault ask.uid 'exit 1'
  up
  nothing
}

row 'podman refuses right after the cluster was created' && {
  up down
  fault ask.ps 'exit 125'
  # nor does what was applied show at once
  fault ask.objects 'exit 0'
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
}

row 'the API does not answer at all: nothing is deleted, what rests on it stops, all else goes on' && {
  always ask.uid 'echo "connection refused" >&2; exit 1'
  always ask.objects 'exit 1'
  edit web/page.txt
  up_fails "cluster shop: it can't be told whether this still holds" -k 0
  says 'connection refused'
  # by scan, and by the step: nobody tells it of all that rests on it
  expect 'said so' "$(grep -o "^.*it can't be told" "$SCRATCH/output" | sed 's/^specs[^ ]* //; s/:.*//' | tr ' ' /)" cluster/shop cluster/shop
  ran {image,archive}/web cluster/shop
  calls {build,save}/web
  up_fails "it can't be told" up
  calls
  up images
  nothing
  mended
  up
  ran {load,apply,ready}/web
  calls {load,apply,rollout}/web
  world_is_right
  up
  nothing
}

row 'the API does not answer, and the cluster is given up' && {
  always ask.uid 'exit 1'
  up_fails "it can't be told"
  mended
  up down
  calls delete/shop
  up
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row 'podman does not answer: down and what needs no image go on' && {
  always ask.images 'exit 125'
  always ask.image-exists 'exit 125'
  up
  nothing
  edit api/main.txt
  up
  ran "$api"
  up down
  calls delete/shop
}

row 'in doubt, and gone when the step asks' && {
  always ask.objects 'exit 1'
  up_fails "it can't be told"
  rm "$cluster"/objects/deployment.shop.web*
  mended
  up
  ran {apply,ready}/web
  calls {apply,rollout}/web
  world_is_right
}

row 'in doubt, and no answer when the step asks' && {
  always ask.objects 'exit 1'
  up_fails "specs/shop.yaml:21:3: apply store: it can't be told whether this still holds: the question failed with 1"
  calls ''
  mended
  up
  calls ''
}

row "an ignore file that can't be read is the trouble of its image" && {
  echo '[' >api/.containerignore
  edit web/page.txt
  up_fails 'api/.containerignore' -k 0
  calls {build,save}/web
  up_fails 'api/.containerignore'
  calls
  up down
  calls delete/shop
  rm api/.containerignore
  up
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row "a manifest that can't be read is the trouble of its deployment" && {
  ln -sf api.yaml manifests/api.yaml
  edit web/page.txt
  up_fails 'apply api: cannot read manifests/api.yaml' -k 0
  ran "$web" apply/api
  calls "$web_calls"
  up down
  calls delete/shop
}

row 'neither the number of the run nor the trace can be written' && {
  rm .e2e/run .e2e/trace.jsonl
  mkdir .e2e/run .e2e/trace.jsonl
  edit api/main.txt
  "$NINJA" -f e2e.ninja >"$SCRATCH/output" 2>&1 || complain 'ninja failed'
  world_is_right
  rmdir .e2e/run .e2e/trace.jsonl
}

# --- meanwhile

row "the input of an export is forgotten meanwhile" && {
  edit api/main.txt
  fault save.api 'rm .e2e/images/api.stamp'
  run_ninja
  no_empty_stamp
  up
  world_is_right
  up
  nothing
}

row 'a slow scan, and a stamp that was written meanwhile' && {
  edit api/main.txt
  fault ask.images 'sleep 3'
  start
  await ask.images
  "$NINJA" -f e2e.ninja >"$SCRATCH/output.2" 2>&1 || complain "the second one failed: $(cat "$SCRATCH/output.2")"
  ended
  if ((status)); then complain 'the first one failed'; fi
  calls "$api_calls"
  world_is_right
}

row 'a source is edited and the edit is taken back while its image is built' && {
  edit api/main.txt
  fault build.api 'cp api/main.txt api.saved; echo other >>api/main.txt'
  fault during.build.api 'cp api.saved api/main.txt'
  up
  calls build/api "$api_calls"
  grep -q '^# files of api were written to while this ran' .e2e/logs/images.api.log || complain 'the log does not say why'
  world_is_right
}

row 'a source is there only while its image is built' && {
  edit web/page.txt
  fault build.web 'echo more >web/more.txt'
  fault during.build.web 'rm web/more.txt'
  up
  calls build/web "$web_calls"
  world_is_right
}

row 'sources that are written to all the time' && {
  edit api/main.txt
  for _ in 1 2 3; do fault during.build.api 'touch api/main.txt'; done
  up_fails 'files of api changed while it ran'
  says 'written to meanwhile: api/main.txt'
  no_stamp images/api
  up
  calls "$api_calls"
}

[[ $TRANSPORT == layers ]] && row 'a base can not be brought back: its export stays, since it is whole' && {
  blob=$(archive_of base)
  rm -r "${E2E_WORLD:?}"/{images,tags}/*
  edit api/main.txt
  fault restore.base 'echo "no space left on device" >&2; exit 1'
  up_fails 'image api failed'
  [[ -e .e2e/images/base.layers.stamp ]] || complain 'the stamp of the export is gone'
  # unless it is damaged
  fault restore.base "echo torn >$blob"
  up_fails 'is damaged'
  grep -qF "# damaged: $blob" .e2e/logs/images.api.log || complain 'the log does not say what is damaged'
  no_stamp images/base.layers
  [[ ! -e $blob ]] || complain 'the damaged blob is there'
  up
  ran image/base "$api"
  calls restore/rootfs build/base "$api_calls"
  world_is_right
}

row 'a shard ends well and wrote no report' && {
  mkdir parts
  # shellcheck disable=SC2016   # for the suite
  echo 'test "$E2E_SHARD" = 1 || echo "<testsuite name=\"$E2E_SHARD\"/>" >"$E2E_JUNIT"' >parts/run.sh
  cat >>specs/shop.yaml <<SPEC
  parts:
    command: [sh, parts/run.sh]
    inputs: [parts]
    shards: 2
    junit: out/all.xml
SPEC
  up_fails 'test parts-1: it ended well and did not make' up test
  grep -q 'test parts-1' out/all.xml || complain "the report: $(cat out/all.xml)"
  if ! grep -q '"step":"test parts-1".*"exit":1' .e2e/trace.jsonl; then complain "the trace: $(tail -n 3 .e2e/trace.jsonl)"; fi
}

finish
