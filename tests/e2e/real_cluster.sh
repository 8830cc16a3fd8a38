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
new_and_half_made() { [[ $(nodes) != "$old" ]] && half_made; }

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

row 'the config of the cluster edited, and SIGINT while it is made anew: no stamp'
echo '# edited' >>specs/world/kind/datastorage.yaml
old=$(nodes)
start
await 120 new_and_half_made
interrupt INT
no_stamp "$state/cluster.stamp"
await 20 not_running "$CLUSTER"

row 'then: a cluster of the new config; nothing is built'
up
ran "${in_cluster[@]}"
works

row 'a blob of the layout is gone, another one cut short: exported again; nothing is built or loaded'
own_blob() { comm -23 <(blobs_of "$1") <(for image in "${images[@]}"; do if [[ $image != "$1" ]]; then blobs_of "$image"; fi; done | sort -u) | head -n 1; }
blobs_of() { grep -o '"\.e2e/oci/blobs/[^"]*"' ".e2e/images/$1.layers.stamp" | tr -d '"' | sort; }
does rm "$(own_blob redis)"
does truncate --size=-1 "$(own_blob datastorage)"
up
ran export/{redis,datastorage}
up
nothing_ran

# a podman that takes its time to load
mkdir "$SCRATCH/bin"
printf '#!/bin/sh\ncase "$*" in *"images import"*) sleep 6 ;; esac\nexec %s "$@"\n' "$(command -v podman)" >"$SCRATCH/bin/podman"
chmod +x "$SCRATCH/bin/podman"
path=$PATH
for signal in INT TERM KILL; do
  row "SIG$signal in a load: no stamp, and nothing goes on; then it goes through"
  on_node | grep -e "$(result redis)" -e '/redis:' | while read -r image; do does in_node ctr --namespace k8s.io images rm "$image"; done
  PATH=$SCRATCH/bin:$path
  start
  await 60 running 'ctr .*images import.*'
  interrupt "$signal"
  PATH=$path
  no_stamp "$state/load/redis.stamp"
  await 20 not_running 'ctr .*images import.*'
  up
  ran load/redis
  is 'images on the node' 1 "$(on_node | grep -c "^$(result redis)")"
done

row 'SIGTERM in a build: no stamp, and podman does not go on; then it goes through'
edit specs/world/docker/redis.Dockerfile "\$a RUN sleep 31.7"
start
await 60 running 31.7
interrupt TERM
no_stamp .e2e/images/redis.stamp
await 20 not_running .e2e/images/redis.stamp.result   # an argument of podman build
original specs/world/docker/redis.Dockerfile
up
ran_none_of '^(cluster|image/(base|go|postgres|datastorage))'

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
