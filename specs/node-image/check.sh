#!/usr/bin/env bash
# Proves the offline node image on a real cluster of two nodes: nodes ready, a Service with two endpoints behind a
# NodePort, DNS from both nodes, a default StorageClass, and no kernel setting of the machine changed.
#
# why       half of what can be wrong with a node image shows only with a second node or a second endpoint.
# needs     the image (build.sh), podman, kind, kubectl, curl; 75 s on 2 cores
# produces  nothing: the cluster, named node-check-*, is deleted again
#
# usage: check.sh [IMAGE]     CHECK_PORT is the host's port for the NodePort (31600)
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
IMAGE=${1:-$OFFLINE_NODE_IMAGE}
NAME=node-check-$$
PORT=${CHECK_PORT:-31600}
WORK=$(mktemp -d)
export KIND_EXPERIMENTAL_PROVIDER=podman KUBECONFIG=$WORK/kubeconfig
trap 'kind delete cluster --name "$NAME" --kubeconfig "$KUBECONFIG" >/dev/null 2>&1 || true; rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM

# Every setting that is the whole machine's; net is the node's own, the rest of the exceptions are counters.
kernel_settings() {
  find /proc/sys -path /proc/sys/net -prune -o -path /proc/sys/kernel/random -prune -o -name ns_last_pid -prune -o -type f -perm -200 -print \
    | LC_ALL=C sort | while read -r setting; do printf '%s = %s\n' "$setting" "$({ tr -s '\t\n\0' ' ' <"$setting"; } 2>/dev/null || true)"; done
}

create() {
  cat >"$WORK/kind.yaml" <<Y
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  extraPortMappings:
  - {containerPort: 30080, hostPort: $PORT, listenAddress: "127.0.0.1"}
- role: worker
Y
  kind create cluster --quiet --name "$NAME" --kubeconfig "$KUBECONFIG" --image "$IMAGE" --config "$WORK/kind.yaml" --wait 120s
  # --wait covers the control plane only
  kubectl wait --for=condition=Ready node --all --timeout=90s >/dev/null
}

# The cluster's DNS runs in two pods that answer /health: a Service with two endpoints, and no image to build or load.
service() {
  kubectl -n kube-system rollout status deployment/coredns --timeout=90s >/dev/null
  kubectl apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: health, namespace: kube-system}
spec:
  type: NodePort
  selector: {k8s-app: kube-dns}
  ports: [{protocol: TCP, port: 80, targetPort: 8080, nodePort: 30080}]
Y
  local addresses _
  for _ in {1..30}; do
    addresses=$(kubectl -n kube-system get endpoints health -o 'jsonpath={.subsets[*].addresses[*].ip}')
    [[ $(wc -w <<<"$addresses") == 2 ]] && break
    sleep 0.5
  done
  [[ $(wc -w <<<"$addresses") == 2 ]] || die "the Service has the endpoints '$addresses', not two"
  # podman listens on the port before kube-proxy does: what counts is the answer's body
  local answers=0
  for _ in {1..60}; do
    if [[ $(curl -fsS -m 2 "http://127.0.0.1:$PORT/health" 2>/dev/null) == OK ]]; then answers=$((answers + 1)); else answers=0; sleep 0.5; fi
    [[ $answers == 10 ]] && return
  done
  die "the NodePort does not answer steadily"
}

# The node's own resolver, pointed at the cluster's DNS in a mount namespace that ends with the question.
resolve() {
  podman exec "$1" unshare --mount bash -euc \
    'echo "nameserver 10.96.0.10" >/tmp/resolv.conf; mount --bind /tmp/resolv.conf /etc/resolv.conf; getent ahostsv4 "$1"' _ "$2" | awk 'NR == 1 { print $1 }'
}
dns() {
  local node expected answer
  expected=$(kubectl -n kube-system get service health -o 'jsonpath={.spec.clusterIP}')
  for node in "$NAME-control-plane" "$NAME-worker"; do
    answer=$(resolve "$node" health.kube-system.svc.cluster.local)
    [[ $answer == "$expected" ]] || die "DNS on $node answers '$answer', not $expected"
    [[ -z $(resolve "$node" absent.kube-system.svc.cluster.local) ]] || die "DNS on $node answers what is not there"
  done
}

storage() { [[ $(kubectl get storageclass -o 'jsonpath={.items[*].metadata.name}') == standard ]] || die "no default StorageClass"; }

proves() { local start=$SECONDS what=$1; shift; "$@"; say "$what ($((SECONDS - start)) s)"; }

kernel_settings >"$WORK/before"
proves "two nodes are ready"                     create
proves "a NodePort answers from two endpoints"   service
proves "DNS answers on both nodes"               dns
proves "there is a default StorageClass"         storage
proves "the cluster is deleted"                  kind delete cluster --quiet --name "$NAME" --kubeconfig "$KUBECONFIG"
kernel_settings >"$WORK/after"
diff "$WORK/before" "$WORK/after" >&2 || die "kernel settings of the machine have changed"
say "the machine's kernel settings are unchanged"
