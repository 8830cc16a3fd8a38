#!/usr/bin/env bash
# What it costs to tell whether 1,000 objects are as they were applied, beyond what kubectl takes: `e2egen objects` on
# such an answer, against jq, which reads the same text and prints as many lines, and against cat.
#
# usage: objects.sh [OBJECTS]
set -euo pipefail
case ${1:-} in -h | --help) sed -n '2,/^[^#]/{/^[^#]/d;s/^# \{0,1\}//;p}' "$0"; exit ;; esac
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
objects=${1:-1000}
RUNS=7

# a Deployment as the API server returns it: with what was applied, the defaults that were filled in, who has which field
jq --null-input --argjson count "$objects" '
  {selector: {matchLabels: {app: "api"}}, template: {metadata: {labels: {app: "api"}}, spec: {containers: [range(2) |
    {name: "c\(.)", image: "localhost/api:e2e-0123456789ab", ports: [{containerPort: 8080}],
     env: [range(8) | {name: "VARIABLE_\(.)", value: "a value of some length, \(.)"}],
     readinessProbe: {httpGet: {path: "/ready", port: 8080}}}]}}} as $applied |
  ($applied | .replicas = 1 | .progressDeadlineSeconds = 600 | .template.spec.containers[] |= (. + {
     imagePullPolicy: "IfNotPresent", terminationMessagePath: "/dev/termination-log", resources: {}})) as $spec |
  {kind: "List", items: [range($count) | {apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "d\(.)", namespace: "default",
     uid: "00000000-0000-0000-0000-\(1000000 + .)", generation: 1, managedFields: [range(2) | {manager: "m\(.)", fieldsV1: $spec}],
     annotations: {"kubectl.kubernetes.io/last-applied-configuration": ({apiVersion: "apps/v1", kind: "Deployment",
       metadata: {name: "d\(.)", namespace: "default"}, spec: $applied} | tojson)}},
   spec: $spec, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1,
     conditions: [{type: "Available", status: "True"}, {type: "Progressing", status: "True"}]}}]}' >"$BENCH/answer.json"
touch "$BENCH/manifest.yaml"

ours() { printf '%s\0' "$BENCH/manifest.yaml" | "$E2EGEN" objects --files -- cat "$BENCH/answer.json" '{}' >"$BENCH/lines"; }
jqs() { jq -r '.items[] | .metadata.uid + " " + (.metadata.annotations[] | fromjson | tojson | length | tostring)' "$BENCH/answer.json" >"$BENCH/jq"; }
reading() { cat "$BENCH/answer.json"; }

compare $RUNS ours jqs && row "$objects objects, $(($(stat -c %s "$BENCH/answer.json") / 1024)) KB" e2egen jq
(($(grep -c ' applied:' "$BENCH/lines") == objects)) || { echo "not all objects were told of" >&2; exit 1; }
compare $RUNS ours reading && row "" e2egen cat
