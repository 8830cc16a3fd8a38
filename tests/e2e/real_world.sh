#!/usr/bin/env bash
# A world that lives: what somebody, an accident or a controller does to a running environment, which steps ninja runs
# then, and which it does not. Real podman, kind and kubectl; one cluster.
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-world

DATASTORAGE_URL=$(url 31181)
export DATASTORAGE_URL
workspace datastorage
manifests=specs/world/manifests

# mended TEXT STEP...: ninja says it, and runs these steps; the suite is green after them, and then there is nothing to do.
mended() {
  up
  says "$1"
  ran "${@:2}"
  up test
  up
  nothing_ran
  up test
  nothing_ran
}
e2e() { does kube --namespace e2e "$@"; }
value() { kube --namespace e2e get "$1" --output "jsonpath=$2"; }

# shellcheck disable=SC2317   # await calls it
unready() { [[ $(value "deployment/$1" '{.status.readyReplicas}') != 1 ]]; }

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
  replicas: 1
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

row 'again: nothing to do'
up
nothing_ran

row 'scaled to 0 by hand'
e2e scale deployment datastorage --replicas 0
mended 'apply datastorage: deployment/datastorage was scaled by somebody' {apply,ready}/datastorage
is 'replicas' 1 "$(value deployment/datastorage '{.spec.replicas}')"

row 'its image changed by hand'
e2e set image deployment/redis '*=localhost/redis:other'
mended 'apply redis: deployment/redis was changed by somebody' {apply,ready}/redis

row 'a container changed by hand'
e2e patch deployment datastorage --type json \
  --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/periodSeconds", "value": 7}]'
mended 'apply datastorage: deployment/datastorage was changed by somebody' {apply,ready}/datastorage

row 'one more variable, by hand: kubectl apply would leave it, so do we'
e2e set env deployment/redis MORE=1
await 60 kube --namespace e2e rollout status deployment/redis
up
ran_none_of '^apply/'
e2e set env deployment/redis MORE-
await 60 kube --namespace e2e rollout status deployment/redis
up
ran_none_of '^apply/'

row 'replicas under an autoscaler are moved: no drift, nor after a pod of them was waited for'
e2e scale statefulset cache --replicas 2
does kube --namespace e2e rollout status statefulset/cache --timeout 60s
up
nothing_ran
e2e delete pod cache-0 --wait=false
up
ran_none_of '^apply/'
does kube --namespace e2e rollout status statefulset/cache --timeout 60s
up
ran_none_of '^apply/'
up
nothing_ran
is 'replicas' 2 "$(value statefulset/cache '{.spec.replicas}')"

row 'a ConfigMap edited by hand'
e2e patch configmap settings --patch '{"data": {"level": "debug"}}'
mended 'apply redis: configmap/settings was changed by somebody' apply/redis
is 'the level' info "$(value configmap/settings '{.data.level}')"

row 'a label edited by hand'
e2e label service redis app=other --overwrite
up
nothing_ran
e2e patch service redis --patch '{"spec": {"selector": {"app": "other"}}}'
mended 'apply redis: service/redis was changed by somebody' apply/redis

row 'a role edited by hand'
e2e patch role reader --type json --patch '[{"op": "add", "path": "/rules/0/verbs/-", "value": "delete"}]'
mended 'apply redis: role/reader was changed by somebody' apply/redis
is 'the verbs' '["get"]' "$(value role/reader '{.rules[0].verbs}')"

row 'a Service deleted'
e2e delete service redis
mended 'apply redis: service/redis is not there any more' {apply,ready}/redis

row 'the port of a Service changed, which kubectl apply cannot change back: made anew'
e2e patch service redis --type json --patch '[{"op": "replace", "path": "/spec/ports/0/port", "value": 5431}]'
mended 'apply redis: service/redis was changed by somebody' {apply,ready}/redis
is 'the port' 6379 "$(value service/redis '{.spec.ports[0].port}')"

row 'a container killed: waited for, and not deployed anew'
uid=$(pod app=redis)
for container in $(in_node ctr --namespace k8s.io containers list | awk '$2 ~ /localhost\/redis/ { print $1 }'); do
  in_node ctr --namespace k8s.io tasks kill --signal SIGKILL "$container" 2>/dev/null || true
done
await 30 unready redis
up
ran_none_of '^apply/'
is 'the pod' "$uid" "$(pod app=redis)"
up test
up
nothing_ran

row "the database's pod deleted, and its data with it: migrated anew"
old=$(pod app=postgres)
e2e delete pod --selector app=postgres
up
ran_none_of '^(image|export|load|apply|cluster)/'
is 'migrations that ran' task/migrations "$(events ran | grep ^task/ | xargs)"
isnt 'the pod' "$old" "$(pod app=postgres)"
up test
up
nothing_ran

row 'an annotation, a status, a restart on purpose: no drift'
e2e annotate deployment redis somebody=was-here
e2e rollout restart deployment/redis
await 60 kube --namespace e2e rollout status deployment/redis
up test
ran_none_of '^apply/'
up test
nothing_ran

finish
