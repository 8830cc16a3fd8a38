#!/bin/sh
# Makes the certificate of AuthWebhook, once for each cluster, and tells the Kubernetes API to ask AuthWebhook and to trust
# that certificate.
set -eu
kube() { kubectl --namespace=e2e "$@"; }

if kube get secret authwebhook >/dev/null 2>&1; then
  echo "the Secret authwebhook is there already"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  name=admission.e2e.svc
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout "$folder/tls.key" -out "$folder/tls.crt"
  kube create secret tls authwebhook --key="$folder/tls.key" --cert="$folder/tls.crt"
fi
bundle=$(kube get secret authwebhook --output='jsonpath={.data.tls\.crt}')
sed "s|CA_BUNDLE\$|$bundle|" "$(dirname "$0")/webhook.yaml" | kubectl apply -f -
