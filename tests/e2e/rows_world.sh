#!/usr/bin/env bash
# The world changes behind e2egen's back: what comes back, and nothing else.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

row 'the cluster is deleted' && {
  rm -r "$cluster"
  up
  deleted cluster/shop load/{api,web}
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row 'a node is stopped' && {
  echo stopped >"$cluster/nodes/shop-control-plane"
  up
  deleted cluster/shop load/{api,web}
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

# a cluster of two nodes; each of them is sent what it lacks
two_nodes() {
  printf 'nodes:\n  - role: control-plane\n  - role: worker\n' >>kind.yaml
  up
  nodes=("$cluster"/nodes/*)
  expect nodes "${#nodes[@]}" 2
}
if [[ $TRANSPORT == layers ]]; then loads=$(words load/{api,web}); else loads=''; fi

row 'a worker is stopped: the API answers, the cluster is not whole' && {
  two_nodes
  echo stopped >"$cluster/nodes/shop-worker"
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls" "$loads"
  up
  nothing
  world_is_right
}

row 'the machine rebooted: the store is there, all nodes are dead' && {
  two_nodes
  for node in "${nodes[@]}"; do echo stopped >"$node"; done
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls" "$loads"
  up
  nothing
  world_is_right
}

row 'an image is removed from the store, its archive is intact' && {
  rm "$E2E_WORLD/images/$(id_of api)"
  up
  nothing
}

row 'an image in doubt is gone from the store, its archive is intact: it holds' && {
  rm "$E2E_WORLD/images/$(id_of api)"
  mv .e2e/images/api.stamp{,.doubted}
  up
  held {archive,image}/api
  ran ''
  calls ''
}

row 'all images are removed from the store, the archives are intact' && {
  rm -r "${E2E_WORLD:?}"/{images,tags}/*
  up
  nothing
}

row 'all images are removed from the store, and a source of api is edited' && {
  rm -r "${E2E_WORLD:?}"/{images,tags}/*
  edit api/main.txt
  up
  ran "$bases" "$api"
  calls "$bases_calls" "$api_calls"
  world_is_right
}

row 'an image and its archive are removed: rebuilt, it is the same' && {
  rm "$(archive_of api)" "$E2E_WORLD/images/$(id_of api)"
  up
  ran {image,archive}/api
  held load/api
  calls {build,save}/api
  world_is_right
}

row 'an archive is deleted, the image is in the store' && {
  rm "$(archive_of api)"
  up
  ran archive/api
  held load/api
  calls save/api
  world_is_right
}

row 'an archive is truncated' && {
  truncate --size 10 "$(archive_of api)"
  up
  ran archive/api
  held load/api
  calls save/api
  world_is_right
}

# another content under the size and date of before
spoil() {
  touch -r "$1" "$SCRATCH/date"
  printf '\1' | dd of="$1" conv=notrunc status=none
  touch -r "$SCRATCH/date" "$1"
}

row 'an archive is damaged, and neither its size nor its date tells' && {
  spoil "$(archive_of api)"
  up
  deleted archive/api
  ran archive/api
  held load/api
  calls save/api
  up
  nothing
  world_is_right
}

# by_hand STAMP: its step, with no scan before
by_hand() {
  from_now
  status=0
  sh -c "$("$NINJA" -f e2e.ninja -t commands "$1" | tail -n 1)" >"$SCRATCH/output" 2>&1 || status=$?
}

row 'a step judges its stamp itself, whatever scan saw' && {
  by_hand .e2e/images/api.stamp
  held image/api
  if [[ -e $E2E_WORLD/questions ]]; then complain "it asked the world: $(cat "$E2E_WORLD/questions")"; fi
  spoil "$(archive_of api)"
  by_hand "$(ls .e2e/images/api.{archive,layers}.stamp 2>/dev/null)"
  ran archive/api
  calls save/api
  edit api/main.txt
  fault build.api 'exit 1'
  by_hand .e2e/images/api.stamp
  if ((!status)); then complain 'it ended well'; fi
  no_stamp images/api
  up
  ran "$api"
  world_is_right
}

# in the stand-ins, an image's own layer is known by the ID
layer_of() { echo ".e2e/oci/blobs/sha256/$(echo "layer of $(id_of "$1")" | sha256sum | cut -c1-64)"; }
for how in rm 'truncate --size 10' spoil; do
  [[ $TRANSPORT == layers ]] && row "a layer that others share: $how" && {
    layer=$(layer_of base)
    [[ -s $layer ]] || complain 'no such layer'
    $how "$layer"
    up
    ran archive/{api,web}
    held load/{api,web}
    calls save/{api,web}
    up
    nothing
    world_is_right
  }
done

row 'an image is removed from the node' && {
  rm "$cluster"/images/"$(id_of api)" "$cluster"/tags/localhost%api:*
  up
  deleted load/api
  ran load/api
  calls load/api
  world_is_right
}

row 'a deployment is deleted by hand' && {
  rm "$cluster"/objects/deployment.shop.web*
  up
  deleted {apply,ready}/web
  ran {apply,ready}/web
  calls {apply,rollout}/web
  world_is_right
}

row 'one of two objects of a deployment is deleted by hand' && {
  rm "$cluster"/objects/service.shop.api*
  up
  deleted apply/api
  ran {apply,ready}/api
  calls {apply,rollout}/api
  world_is_right
}

row 'the store is deleted by hand: it is seeded anew' && {
  rm "$cluster"/objects/deployment.shop.store*
  up
  deleted {apply,ready}/store task/seed
  ran {apply,ready}/store task/seed
  calls {apply,rollout}/store seed/shop
  world_is_right
}

row 'the namespace is deleted with all that is in it' && {
  rm "$cluster"/objects/*
  up
  deleted {apply,ready}/{store,api,web} task/seed
  ran {apply,ready}/{store,api,web} task/seed
  calls {apply,rollout}/{store,api,web} seed/shop
  world_is_right
}

# what somebody did to an object behind our back: the first line of the manifest is kind, as the stand-in keeps it
row 'a deployment is changed by hand: it is applied again' && {
  echo '  # by hand' >>"$cluster/objects/deployment.shop.web"
  up
  says 'apply web: deployment/web was changed by somebody'
  deleted {apply,ready}/web
  ran {apply,ready}/web
  calls {apply,rollout}/web
  world_is_right
}

row 'a deployment is scaled to nothing by hand: it is applied again' && {
  echo 0 >"$cluster/objects/deployment.shop.api.replicas"
  up
  says 'apply api: deployment/api was scaled by somebody'
  deleted {apply,ready}/api
  ran {apply,ready}/api
  calls {apply,rollout}/api
  [[ ! -e $cluster/objects/deployment.shop.api.replicas ]] || complain 'it is still scaled'
  world_is_right
}

row 'the pod of the store is replaced, and with it what was seeded: seeded anew' && {
  echo another >"$cluster/objects/deployment.shop.store.pod"
  up
  says 'task seed: pod/store-1 is not there any more'
  deleted task/seed
  ran task/seed
  calls seed/shop
  world_is_right
}

row 'the pod of the store is replaced, and the spec says that nothing lies in it' && {
  sed -i '/^  seed:/a\    data: none' specs/shop.yaml
  up
  up
  nothing
  echo another >"$cluster/objects/deployment.shop.store.pod"
  up
  nothing
}

row 'the pod of the store is not ready any more, and is replaced while it is waited for: seeded anew' && {
  rm "$cluster/objects/deployment.shop.store.rolled"
  up
  deleted ready/store
  ran ready/store task/seed
  calls rollout/store seed/shop
  world_is_right
}

row 'a pod is not ready any more: it is waited for, and nothing is applied' && {
  rm "$cluster/objects/deployment.shop.web.rolled"
  up
  says 'ready web (deployment/web): deployment/web is not ready any more'
  deleted ready/web
  ran ready/web
  calls rollout/web
  world_is_right
}

row 'a pod that is not ready any more does not become so: the rollout fails, and says why' && {
  rm "$cluster/objects/deployment.shop.web.rolled"
  always rollout.web 'echo "timed out" >&2; exit 1'
  up_fails 'what kubectl says of it'
  calls rollout/web
  mended
  up
  calls rollout/web
  world_is_right
}

row 'a pod was ready, and is not any more just after it was waited for: the next run waits again' && {
  edit web/page.txt
  # shellcheck disable=SC2016   # for the stand-in
  fault after.rollout.web 'rm "$object.rolled"'
  up
  up
  deleted ready/web test/smoke
  ran ready/web
  calls rollout/web
  up
  nothing
  world_is_right
}

row 'podman misses an image once' && {
  rm "$(archive_of api)" "$(archive_of web)"
  fault ask.images 'exit 0'
  up
  deleted archive/{api,web}
  ran archive/{api,web}
  held load/{api,web}
  calls save/{api,web}
}

row 'podman fails to answer, three times' && {
  for _ in 1 2 3; do fault ask.images 'exit 125'; done
  up
  nothing
}

row 'podman does not answer at all, and nothing makes up for the store' && {
  rm -f "$(archive_of base)"
  edit api/main.txt
  always ask.images 'echo "cannot connect" >&2; exit 125'
  up_fails "image base: it can't be told whether this still holds: cannot connect"
  ran image/base
  calls
  mended
  up
  ran "$api"
  world_is_right
}

row 'the API misses an answer, and then gives none: it is asked on' && {
  fault ask.objects 'exit 0'
  fault ask.objects 'exit 1'
  up
  nothing
}

row 'the API misses an answer once' && {
  fault ask.uid 'exit 1'
  fault ask.objects 'exit 1'
  fault ask.node-images 'exit 1'
  up
  nothing
}

row 'down, then up' && {
  fault delete.shop 'echo "a node is busy"; exit 3'
  up_fails 'a node is busy' down
  says 'failed with 3; log: .e2e/logs/env.shop.down.log'
  no_stamp cluster deploy/{store,api,web} task/seed
  up down
  calls delete/shop
  [[ ! -e $cluster ]] || complain 'the cluster is there'
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row 'down twice' && {
  up down
  up down
  calls delete/shop
}

row "a cluster of that name that is somebody else's is left alone" && {
  up down
  mkdir -p "$cluster"/{nodes,images,tags,objects}
  echo theirs >"$cluster/uid"
  echo running >"$cluster/nodes/shop-control-plane"
  up_fails "the name 'shop' is taken, and not by this workspace"
  calls
  no_stamp cluster
  [[ $(cat "$cluster/uid") == theirs ]] || complain 'it is gone'
}

row "ours is deleted by hand, somebody else's has its name: it is left alone" && {
  rm -r "$cluster"
  mkdir -p "$cluster"/{nodes,images,tags,objects}
  echo theirs >"$cluster/uid"
  echo running >"$cluster/nodes/shop-control-plane"
  up_fails "the name 'shop' is taken, and not by this workspace"
  calls
  [[ $(cat "$cluster/uid" 2>/dev/null) == theirs ]] || complain 'it is gone'
  up_fails "the name 'shop' is taken, and not by this workspace" down
  calls
  [[ $(cat "$cluster/uid" 2>/dev/null) == theirs ]] || complain 'down deleted it'
}

row 'a cluster that we began and did not finish is deleted first' && {
  up down
  fault during.create.shop 'exit 1'
  up_fails 'cluster shop'
  no_stamp cluster
  [[ -e $cluster ]] || complain 'nothing half-made is there'
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

finish
