#!/usr/bin/env bash
# A world that lives, for long: ten minutes of rest, in which there is never anything to do, and then changes and accidents
# by chance, one to three at a time. After each round the suite is green, ninja has nothing to do, and kubectl's own
# opinion is asked: `kubectl diff` of what was applied finds nothing.
#
# E2EGEN_MINUTES (10) of rest, E2EGEN_TIMES (60) rounds, E2EGEN_SEED: that of an earlier run, which is printed.
# shellcheck source=SCRIPTDIR/lib/real.sh
# shellcheck disable=SC2317   # events are called by their names
. "$(dirname "$0")/lib/real.sh" real-living

minutes=${E2EGEN_MINUTES:-10} times=${E2EGEN_TIMES:-60} seed=${E2EGEN_SEED:-$RANDOM}
DATASTORAGE_URL=$(url 32181)
export DATASTORAGE_URL
workspace datastorage
sed -i 's/hostPort: 31/hostPort: 32/' specs/world/kind/*.yaml   # those of real_world.sh are taken, if it runs beside this
manifests=specs/world/manifests
e2e() { kube --namespace e2e "$@" >/dev/null 2>&1; }

# --- what happens -----------------------------------------------------------------------------------------------------

scaled_to_0() { e2e scale deployment datastorage --replicas 0; }
scaled_up() { e2e scale deployment redis --replicas 2; }
another_image() { e2e set image deployment/redis '*=localhost/redis:other'; }
another_probe() {
  e2e patch deployment datastorage --type json \
    --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/periodSeconds", "value": 7}]'
}
another_config() { e2e patch configmap settings --patch "{\"data\": {\"level\": \"$RANDOM\"}}"; }
another_selector() { e2e patch service redis --patch '{"spec": {"selector": {"app": "other"}}}'; }
another_port() { e2e patch service redis --type json --patch '[{"op": "replace", "path": "/spec/ports/0/port", "value": 5431}]'; }
more_rights() { e2e patch role reader --type json --patch '[{"op": "add", "path": "/rules/0/verbs/-", "value": "delete"}]'; }
service_deleted() { e2e delete service postgres; }
deployment_deleted() { e2e delete deployment redis --wait=false; }
config_deleted() { e2e delete configmap settings; }
pod_deleted() { e2e delete pod --selector app=datastorage --wait=false; }
database_deleted() { e2e delete pod --selector app=postgres --wait=false; }
pod_of_a_set_deleted() { e2e delete pod cache-0 --wait=false; }
container_killed() {
  local container
  for container in $(in_node ctr --namespace k8s.io containers list | awk '$2 ~ /localhost\/redis/ { print $1 }'); do
    in_node ctr --namespace k8s.io tasks kill --signal SIGKILL "$container" 2>/dev/null || true
  done
}
autoscaled() { e2e scale statefulset cache --replicas $((RANDOM % 2 + 1)); }
annotated() { e2e annotate deployment redis "somebody=$RANDOM" --overwrite; }
restarted() { e2e rollout restart deployment/datastorage; }
image_removed() { podman rmi --force localhost/datastorage >/dev/null 2>&1; }
source_edited() { echo "// $RANDOM" >>specs/world/cmd/datastorage/main.go; }
config_edited() { sed -i "s/level: .*}/level: l$RANDOM}/" "$manifests/redis.yaml"; }
suite_edited() { echo "// $RANDOM" >>specs/world/suite/harness/expect.go; }
events=(scaled_to_0 scaled_up another_image another_probe another_config another_selector another_port more_rights
  service_deleted deployment_deleted config_deleted pod_deleted database_deleted pod_of_a_set_deleted container_killed
  autoscaled annotated restarted image_removed source_edited config_edited suite_edited)

# What kubectl would change.
no_difference() {
  local file
  for file in "$state"/deploy/*.yaml; do
    kube diff --filename "$file" >"$SCRATCH/diff" 2>&1 || complain "expected: kubectl diff of $file finds nothing" "got:      $(cat "$SCRATCH/diff")"
  done
}

# --- the world --------------------------------------------------------------------------------------------------------

row 'from nothing'
cat >>$manifests/redis.yaml <<'YAML'
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: e2e}
data: {level: info}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: e2e}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
YAML
cat >$manifests/cache.yaml <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: e2e}
spec:
  serviceName: cache
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec: {containers: [{name: redis, image: localhost/redis}]}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: cache, namespace: e2e}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: cache}, minReplicas: 1, maxReplicas: 3}
YAML
sed -i 's|^deployments:|&\n  cache: {manifests: [specs/world/manifests/cache.yaml], needs: [namespace]}|' specs/datastorage.yaml
cp -a specs/. "$SCRATCH/specs"
generate
up
up test
no_difference

row "$minutes minutes of rest: nothing to do, twice a minute"
for ((i = 0; i < minutes * 2; i++)); do
  sleep 30
  up test
  nothing_ran
  if ((wrong)); then break; fi
done
does "$E2EGEN" status
no_difference

RANDOM=$seed
for ((i = 1; i <= times; i++)); do
  round=()
  for ((k = RANDOM % 3; k >= 0; k--)); do round+=("${events[RANDOM % ${#events[@]}]}"); done
  row "round $i of the seed $seed: ${round[*]}"
  for event in "${round[@]}"; do "$event" || true; done
  up test
  # what was done to pods may take a while until it is seen: that is what the next one is for
  up test
  up test
  nothing_ran
  no_difference
done

finish
