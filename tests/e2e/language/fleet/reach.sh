# The agent in the spoke asks the hub.
set -eu
address=$(kubectl get configmap hub --output 'jsonpath={.data.address}')
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if kubectl exec deployment/agent -- busybox wget -qO- "$address" >out/answer; then exit; fi
  sleep 2
done
exit 1
