#!/usr/bin/env bash
# Random walks: edits, losses, failures and kills in any order; after a few of them ninja runs, and the world is compared
# with what the sources say. Then a second run must have nothing to do.
#
#   SEED=7 SEQUENCES=1 ./walk.sh      one walk again (what is killed when is up to the machine)
#   SCAN=blind ./walk.sh              scan deletes no stamp: the walk must find wrong worlds
#   NINJAS='ninja /other/ninja'       one of them for each run
# shellcheck disable=SC2317  # events are called by name
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-$((RANDOM % 10000))}
SEQUENCES=${SEQUENCES:-30}
ROUNDS=${ROUNDS:-2}
read -ra ninjas <<<"${NINJAS:-$NINJA}"
echo "SEED=$SEED SEQUENCES=$SEQUENCES ninjas: ${ninjas[*]}"

# pick WORD...: one of them, in $picked
pick() { picked=${*:$((RANDOM % $# + 1)):1}; }
pick_of() { mapfile -t found < <(compgen -G "$1" | sort); if ((${#found[@]})); then pick "${found[@]}"; else picked=/nonexistent; fi; }

# --- what happens -----------------------------------------------------------------------------------------------------

edit_source() {
  pick rootfs/etc.txt base/tools.txt api/main.txt api/lib/one.txt web/page.txt web/page.txt api/main.txt
  echo "content $((RANDOM % 3))" >"$picked"
}
edit_unseen() { pick api/notes.txt web/readme.md; edit "$picked"; }
change_mode() { pick 644 755; chmod "$picked" web/page.txt api/main.txt; }
add_or_remove() { if [[ -e web/more.txt ]]; then rm web/more.txt; else echo more >web/more.txt; fi; }
same_size_old_time() { echo "$((RANDOM % 2))" >api/lib/two.txt; touch -d 2001-01-01 api/lib/two.txt; }
edit_manifest() { pick store api web; sed -i "s/^spec:.*/spec: # $((RANDOM % 3))/" "manifests/$picked.yaml"; }
edit_seed() { echo "rows $((RANDOM % 3))" >seed/rows.txt; }
edit_test() { echo "# $((RANDOM % 3))" >>smoke/run.sh; }
edit_spec() {
  pick one two
  sed -i "s/VERSION: .*}/VERSION: $picked}/" specs/shop.yaml
  pick runtime debug
  sed -i "s/target: .*/target: $picked/" specs/shop.yaml
}
edit_config() { echo "# $((RANDOM % 2))" >>kind.yaml; }
lose_cluster() { rm -rf "$cluster"; }
stop_node() { if [[ -e $cluster/nodes ]]; then echo stopped >"$cluster/nodes/shop-control-plane"; fi; }
lose_image() { pick_of "$E2E_WORLD/images/*"; rm -f "$picked"; }
lose_images() { rm -f "$E2E_WORLD"/{images,tags}/*; }
lose_node_image() { pick_of "$cluster/images/*"; rm -f "$picked" "$cluster"/tags/*"$(basename "$picked" | cut -c1-12)"; }
lose_object() { pick_of "$cluster/objects/*.uid"; rm -f "${picked%.uid}" "$picked" "${picked%.uid}.rolled"; }
# what somebody does to an object by hand, or an accident to its pods
an_object() { pick_of "$cluster/objects/*.uid"; picked=${picked%.uid}; }
change_object() { an_object; if [[ -e $picked ]]; then echo "# $((RANDOM % 2))" >>"$picked"; fi; }
scale_object() { an_object; if [[ -e $picked ]]; then echo $((RANDOM % 3)) >"$picked.replicas"; fi; }
replace_pod() { pick_of "$cluster/objects/*.pod"; if [[ -e $picked ]]; then echo "$RANDOM" >"$picked"; fi; }
unready_object() { an_object; rm -f "$picked.rolled"; }
archives() { if [[ $TRANSPORT == archive ]]; then pick_of '.e2e/images/*.tar'; else pick_of '.e2e/oci/blobs/sha256/*'; fi; }
lose_archive() { archives; rm -f "$picked"; }
cut_archive() { archives; if [[ -e $picked ]]; then truncate --size 5 "$picked"; fi; }
a_stamp() { mapfile -t found < <(find .e2e -name '*.stamp' | sort); if ((${#found[@]})); then pick "${found[@]}"; else picked=/nonexistent; fi; }
lose_stamp() { a_stamp; rm -f "$picked"; }
cut_stamp() { a_stamp; if [[ -e $picked ]]; then truncate --size $((RANDOM % 50)) "$picked"; fi; }
lose_log() { rm -f .e2e/e2e.builddir/.ninja_log; }
lose_cache() { rm -f .e2e/stat.cache .e2e/*.rest; }
times() {
  pick 'now' '2001-01-01' '+1 day' "-$((RANDOM % 1000)) minutes"
  local file when=$picked
  while read -r file; do
    if ((RANDOM % 2)); then touch -d "$when" "$file"; fi
  done < <(find . -type f | sort)
}
down() { run_one down || true; }
move() {
  local to=$SCRATCH/site/moved.$RANDOM
  mv "$PWD" "$to"
  cd "$to" || exit
}
fail_once() {
  pick build.{rootfs,base,api,web} save.{api,web} create.shop during.create.shop load.{api,web} apply.{store,api,web} \
    rollout.{store,api,web} seed.shop smoke.shop after.{build,save,load,apply}.api ask.{images,uid,objects,node-images}
  fault "$picked" 'exit 1'
}
known_failure() { fault build.api 'echo "layer not known" >&2; exit 125'; }
edit_during_build() { fault during.build.web "echo late $((RANDOM % 2)) >>web/page.txt"; }
killed() {
  see
  start up test
  sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
  pick INT TERM KILL
  local signal=$picked
  pick ninja steps tree
  # shellcheck disable=SC2046,SC2086
  case $picked in
    ninja) left=$(steps); kill "-$signal" "$ninja" $([[ $signal == KILL ]] && echo $left) 2>/dev/null || true ;;
    steps) kill "-$signal" $(steps) 2>/dev/null || true ;;
    tree) kill "-$signal" $(descendants "$ninja") "$ninja" 2>/dev/null || true ;;
  esac
  ended
}
two_at_once() {
  see
  start up test
  run_one up test || true
  ended
}

events=(edit_source edit_source edit_source edit_unseen change_mode add_or_remove same_size_old_time edit_manifest
  edit_manifest edit_seed edit_test edit_spec edit_config lose_cluster stop_node lose_image lose_images lose_node_image
  lose_object lose_object change_object scale_object unready_object replace_pod lose_archive cut_archive lose_stamp cut_stamp lose_log lose_cache times times down move
  fail_once fail_once known_failure edit_during_build killed killed killed two_at_once)

# --- running ----------------------------------------------------------------------------------------------------------

# Before a run: with SCAN=blind, the stamps that scan deletes are put back.
see() {
  if [[ ${SCAN-} != blind ]]; then return; fi
  cat >"$SCRATCH/blind" <<BLIND
#!/bin/sh
if [ "\$1" != scan ]; then exec $E2EGEN "\$@"; fi
find .e2e -name '*.stamp' | tar -cf "$SCRATCH/stamps.tar" -T -
$E2EGEN "\$@" >/dev/null || exit
tar -xkf "$SCRATCH/stamps.tar" 2>/dev/null
exit 0
BLIND
  chmod +x "$SCRATCH/blind"
  sed -i "s,^e2egen = .*,e2egen = $SCRATCH/blind," .e2e/e2e.host.ninja
}

run_one() {
  see
  pick "${ninjas[@]}"
  "$picked" -f e2e.ninja -j 4 "$@" >"$SCRATCH/output" 2>&1 </dev/null
}

# The faults that wait may make some runs fail; without any, one must succeed.
settle() {
  local tries
  for tries in 1 2 3 4 5 6; do
    if run_one up test; then return; fi
  done
  complain "it does not come up, after $tries runs"
}

walk() {
  local round event n
  local -a told=()
  for ((round = 0; round < ROUNDS; round++)); do
    for ((n = RANDOM % 4; n >= 0; n--)); do
      pick "${events[@]}"
      event=$picked
      told+=("$event")
      "$event"
    done
    told+=('|')
    settle
    world_is_right tested
    from_now
    run_one up test || complain 'the second run failed'
    expect 'ran again' "$(events ran)" ''
    expect 'called again' "$(world_calls)" ''
    if ((wrong)); then
      complain "after: ${told[*]}"
      return
    fi
    rm -f "$E2E_WORLD"/faults/*
  done
}

for ((sequence = 0; sequence < SEQUENCES; sequence++)); do
  third=$(((SEED + sequence) % 3))
  TRANSPORT=layers
  if ((third == 0)); then TRANSPORT=archive; fi
  if row "SEED=$((SEED + sequence))"; then
    RANDOM=$((SEED + sequence))
    walk
  fi
done
finish
