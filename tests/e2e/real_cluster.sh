#!/usr/bin/env bash
# Clusters that can't be created, are half made, lost, stopped or of another machine: each is made anew, and nothing is
# built for it. With real podman, kind and kubectl, on DataStorage's spec.
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-cluster

DATASTORAGE_URL=$(url 31181)
export DATASTORAGE_URL
workspace datastorage
images=(base go postgres redis datastorage)
loaded=(postgres redis datastorage)
in_cluster=("cluster/$CLUSTER" load/{postgres,redis,datastorage} apply/namespace {apply,ready}/{postgres,redis,datastorage}
  task/{credentials,migrations})

works() {
  local said
  said=$(curl --silent --show-error --max-time 20 --retry 20 --retry-delay 1 --retry-connrefused "$DATASTORAGE_URL/readyz" 2>&1 && \
    KUBECONFIG=$state/kubeconfig kubectl --namespace e2e exec deployment/postgres -- psql -X -A -t -c 'SELECT count(*) FROM audit_events' 2>&1) ||
    complain 'expected: DataStorage is ready, and its table is there' "got:      $said"
}

# A cluster whose nodes have begun to run, and Kubernetes has not.
# shellcheck disable=SC2317  # await calls it
half_made() { in_node test -e /etc/kubernetes/manifests/kube-apiserver.yaml; }

# shellcheck disable=SC2317
exited() { [[ -n $(podman ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$CLUSTER" --filter status=exited) ]]; }

row 'a port of the cluster is taken: said so; the images are built nevertheless'
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:31181", Listen => 1, ReuseAddr => 1) or die $!; sleep' &
listener=$!
generate
up_fails "specs/datastorage.yaml:$(grep -n '^  name:' specs/datastorage.yaml | cut -d: -f1):9: cluster $CLUSTER failed" \
  'address already in use' 'help: a host port' "log: .e2e/logs/env.datastorage.cluster.log"
no_stamp "$state/cluster.stamp"
is 'images built' "${#images[@]}" "$(events ran | grep -c ^image/)"
kill "$listener"
wait "$listener" 2>/dev/null || true

row 'SIGTERM while the cluster is created: no stamp, and nothing goes on'
start
await 120 half_made
interrupt TERM
no_stamp "$state/cluster.stamp"
await 20 not_running "$CLUSTER"

row 'then: what is half made makes way, and everything comes up; nothing is built'
up
ran "${in_cluster[@]}"
works
up
nothing_ran

row 'the cluster deleted behind its back, and SIGKILL while it is created anew: no stamp'
does delete_cluster
start
await 120 half_made
interrupt KILL
no_stamp "$state/cluster.stamp"

row 'then at once: what is half made makes way, and everything comes up; nothing is built'
up
ran "${in_cluster[@]}"
works
up
nothing_ran

row 'the node is stopped: noticed, and made anew; nothing is built'
old=$(nodes)
does podman stop --time 5 "$CLUSTER-control-plane"
up
ran "${in_cluster[@]}"
isnt 'the node' "$old" "$(nodes)"
works

row 'the machine rebooted: its store is there, the nodes are not running; made anew, nothing is built'
old=$(nodes)
# what a power cut leaves: containers that were not asked to end, and that nothing starts again
does podman kill --signal KILL "$CLUSTER-control-plane"
await 20 exited
up
ran "${in_cluster[@]}"
isnt 'the node' "$old" "$(nodes)"
works
up
nothing_ran

row 'a new machine with the old state, and neither cluster nor images: nothing is built'
for image in "${loaded[@]}"; do does podman rmi --force "$(result "$image")"; done
does delete_cluster
cp -r --preserve=mode "$WORK" "$SCRATCH/other"   # the times are new
cd "$SCRATCH/other"
generate
up
ran "${in_cluster[@]}"
works
up
nothing_ran

row 'down: the cluster and its stamps are gone, the images stay'
up down
is 'clusters' '' "$(kind get clusters 2>/dev/null | grep -x "$CLUSTER" || true)"
is 'nodes' '' "$(nodes)"
is 'stamps of the cluster' '' "$(stamps "$state")"
is 'stamps of images' "${#images[@]}" "$(image_stamps | wc -w)"

finish
