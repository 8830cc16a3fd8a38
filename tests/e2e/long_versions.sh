#!/usr/bin/env bash
# Versions of a cluster, on real tools: two node images, two clusters at once, one set of builds, one Ninja file. The second
# node image is the first with a label: another ID by another name.
# shellcheck source=SCRIPTDIR/lib/real.sh
# shellcheck disable=SC2317   # what traps and await call
. "$(dirname "$0")/lib/real.sh" real-versions
command -v busybox curl >/dev/null || { echo "busybox is not installed" >&2; exit 77; }
old=${node_image[1]:-}
if [[ -z $old ]]; then echo "it is not known which node image kind takes: name one in E2EGEN_NODE_IMAGE" >&2; exit 77; fi

leftovers
clusters=(real-versions-1 real-versions-2)
delete_all() {
  local name
  for name in "${clusters[@]}"; do kind delete cluster --name "$name" --kubeconfig "$SCRATCH/kubeconfig" >/dev/null 2>&1 || true; done
  podman rmi localhost/real-versions-node:{2,3} >/dev/null 2>&1 || true
}
at_the_end delete_all
delete_all

mkdir -p "$WORK"
cd "$WORK"
cp -a "$E2EGEN_SOURCE/tests/e2e/language/." .
mkdir secret out
echo token >secret/token
cp -a specs "$SCRATCH/specs"
for label in 2 3; do
  does podman build --quiet --label "version=$label" --tag "localhost/real-versions-node:$label" - <<<"FROM $old"
done

compile() { does "$E2EGEN" versions --quiet --set "OLD=$old" --set "NEW=$1"; }
there() { kind get clusters 2>/dev/null | grep '^real-versions-' | sort | xargs || true; }
# node_of NAME: its node, and the ID of the image that it was made of
node_of() { podman ps --filter "label=io.x-k8s.kind.cluster=$1" --no-trunc --format '{{.ID}} {{.ImageID}}'; }
image_of() { node_of "$1" | cut -d' ' -f2; }
id_of() { podman image inspect --format '{{.Id}}' "$1"; }
# how often each step of a kind ran: "2 load/app"
count() { events ran | grep -E "$1" | sort | uniq -c | sed 's/^ *//' | paste -sd, || true; }
both_answer() {
  local version
  for version in 1 2; do is "the answer of version $version" "$1" "$(cat "out/answer-versions-$version" 2>&1)"; done
}

row 'two node images: two clusters, of an image each, from one set of builds'
compile localhost/real-versions-node:2
up
is 'clusters' "${clusters[*]}" "$(there)"
is 'the node image of the first' "$(id_of "$old")" "$(image_of real-versions-1)"
is 'the node image of the second' "$(id_of localhost/real-versions-node:2)" "$(image_of real-versions-2)"
isnt 'the node image of the second' "$(image_of real-versions-1)" "$(image_of real-versions-2)"
is 'builds and exports' '1 export/app,1 export/rootfs,1 image/app,1 image/rootfs' "$(count '^(image|export)/')"
is 'loads' '2 load/app' "$(count '^load/')"
both_answer hello
created=$(node_of real-versions-1; node_of real-versions-2)

row 'again: nothing to do'
up
nothing_ran
compile localhost/real-versions-node:2
up
nothing_ran

row 'the app is edited: built once, rolled out in both; neither cluster is new'
# shellcheck disable=SC2016   # the variable is the Containerfile's
edit app/Containerfile 's,echo "$GREETING",echo "$GREETING again",'
up
# ready: the rollout, and the addresses of its Service
is 'steps' '2 apply/app,1 export/app,1 image/app,2 load/app,4 ready/app,2 task/ask' "$(count .)"
both_answer 'hello again'
is 'the nodes' "$created" "$(node_of real-versions-1; node_of real-versions-2)"

row 'one environment by its name: nothing to do'
up versions-2/up versions-1/deploy/app
nothing_ran

row 'another node image for the second: its cluster is new, the first is not touched; nothing is built'
before=$(node_of real-versions-1)
compile localhost/real-versions-node:3
up
is 'clusters' '1 cluster/real-versions-2' "$(count ^cluster/)"
ran_none_of '^(image|export)/'
is 'loads' '1 load/app' "$(count ^load/)"
is 'the node of the first' "$before" "$(node_of real-versions-1)"
is 'the node image of the second' "$(id_of localhost/real-versions-node:3)" "$(image_of real-versions-2)"
both_answer 'hello again'
up
nothing_ran

row 'down of the first: its cluster and its stamps are gone, the second stands and answers'
before=$(node_of real-versions-2)
up versions-1/down
is 'clusters' real-versions-2 "$(there)"
is 'stamps of the first' '' "$(stamps .e2e/env/versions-1)"
is 'the node of the second' "$before" "$(node_of real-versions-2)"
up versions-2/up
nothing_ran

row 'down of the second: no cluster, and the images stay'
up versions-2/down
is 'clusters' '' "$(there)"
is 'stamps of the second' '' "$(stamps .e2e/env/versions-2)"
is 'stamps of images' '.e2e/images/app.stamp .e2e/images/rootfs.stamp' "$(image_stamps)"

finish
