#!/bin/sh
# Sends one signal to the gateway, and reads what became of it out of PostgreSQL and the cluster.
# The cluster is KUBECONFIG's, the gateway's address GATEWAY_URL's.
set -eu
: "${GATEWAY_URL:=http://127.0.0.1:30080}"

fail() { echo "ask.sh: $*" >&2; exit 1; }
kube() { kubectl --namespace=e2e "$@"; }

signal='{"alerts": [{"labels": {"alertname": "HighMemory", "severity": "critical", "pod": "cart-'$(date +%s)-$$'"}}]}'
echo "signal: $signal"
answer=$(curl --silent --max-time 20 --retry 20 --retry-delay 1 --retry-connrefused \
  --header 'Content-Type: application/json' --data "$signal" "$GATEWAY_URL/api/v1/signals") ||
  fail "the gateway does not answer at $GATEWAY_URL (curl: $?)"
echo "answer: $answer"
field() { printf '%s\n' "$answer" | sed -n "s/.*\"$1\":\"\([-0-9a-z]*\)\".*/\1/p"; }
id=$(field auditEvent)
request=$(field remediationRequest)
if [ -z "$id" ] || [ -z "$request" ]; then fail "the gateway did not accept the signal"; fi

row=$(echo "SELECT id, type, subject, data->'labels'->>'pod', recorded_at FROM audit_events WHERE id = :'id'" |
  kube exec -i deployment/postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 -v id="$id") || fail "PostgreSQL does not answer"
[ -n "$row" ] || fail "PostgreSQL has no audit event $id"
echo "in PostgreSQL: $row"

object=$(kube get remediationrequest "$request" --no-headers) || fail "there is no RemediationRequest $request"
echo "in the cluster: $object"
