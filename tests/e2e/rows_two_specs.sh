#!/usr/bin/env bash
# Two specs of one folder, each with a Ninja file and a cluster of its own, that have images in common.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

clusters=$E2E_WORLD/clusters

# The second spec: all of the first one on another cluster, and an image that only it has.
kiosk_spec() {
  mkdir till
  printf 'FROM localhost/base\nCOPY drawer.txt /\n' >till/Containerfile
  echo drawer >till/drawer.txt
  sed 's/: api$/: till/; s/localhost\/api.*/localhost\/till/; /^---/,$d' manifests/api.yaml >manifests/till.yaml
  cat >specs/kiosk.yaml <<SPEC
include: [shop.yaml]
images:
  till:
    containerfile: till/Containerfile
cluster:
  name: kiosk
  config: kind.yaml
  transport: $TRANSPORT
deployments:
  till:
    manifests: [manifests/till.yaml]
    needs: [store]
SPEC
  "$E2EGEN" kiosk --output kiosk.ninja --quiet
}

# use shop|kiosk: the spec that the next lines are about
use() {
  cluster=$clusters/$1 ninja_file=e2e.ninja
  if [[ $1 == kiosk ]]; then ninja_file=kiosk.ninja; fi
}

gc() { "$E2EGEN" gc >"$SCRATCH/output" 2>&1 || complain "gc failed: $(cat "$SCRATCH/output")"; }

in_kiosk=$(words load/{api,web,till} {apply,ready}/{store,api,web,till} task/seed)
till=$(words {image,archive,load,apply,ready}/till)

row 'what the first spec built, the second one loads' && {
  kiosk_spec
  use kiosk
  up
  ran {image,archive}/till cluster/kiosk "$in_kiosk"
  expect builds "$(world_calls | grep -e build -e save)" build/till save/till
  world_is_right
  use shop
  up
  nothing
  world_is_right tested
}

row 'what the second spec built, the first one loads' && {
  clean_site
  kiosk_spec
  use kiosk
  up
  ran image/{rootfs,base,api,web,till} archive/{api,web,till} cluster/kiosk "$in_kiosk"
  world_is_right
  generate
  use shop
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
  use kiosk
  up
  nothing
}

for first in shop kiosk; do
  row "a source of an image that both have is edited, $first runs first: built once" && {
    second=shop
    if [[ $first == shop ]]; then second=kiosk; fi
    kiosk_spec
    use kiosk
    up
    edit api/main.txt
    use $first
    up
    ran "$api"
    calls "$api_calls"
    world_is_right
    use $second
    up
    ran {load,apply,ready}/api
    held archive/api
    calls {load,apply,rollout}/api
    world_is_right
    up
    nothing
    use $first
    up
    nothing
  }
done

row 'both at once, from the beginning: each of the common images is built once' && {
  clean_site
  generate
  kiosk_spec
  for image in base api web; do fault "during.build.$image" 'sleep 0.1'; done
  use shop
  start
  await during.build.base
  "$NINJA" -f kiosk.ninja >"$SCRATCH/output.2" 2>&1 || complain "the second one failed: $(cat "$SCRATCH/output.2")"
  ended
  if ((status)); then complain 'the first one failed'; fi
  expect builds "$(world_calls | grep -e build -e save)" build/{rootfs,base,api,web,till} save/{api,web,till}
  world_is_right
  up
  nothing
  use kiosk
  world_is_right
  up
  nothing
}

row 'down of the one leaves the other, and the images' && {
  kiosk_spec
  use kiosk
  up
  up down
  [[ ! -e $cluster ]] || complain 'the cluster is there'
  use shop
  up
  nothing
  use kiosk
  up
  ran cluster/kiosk "$in_kiosk"
}

row 'gc keeps what either of them uses, and takes what neither does' && {
  kiosk_spec
  use kiosk
  up
  gc
  old=$(id_of till)
  edit till/drawer.txt
  up
  ran "$till"
  gc
  [[ ! -e $E2E_WORLD/images/$old && ! -e $clusters/kiosk/images/$old ]] || complain 'the old image is there'
  up
  nothing
  use shop
  up
  nothing
}

row 'gc without the second spec takes what only that one had' && {
  kiosk_spec
  use kiosk
  up
  up down
  own=$(id_of till) export=$(archive_of till)
  rm kiosk.ninja
  gc
  [[ ! -e $E2E_WORLD/images/$own && ! -e $export && ! -e .e2e/images/till.stamp ]] || complain 'its own image is there'
  [[ -z $(compgen -G '.e2e/kiosk.*') ]] || complain 'what stood beside its Ninja file is there'
  use shop
  up
  nothing
  "$E2EGEN" kiosk --output kiosk.ninja --quiet
  use kiosk
  up
  ran {image,archive}/till cluster/kiosk "$in_kiosk"
  world_is_right
}

finish
