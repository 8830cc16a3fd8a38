# Tells the spoke, whose KUBECONFIG this has, where the hub answers.
set -eu
address=$(kubectl --kubeconfig "$KUBECONFIG_HUB" get node "$E2E_CLUSTER_HUB-control-plane" \
  --output 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')
kubectl create configmap hub --from-literal "address=http://$address:30080" --dry-run=client --output yaml | kubectl apply --filename -
