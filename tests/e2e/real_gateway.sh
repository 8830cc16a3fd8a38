#!/usr/bin/env bash
# The gateway's environment with real podman, kind and kubectl: what it takes from nothing, what each change makes run
# again, and what is said when something fails. One cluster, created once.
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-gateway

GATEWAY_URL=$(url 31080) DATASTORAGE_URL=$(url 31081)
export GATEWAY_URL DATASTORAGE_URL
workspace gateway
sources=specs/world/cmd/gateway/main.go
recipe=specs/world/docker/gateway.Dockerfile
manifest=specs/world/manifests/gateway.yaml

gateway_answers() {
  local said
  said=$(KUBECONFIG=$state/kubeconfig sh specs/world/ask.sh 2>&1) || true
  if ! grep -q '^in PostgreSQL: .*cart-' <<<"$said"; then complain "expected: ask.sh shows a row of PostgreSQL" "got:      $said"; fi
}

# The two services and their cluster, but for the gateway's pods.
the_rest() { echo "cluster $(cluster), datastorage $(pod app=datastorage), postgres $(pod app=postgres), redis $(pod app=redis)"; }

# origin FILE NAME: where a spec begins to speak of it.
origin() { echo "specs/$1.yaml:$(grep -n -m1 "^  $2:" "specs/$1.yaml" | cut -d: -f1):3"; }

# --- from nothing -----------------------------------------------------------------------------------------------------

row 'from nothing: everything comes up, and an answer goes through all of it'
generate
up
gateway_answers
ran {image,export}/{base,go,postgres,redis,datastorage,gateway} load/{postgres,redis,datastorage,gateway} \
  "cluster/$CLUSTER" {apply,ready}/{postgres,redis,datastorage,crd,gateway} apply/namespace task/{credentials,migrations}

row 'no build after the cluster: in the graph'
is 'what the cluster waits for' "$(image_stamps)" \
  "$(sed -n "s,^build $state/cluster.stamp: .* || ,,p" e2e.ninja | xargs -n 1 | grep -vE '\.[a-z]+\.stamp$' | sort | xargs)"
is 'builds that want a cluster' '' "$(image_stamps | xargs ninja -f e2e.ninja -t query | sed -n '/input:/,/outputs:/p' | grep "$state" || true)"

row 'no build after the cluster, and the services are built side by side: in the trace'
last_build=$(times build | sort -k 2 -n | tail -n 1)
first_of_cluster=$(times cluster | sort -k 1 -n | head -n 1)
if ! awk -v build="${last_build#* }" -v cluster="$first_of_cluster" 'BEGIN { exit !(build + 0 > 0 && build + 0 <= cluster + 0) }'; then
  complain "expected: the builds end before the cluster begins" "got:      $last_build; $first_of_cluster"
fi
if ! times build | awk '/image (gateway|datastorage)$/ { n++; if ($1 > begin) begin = $1; if (!end || $2 < end) end = $2 } END { exit !(n == 2 && begin < end) }'; then
  complain "expected: gateway and datastorage are built at the same time" "got:      $(times build)"
fi

row 'again: nothing to do'
up
nothing_ran

row 'the suite passes'
up test
ran test/gateway
says 'PASS'

row 'the suite again: nothing to do'
up test
nothing_ran

row 'what the suite imports is edited: it runs again; another suite: it does not'
echo '// edited' >>specs/world/suite/datastorage/more.go
up test
nothing_ran
file=$(find specs/world/suite/harness -name '*.go' | head -n 1)
echo '// edited' >>"$file"
up test
ran test/gateway

row 'all files touched: nothing to do'
find specs -type f -exec touch {} +
up
nothing_ran

# --- a change and what it makes run -----------------------------------------------------------------------------------

row 'a line of the gateway edited: its image and its pod, nothing else'
rest=$(the_rest) old=$(pod app=gateway)
edit "$sources" 's/service.New("gateway")/service.New("gatehouse")/'
up
ran {image,export,load,apply,ready}/gateway
is 'the rest' "$rest" "$(the_rest)"
isnt "the gateway's pod" "$old" "$(pod app=gateway)"
gateway_answers

row 'edited back: the same'
old=$(pod app=gateway)
original specs
up
ran {image,export,load,apply,ready}/gateway
is 'the rest' "$rest" "$(the_rest)"
isnt "the gateway's pod" "$old" "$(pod app=gateway)"
gateway_answers

row 'a test file, and a package that the gateway does not import: no part of it'
echo 'package main' >specs/world/cmd/gateway/empty_test.go
mkdir specs/world/internal/other
echo 'package other' >specs/world/internal/other/other.go
up
nothing_ran
rm -r specs/world/cmd/gateway/empty_test.go specs/world/internal/other

row 'a file added that the compiler passes over: the same image comes out, and nothing follows'
old=$(pod app=gateway)
printf '//go:build ignore\n\npackage main\n' >specs/world/cmd/gateway/ignored.go
up
ran image/gateway
is "the gateway's pod" "$old" "$(pod app=gateway)"
rm specs/world/cmd/gateway/ignored.go
up
ran image/gateway

row "redis's manifest edited: applied, rolled out, nothing else"
edit specs/world/manifests/redis.yaml 's/labels: {app: redis}$/labels: {app: redis, edited: "yes"}/'
up
ran {apply,ready}/redis
is 'pods with the label' "$(pod app=redis)" "$(pod edited=yes)"
original specs
up
ran {apply,ready}/redis

row 'its ConfigMap edited: its pod is new, and status foretold it'
old=$(pod app=gateway)
does "$E2EGEN" status --up
edit specs/world/manifests/gateway.yaml 's/^  LISTEN: .*/&\n  EDITED: "yes"/'
"$E2EGEN" status --up >"$OUTPUT" 2>&1 && complain 'expected: status says that something is to be done' 'got:      exit status 0'
says 'apply gateway'
up
ran {apply,ready}/gateway
if [[ $(pod app=gateway) == "$old" ]]; then complain 'expected: another pod' "got:      $old"; fi
does "$E2EGEN" status --up
original specs
up
ran {apply,ready}/gateway

row 'an edit, and two ninjas at once: each step once'
edit "$sources" 's/service.New("gateway")/service.New("gatekeeper")/'
from_now
first=0 second=0
ninja -f e2e.ninja >"$SCRATCH/first" 2>&1 </dev/null &
one=$!
ninja -f e2e.ninja >"$SCRATCH/second" 2>&1 </dev/null &
other=$!
wait "$one" || first=$?
wait "$other" || second=$?
cat "$SCRATCH/first" "$SCRATCH/second" >"$OUTPUT"
is 'exit statuses' '0 0' "$first $second"
ran {image,export,load,apply,ready}/gateway
original specs
up
gateway_answers

# --- the world changes behind its back --------------------------------------------------------------------------------

row "the gateway's image removed from podman: nothing is built for nothing"
does podman rmi --force "$(result gateway)"
up
nothing_ran

row "the gateway's image removed from the node: loaded again, not built"
on_node | grep -e "$(result gateway)" -e '/gateway:' | while read -r image; do does in_node ctr --namespace k8s.io images rm "$image"; done
up
ran_none_of '^(image|export|cluster|task)/|/(datastorage|postgres|redis|crd|namespace)$'
is 'loads' load/gateway "$(events ran | grep ^load/ | xargs)"
is 'images on the node' 1 "$(on_node | grep -c "^$(result gateway)")"
gateway_answers

row 'a deployment deleted by hand: applied again'
does kube --namespace e2e delete deployment datastorage
up
ran {apply,ready}/datastorage
gateway_answers

row 'the namespace deleted by hand: deployed again, not built or loaded'
does kube delete namespace e2e --request-timeout 90s
up
ran_none_of '^(image|export|load|cluster)/'
gateway_answers

# --- failures ---------------------------------------------------------------------------------------------------------

row 'a build fails: spec line and log are named, again too; mended, it goes through'
edit "$recipe" '/^FROM localhost\/base/a RUN echo the oven is cold; false'
up_fails "$(origin gateway gateway): image gateway failed with exit code" 'the oven is cold' 'log: .e2e/logs/images.gateway.log'
no_stamp .e2e/images/gateway.stamp
up_fails "$(origin gateway gateway): image gateway failed with exit code" 'the oven is cold'
gateway_answers
original specs
up
ran_none_of '/(datastorage|postgres|redis|crd|namespace)$'
up
nothing_ran

row 'a pod never gets ready: its last words are shown; mended, it goes through'
edit specs/gateway.yaml '/^deployments:/,/^tests:/ s/^  gateway:/&\n    timeout: 15s/'
edit "$manifest" 's/^\( *\)image: localhost\/gateway$/&\n\1env: [{name: LISTEN, value: nowhere}]/'
up_fails ': ready gateway' 'last words of gateway-' 'nowhere' 'log: .e2e/logs/'
no_stamp "$state/ready/gateway/e2e/deployment-gateway.stamp"
original specs
up
ran_none_of '^(image|export|load|cluster)/'
gateway_answers

row 'podman is missing: its package is named'
mkdir "$SCRATCH/bin"
for tool in sh env test awk sort uniq wc cat ninja kind kubectl; do ln -s "$(type -P "$tool")" "$SCRATCH/bin"; done
path=$PATH PATH=$SCRATCH/bin
status=0
ninja -f e2e.ninja >"$OUTPUT" 2>&1 </dev/null || status=$?
PATH=$path
isnt "ninja's exit status" 0 "$status"
says 'podman (Debian package podman)'
# what was in doubt is asked about once more, and holds
up
ran ''
up
nothing_ran

# podman leaves the process of the RUN behind, whatever it is ended by; it is a short one.
for signal in INT KILL; do
  row "SIG$signal in a build: no stamp, and podman does not go on; then it goes through"
  nap=20.$$$number
  edit "$recipe" "/^FROM localhost\/base/a RUN sleep $nap"
  start
  await 60 running "$nap"
  interrupt "$signal"
  no_stamp .e2e/images/gateway.stamp
  await 20 not_running .e2e/images/gateway.stamp.result   # an argument of podman build
  original specs
  up
  ran_none_of '/(datastorage|postgres|redis|crd|namespace)$'
  gateway_answers
  up
  nothing_ran
done

# --- the end ----------------------------------------------------------------------------------------------------------

row 'down: the cluster and its stamps are gone, the images stay'
up down
is 'clusters' '' "$(kind get clusters 2>/dev/null | grep -x "$CLUSTER" || true)"
is 'nodes' '' "$(nodes)"
is 'stamps of the cluster' '' "$(stamps "$state")"
is 'stamps of images' 6 "$(image_stamps | wc -w)"

finish
