#!/usr/bin/env bash
# Two clusters in one environment: what is of one of them comes and goes without the other.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

ninja_file=fleet.ninja
state=.e2e/env/fleet/clusters
hub=$E2E_WORLD/clusters/fleet-hub spoke=$E2E_WORLD/clusters/fleet-spoke

# The deployments of the shop are in the hub, by default; `agent` and a copy of `api` in the spoke.
fleet_spec() {
  mkdir agent join
  printf 'FROM localhost/base\nCOPY rules.txt /\n' >agent/Containerfile
  echo rules >agent/rules.txt
  # shellcheck disable=SC2016
  echo 'KUBECONFIG=$KUBECONFIG_HUB E2E_CLUSTER=$E2E_CLUSTER_HUB e2e-command "$1"
  KUBECONFIG=$KUBECONFIG_SPOKE E2E_CLUSTER=$E2E_CLUSTER_SPOKE e2e-command "$1"
  echo "$KUBECONFIG of $E2E_CLUSTER, $IMAGE_AGENT" >join/said' >join/run.sh
  sed 's/: api$/: agent/; s/localhost\/api.*/localhost\/agent/; s/: shop/: far/; /^---/,$d' manifests/api.yaml >manifests/agent.yaml
  sed 's/: api$/: mirror/; s/: shop/: far/; /^---/,$d' manifests/api.yaml >manifests/mirror.yaml
  cat >specs/fleet.yaml <<SPEC
include: [shop.yaml]
images:
  agent:
    containerfile: agent/Containerfile
clusters:
  hub:
    config: kind.yaml
    transport: $TRANSPORT
    default: true
  spoke:
    config: kind.yaml
    transport: $TRANSPORT
deployments:
  agent:
    cluster: spoke
    manifests: [manifests/agent.yaml]
  mirror:
    cluster: spoke
    manifests: [manifests/mirror.yaml]
    needs: [store]
tasks:
  join:
    cluster: [hub, spoke]
    command: [sh, join/run.sh, join]
    inputs: [join/run.sh]
    images: [agent]
    needs: [store, agent]
tests:
  both:
    cluster: [spoke, hub]
    command: [sh, join/run.sh, both]
    inputs: [join/run.sh]
  near:
    command: [sh, smoke/run.sh]
    inputs: [smoke]
    needs: [api]
SPEC
  compile_fleet
}
compile_fleet() { "$E2EGEN" fleet --output fleet.ninja --quiet >"$SCRATCH/output" 2>&1 || complain "fleet: $(cat "$SCRATCH/output")"; }

# The rows begin with both up; once made, it is copied.
fleet() {
  if [[ ! -d $SCRATCH/fleet ]]; then
    fleet_spec
    up up test
    cp -a "$SCRATCH/site" "$SCRATCH/fleet"
  fi
  cd /
  rm -rf "$SCRATCH/site"
  cp -a "$SCRATCH/fleet" "$SCRATCH/site"
  cd "$WORK"
  from_now
}

# has CLUSTER IMAGE...: the nodes have these, each as it is now, and no other; all that was applied is rolled out.
has() {
  local folder=$1 image object
  expect "images of ${1##*/}" "$(for image in "$folder"/tags/*; do basename "$image"; done | sed 's/^localhost%//; s/:.*//' | sort -u)" "${@:2}"
  for image in "${@:2}"; do
    [[ -e $folder/images/$(id_of "$image") ]] || complain "${1##*/} has another $image"
  done
  for object in "$folder"/objects/*.rolled; do
    cmp -s "${object%.rolled}" "$object" || complain "${object%.rolled} is not rolled out"
  done
}
fleet_is_right() {
  has "$hub" agent api web
  has "$spoke" agent api
  expect 'rolled out in the hub' "$(find "$hub/objects" -name '*.rolled' -printf '%f\n')" deployment.shop.{store,api,web}.rolled
  expect 'rolled out in the spoke' "$(find "$spoke/objects" -name '*.rolled' -printf '%f\n')" deployment.far.{agent,mirror}.rolled
}

in_hub=$(words load/hub/{agent,api,web} {apply,ready}/{store,api,web} task/{seed,join})
in_spoke=$(words load/spoke/{agent,api} {apply,ready}/{agent,mirror} task/join)

row 'both come up, each with the images that its manifests name, and no other' && {
  fleet_spec
  up up test
  ran {image,archive}/agent cluster/fleet-{hub,spoke} "$in_hub" load/spoke/{agent,api} {apply,ready}/{agent,mirror} test/{both,near}
  fleet_is_right
  [[ -e $cluster/uid ]] || complain 'the cluster of the other spec is gone'
}

row 'status of one of them, whatever becomes of the other' && {
  fleet
  rm -r "$hub"
  for name in spoke fleet/spoke; do
    "$E2EGEN" status --up "$name" >"$SCRATCH/output" || complain "the status of $name: $(cat "$SCRATCH/output")"
    says 'fleet/spoke'
    if grep -q hub "$SCRATCH/output"; then complain "of the other: $(cat "$SCRATCH/output")"; fi
  done
  for name in hub fleet ''; do
    if "$E2EGEN" status --up ${name:+"$name"} >"$SCRATCH/output"; then complain "the status of $name: $(cat "$SCRATCH/output")"; fi
    says 'fleet-hub'
    says 'it is not there any more'
  done
}

row 'again: nothing to do, and each cluster is asked once' && {
  fleet
  rm -f .e2e/fleet.rest
  up up test
  nothing
  expect questions "$(grep -x -e objects -e uid "$E2E_WORLD/questions")" objects objects uid uid
  up up test
  nothing
}

row 'a task, and a test, of both: KUBECONFIG of the first, and one for each' && {
  fleet
  rm "$state"/hub/task/join.stamp
  up task/join
  ran task/join
  calls join/fleet-{hub,spoke}
  grep -qx "$(realpath "$state/hub/kubeconfig") of fleet-hub, localhost/agent:e2e-$(id_of agent | cut -c1-12)" join/said ||
    complain "said: $(cat join/said)"
}

row 'a source of an image of the spoke is edited: only its load and rollout there' && {
  fleet_spec
  # without the task, which takes it to the hub too
  sed -i '/images: \[agent\]/d' specs/fleet.yaml
  sed -i 's/,[^,]*IMAGE_AGENT//' join/run.sh
  up up test
  has "$hub" api web
  edit agent/rules.txt
  up
  ran {image,archive}/agent load/spoke/agent {apply,ready}/agent task/join
  calls {build,save,load,apply,rollout}/agent join/fleet-{hub,spoke}
  has "$spoke" agent api
  edit web/page.txt
  up
  ran "${web/load\/web/load/hub/web}"
  has "$hub" api web
}

row 'a source of an image of both is edited: built once, loaded and rolled out in both' && {
  fleet
  edit api/main.txt
  up
  ran {image,archive}/api load/{hub,spoke}/api {apply,ready}/{api,mirror}
  expect builds "$(world_calls | grep -c build)" 1
  fleet_is_right
}

row 'the spoke is deleted behind our back: it is made again with what rests on it, and the hub stays' && {
  fleet
  before=$(cat "$hub/uid")
  rm -r "$spoke"
  up up test
  deleted cluster/fleet-spoke load/spoke/{agent,api}
  ran cluster/fleet-spoke "$in_spoke" test/both
  calls create/fleet-spoke load/{agent,api} {apply,rollout}/{agent,mirror} {join,both}/fleet-{hub,spoke}
  expect 'the hub' "$(cat "$hub/uid")" "$before"
  fleet_is_right
}

row 'the hub is deleted behind our back: it is made again with what rests on it, and the spoke stays' && {
  fleet
  before=$(cat "$spoke/uid")
  rm -r "$hub"
  up up test
  ran cluster/fleet-hub "$in_hub" test/{both,near}
  expect 'the spoke' "$(cat "$spoke/uid")" "$before"
  fleet_is_right
}

row 'both make the network of the nodes at once: the one that comes late tries again' && {
  fleet
  rm -r "$hub" "$spoke"
  fault create.fleet-spoke 'die "Error: network name kind already used: network already exists"'
  up
  ran cluster/fleet-{hub,spoke} "$in_hub" load/spoke/{agent,api} {apply,ready}/{agent,mirror}
  fleet_is_right
}

row 'an image is gone from the nodes of one: loaded there' && {
  fleet
  rm "$spoke"/images/"$(id_of api)" "$spoke"/tags/localhost%api:*
  up
  deleted load/spoke/api
  ran load/spoke/api
  fleet_is_right
}

row 'the pod of the store in the hub is replaced: what was done in it is done anew' && {
  fleet
  echo another >"$hub/objects/deployment.shop.store.pod"
  up
  ran task/{seed,join}
  up
  nothing
}

row 'down takes both, and nothing of another spec' && {
  fleet
  up down
  [[ ! -e $hub && ! -e $spoke ]] || complain 'a cluster is there'
  [[ -e $cluster/uid ]] || complain 'the cluster of the other spec is gone'
  expect stamps "$(find .e2e/env/fleet -name '*.stamp')"
  up
  ran cluster/fleet-{hub,spoke} "$in_hub" load/spoke/{agent,api} {apply,ready}/{agent,mirror}
  fleet_is_right
}

row 'one of them by its name: down, then what is said of it' && {
  fleet
  up down/spoke
  [[ ! -e $spoke ]] || complain 'the spoke is there'
  [[ -e $hub/uid ]] || complain 'the hub is gone'
  up up/hub
  nothing
  up
  ran cluster/fleet-spoke "$in_spoke"
  fleet_is_right
}

row 'the names of one: cluster, load, up' && {
  fleet
  up down
  up cluster/spoke
  ran cluster/fleet-spoke
  up load/spoke
  ran load/spoke/{agent,api}
  up cluster
  ran cluster/fleet-hub
  up load
  ran load/hub/{agent,api,web}
  up up/spoke
  # mirror needs the store, which is in the hub
  ran {apply,ready}/{store,agent,mirror}
  up up/hub
  ran {apply,ready}/{api,web} task/seed
  up
  ran task/join
  fleet_is_right
}

row 'somebody else has a cluster of the name of one: left alone, and the other one comes up' && {
  fleet
  up down
  kind create cluster --name fleet-spoke --kubeconfig "$SCRATCH/theirs"
  before=$(cat "$spoke/uid")
  up_fails 'fleet-spoke' -k 0
  expect theirs "$(cat "$spoke/uid")" "$before"
  [[ -e $hub/uid ]] || complain 'the hub did not come up'
  up down/hub
  up_fails 'fleet-spoke' down -k 0
  expect theirs "$(cat "$spoke/uid")" "$before"
}

row 'forget knows the steps of each' && {
  fleet
  "$E2EGEN" forget 'load spoke/*' >"$SCRATCH/output" 2>&1 || complain "forget: $(cat "$SCRATCH/output")"
  up
  ran load/spoke/{agent,api}
  fleet_is_right
}

row 'gc: of each what it needs stays, and what an edit replaced goes from the nodes of both' && {
  fleet
  old=$(id_of api)
  edit api/main.txt
  up
  [[ -e $hub/images/$old && -e $spoke/images/$old ]] || complain 'the old image is not on the nodes'
  "$E2EGEN" gc >"$SCRATCH/output" 2>&1 || complain "gc: $(cat "$SCRATCH/output")"
  if [[ $TRANSPORT == layers ]]; then [[ ! -e $hub/images/$old && ! -e $spoke/images/$old ]] || complain 'the old image is on a node'; fi
  up up test
  ran test/{both,near}
  up up test
  nothing
  fleet_is_right
}

row 'one of them is taken out of the spec: gc keeps what may be alive, and says so' && {
  fleet
  sed -i '/^  spoke:/,/^deployments/{/^deployments/!d}; /^deployments/,/^tasks/{/^tasks/!d}; s/\[hub, spoke\]\|\[spoke, hub\]/hub/; s/\[store, agent\]/[store]/' specs/fleet.yaml
  compile_fleet
  "$E2EGEN" gc >"$SCRATCH/output" 2>&1 || complain "gc: $(cat "$SCRATCH/output")"
  says '.e2e/env/fleet/clusters/spoke is of no spec, but its cluster may be alive: kept'
  [[ -e $state/spoke/cluster.stamp.ours && -e $state/spoke/kubeconfig ]] || complain 'what says whose it is is gone'
}

row 'the key of the cache is that of the images, however many clusters there are' && {
  fleet
  key=$("$E2EGEN" cache key fleet 2>/dev/null)
  sed -i 's/^  spoke:/&\n    nodes: 1/; s/^    config: kind.yaml//' specs/fleet.yaml
  [[ $("$E2EGEN" cache key fleet 2>/dev/null) == "$key" ]] || complain 'it is another key'
}

row 'ports: of each, held against those of other specs' && {
  fleet
  sed -i 's/^    config: kind.yaml$/    ports: {808@: 30080}/' specs/fleet.yaml
  sed -i '0,/808@/s//8081/; s/808@/8082/' specs/fleet.yaml
  sed -i 's/^  config: kind.yaml$/  ports: {8082: 30080}/' specs/shop.yaml
  "$E2EGEN" fleet --output fleet.ninja >"$SCRATCH/output" 2>&1 || complain 'it does not compile'
  says 'specs/shop.yaml takes port 8082 of the machine too'
  "$E2EGEN" ports fleet >"$SCRATCH/output" 2>&1 || complain 'ports failed'
  says '8081    30080'
  says 'fleet-spoke'
  sed -i 's/8081/8082/' specs/fleet.yaml
  if "$E2EGEN" fleet --output fleet.ninja >"$SCRATCH/output" 2>&1; then complain 'it compiles'; fi
  says 'two clusters take port 8082 of the machine'
}

finish
