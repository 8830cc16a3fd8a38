#!/usr/bin/env bash
# A world that lives: what somebody, an accident or a controller does to a running environment, which steps ninja runs
# then, and which it does not. Real podman, kind and kubectl; one cluster.
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-world

DATASTORAGE_URL=$(url 31181)
export DATASTORAGE_URL
workspace datastorage
manifests=specs/world/manifests

# mended STEP...: these steps run, the suite is green after them, and then there is nothing to do.
mended() {
  up
  ran "$@"
  does ninja -f e2e.ninja test
  up test
  nothing_ran
}
e2e() { does kube --namespace e2e "$@"; }
value() { kube --namespace e2e get "$1" --output "jsonpath=$2"; }

row 'from nothing'
edit $manifests/redis.yaml '1i apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: e2e}\ndata: {level: info}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: e2e}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n---'
generate
up test

row 'again: nothing to do'
up test
nothing_ran

row 'scaled to 0 by hand'
e2e scale deployment datastorage --replicas 0
mended {apply,ready}/datastorage
says 'deployment/datastorage was scaled by somebody'
is 'replicas' 1 "$(value deployment/datastorage '{.spec.replicas}')"

row 'its image changed by hand'
e2e set image deployment/redis '*=localhost/redis:other'
mended {apply,ready}/redis
says 'apply redis: deployment/redis was changed by somebody'

row 'an environment variable changed by hand'
name=$(value deployment/datastorage '{.spec.template.spec.containers[0].env[0].name}')
e2e set env deployment/datastorage "$name=other"
mended {apply,ready}/datastorage
isnt 'the variable' other "$(value deployment/datastorage '{.spec.template.spec.containers[0].env[0].value}')"

row 'one more variable, by hand: kubectl apply would leave it, so do we'
e2e set env deployment/redis MORE=1
await 60 kube --namespace e2e rollout status deployment/redis
does ninja -f e2e.ninja
e2e set env deployment/redis MORE-
await 60 kube --namespace e2e rollout status deployment/redis
does ninja -f e2e.ninja
up test
nothing_ran

row 'a ConfigMap edited by hand'
e2e patch configmap settings --patch '{"data": {"level": "debug"}}'
mended {apply,ready}/redis
is 'the level' info "$(value configmap/settings '{.data.level}')"

row 'a label and a role edited by hand'
e2e label deployment redis app=other --overwrite
e2e patch role reader --type json --patch '[{"op": "add", "path": "/rules/0/verbs/-", "value": "delete"}]'
up
says 'redis was changed by somebody'
is 'the verbs' '["get"]' "$(value role/reader '{.rules[0].verbs}')"
mended

row 'a Service deleted, and the port of another changed'
e2e delete service redis
e2e patch service postgres --type json --patch '[{"op": "replace", "path": "/spec/ports/0/port", "value": 5431}]'
up
says 'service/redis is not there any more' 'service/postgres was changed by somebody'
is 'the port' 5432 "$(value service/postgres '{.spec.ports[0].port}')"
does ninja -f e2e.ninja test
up test
nothing_ran

row 'a container killed: waited for, and not deployed anew'
pid=$(in_node sh -c "crictl inspect --output go-template --template '{{.info.pid}}' \$(crictl ps --quiet --name redis)")
uid=$(pod app=redis)
does in_node kill -9 "$pid"
up
ran_none_of '^apply/'
is 'the pod' "$uid" "$(pod app=redis)"
mended

row 'an annotation, a status, a restart on purpose: no drift'
e2e annotate deployment redis somebody=was-here
e2e rollout restart deployment/redis
await 60 kube --namespace e2e rollout status deployment/redis
up test
ran_none_of '^apply/'
up test
nothing_ran

finish
