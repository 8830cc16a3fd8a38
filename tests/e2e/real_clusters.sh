#!/usr/bin/env bash
# Two clusters in one environment, on real tools: a hub, and a spoke whose agent asks the hub.
# shellcheck source=SCRIPTDIR/lib/real.sh
# shellcheck disable=SC2317   # what traps and await call
. "$(dirname "$0")/lib/real.sh" real-fleet
command -v busybox curl >/dev/null || { echo "busybox or curl is not installed" >&2; exit 77; }

leftovers
spec=fleet state=.e2e/env/fleet/clusters/hub
spoke=.e2e/env/fleet/clusters/spoke
delete_all() { for name in real-fleet real-fleet-spoke; do kind delete cluster --name "$name" --kubeconfig "$SCRATCH/kubeconfig" >/dev/null 2>&1 || true; done; }
at_the_end delete_all
delete_all
mkdir -p "$WORK"
cd "$WORK"
cp -a "$E2EGEN_SOURCE/tests/e2e/language/." .
mkdir secret out
echo token >secret/token
cp -a specs "$SCRATCH/specs"

there() { kind get clusters 2>/dev/null | grep '^real-fleet' | sort | xargs || true; }
nodes_of() { podman ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$1" | sort | xargs; }
# loaded NODE: our images on it
loaded() { podman exec "$1" ctr --namespace k8s.io images list --quiet | sed -n 's,^localhost/\([a-z]*\):e2e-.*,\1,p' | sort -u | xargs; }
pods_of() { kubectl --kubeconfig "$1/kubeconfig" get pods --selector "$2" --output 'jsonpath={.items[*].metadata.uid}'; }

row 'both come up, each with its own images, and the agent in the spoke gets an answer of the hub'
generate
up up test
is 'clusters' 'real-fleet real-fleet-spoke' "$(there)"
is 'images of the hub' app "$(loaded real-fleet-control-plane)"
is 'images of the spoke' agent "$(loaded real-fleet-spoke-control-plane)"
is 'the answer' hello "$(cat out/answer)"
await 20 curl --silent --fail --max-time 5 http://127.0.0.1:31993/
is 'builds and exports' 'export/agent export/app export/rootfs image/agent image/app image/rootfs' "$(events ran | grep -E '^(image|export)/' | sort | xargs)"

row 'again: nothing to do'
up up test
nothing_ran

row 'the image of the spoke is edited: only its load and rollout, and the test'
hub_nodes=$(nodes_of real-fleet) hub_pods=$(pods_of $state app=app) spoke_pods=$(pods_of $spoke app=agent)
edit app/side.Containerfile 's/100000/200000/'
up up test
ran image/agent export/agent load/spoke/agent apply/agent ready/agent test/reach
is 'pods of the hub' "$hub_pods" "$(pods_of $state app=app)"
isnt 'pods of the spoke' "$spoke_pods" "$(pods_of $spoke app=agent)"

row 'the image of the hub is edited: nothing is loaded to the spoke'
# shellcheck disable=SC2016   # the variable is the Containerfile's
edit app/Containerfile 's,echo "$GREETING",echo "$GREETING again",'
up up test
ran image/app export/app load/hub/app apply/app ready/app ready/app task/join test/reach
is 'the answer' 'hello again' "$(cat out/answer)"

row 'the spoke is deleted behind our back: it is made again with what rests on it; the hub is not touched'
does kind delete cluster --name real-fleet-spoke --kubeconfig "$SCRATCH/kubeconfig"
up up test
ran cluster/real-fleet-spoke load/spoke/agent apply/agent ready/agent task/join test/reach
is 'the nodes of the hub' "$hub_nodes" "$(nodes_of real-fleet)"
is 'the answer' 'hello again' "$(cat out/answer)"
up up test
nothing_ran

row 'down takes both'
up down
is 'clusters' '' "$(there)"
is 'stamps' '' "$(stamps .e2e/env/fleet)"

finish
