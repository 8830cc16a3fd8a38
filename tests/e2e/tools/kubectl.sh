# shellcheck shell=sh
# kubectl, and the workspace's own commands: objects.
: "${world:?set by stand-in, which reads this}"

# connect KUBECONFIG: sets $folder
connect() {
  read -r name uid <"$1" || die "no kubeconfig $1"
  folder=$world/clusters/$name
  [ "$(cat "$folder/uid" 2>/dev/null)" = "$uid" ] || die "connection to the server was refused"
  if grep -q stopped "$folder/nodes/$name-control-plane"; then die "connection to the server was refused"; fi
}

# documents FOLDER MANIFEST...: writes each object to FOLDER/KIND.NS.NAME
documents() {
  to=$1
  shift
  awk -v to="$to" '
    function out() { if (kind) { printf "%s", text >(to "/" kind "." (ns ? ns : "default") "." name) } kind = ns = name = text = "" }
    /^---/ { out(); next }
    /^#/ { next }
    /^kind:/ { kind = tolower($2); gsub(/\r/, "", kind) }
    /^  name:/ { name = $2; gsub(/["\047\r]/, "", name) }
    /^  namespace:/ { ns = $2; gsub(/["\047\r]/, "", ns) }
    { text = text $0 "\n" }
    END { out() }' "$@"
}

kubectl_apply() {
  short=${1##*/}
  short=${short%.yaml}
  called apply "$short"
  new=$world/new.$$
  mkdir "$new"
  documents "$new" "$1"
  for file in "$new"/*; do
    object=$folder/objects/${file##*/}
    if [ ! -e "$object.uid" ]; then cat /proc/sys/kernel/random/uuid >"$object.uid"; fi
    cp "$file" "$object.applied"
    rm -f "$object.replicas"
    if cmp -s "$file" "$object"; then continue; fi
    rm -f "$object.rolled"
    put "$object" <"$file"
  done
  rm -r "$new"
  done_with apply "$short"
}

# object_json KIND.NS.NAME, if there is one: what was applied and what there is are a digest each; ready while it is what
# was rolled out
object_json() {
  object=$folder/objects/$1
  [ -e "$object.uid" ] || return 0
  name=${1#*.*.}
  ready=0
  if cmp -s "$object" "$object.rolled"; then ready=1; fi
  replicas=$(cat "$object.replicas" 2>/dev/null || echo 1)
  there=$(cksum <"$object")
  ns=${1#*.}
  printf '{"kind": "%s", "metadata": {"name": "%s", "namespace": "%s", "uid": "%s", "generation": 1, "annotations": {
    "kubectl.kubernetes.io/last-applied-configuration": "{\\"spec\\": {\\"text\\": \\"%s\\", \\"replicas\\": 1}}"}},
    "spec": {"text": "%s", "replicas": %s, "selector": {"matchLabels": {"app": "%s"}}}, "status": {"observedGeneration": 1,
    "replicas": %s, "updatedReplicas": %s, "availableReplicas": %s, "readyReplicas": %s,
    "conditions": [{"type": "Established", "status": "True"}, {"type": "Complete", "status": "True"}, {"type": "Available", "status": "True"}]}}\n' \
    "${1%%.*}" "$name" "${ns%%.*}" "$(cat "$object.uid")" "$(cksum <"$object.applied")" "$there" \
    "$replicas" "$name" "$replicas" "$replicas" "$((replicas * ready))" "$((replicas * ready))"
}

# pods_json NAMESPACE: one of each deployment that was rolled out, with the label app
pods_json() {
  echo '{"kind": "List", "items": ['
  between=
  for pod in "$folder"/objects/deployment."$1".*.pod; do
    [ -e "$pod" ] || continue
    name=${pod##*/deployment."$1".}
    name=${name%.pod}
    printf '%s{"kind": "Pod", "metadata": {"name": "%s-1", "namespace": "%s", "uid": "%s", "labels": {"app": "%s"}},
      "status": {"phase": "Running", "containerStatuses": [{"restartCount": 0}]}}\n' "$between" "$name" "$1" "$(cat "$pod")" "$name"
    between=,
  done
  echo ']}'
}

# the deployments, by the kind that Kubernetes has for it, and all their pods
workloads_json() {
  echo '{"kind": "List", "items": ['
  between=
  for object in "$folder"/objects/deployment.*.uid; do
    [ -e "$object" ] || continue
    object=${object##*/}
    object=${object%.uid}
    echo "$between$(object_json "$object" | sed 's/"deployment"/"Deployment"/')"
    between=,
    pod=$(pods_json "$(echo "$object" | cut -d. -f2)" | sed '1d;$d' | grep -A 1 "\"name\": \"${object##*.}-1\"" | sed 's/^,//; /^--/d')
    if [ -n "$pod" ]; then echo ",$pod"; fi
  done
  echo ']}'
}

kubectl_get() {
  new=$world/new.$$
  mkdir "$new"
  while [ $# -gt 0 ]; do
    case $1 in
      --filename=*) documents "$new" "${1#*=}" ;;
      --output) shift ;;
    esac
    shift
  done
  echo '{"kind": "List", "items": ['
  between=
  for file in "$new"/*; do
    one=$(object_json "${file##*/}")
    if [ -n "$one" ]; then echo "$between$one"; between=,; fi
  done
  echo ']}'
  rm -r "$new"
}

kubectl_delete() {
  new=$world/new.$$
  mkdir "$new"
  documents "$new" "$1"
  for file in "$new"/*; do
    object=$folder/objects/${file##*/}
    if [ -e "$object.uid" ]; then
      called delete "${object##*.}"
      rm -f "$object" "$object".*
    fi
  done
  rm -r "$new"
}

# kubectl_ended NAMESPACE KIND NAME: how it came out, at once
kubectl_ended() {
  asked ended
  [ -e "$folder/objects/$2.$1.$3.uid" ] || die "$2/$3 not found"
  if [ -e "$world/faults/fails.$3" ]; then echo Failed
  elif [ "$2" = job ]; then echo 'SuccessCriteriaMet Complete'
  else echo Succeeded; fi
}

# kubectl_rollout KIND/NAME NAMESPACE: ready once the node has every image; those without a "/" come from elsewhere
kubectl_rollout() {
  called rollout "${1#*/}"
  object=$folder/objects/${1%%/*}.$2.${1#*/}
  [ -e "$object" ] || die "$1 not found"
  sed -n "s/.*image: *\\([^ ]*\\).*/\\1/p" "$object" | grep / | while read -r image; do
    [ -e "$folder/tags/$(flat "$image")" ] || die "error: timed out: ImagePullBackOff $image"
  done || exit
  if ! cmp -s "$object" "$object.rolled"; then cat /proc/sys/kernel/random/uuid >"$object.pod"; fi
  cp "$object" "$object.rolled"
  done_with rollout "${1#*/}"
}

kubectl() {
  [ "$1" = --kubeconfig ] || die "stand-in kubectl: $*"
  connect "$2"
  shift 2
  if [ "$1" = --request-timeout ]; then shift 2; fi
  case $* in
    "get namespace kube-system --output "*) asked uid; cat "$folder/uid" ;;
    "get --ignore-not-found "*) asked objects; shift 2; kubectl_get "$@" ;;
    "get pods,deployments,statefulsets,daemonsets --all-namespaces --output json") asked workloads; workloads_json ;;
    "--namespace "*" get pods,persistentvolumeclaims --output json") asked pods; pods_json "$2" ;;
    "--namespace "*" get crd/"*" --output json") asked ready; object_json "customresourcedefinition.default.${4#*/}" ;;
    "--namespace "*" get "*/*" --output json") asked ready; object_json "${4%%/*}.$2.${4#*/}" ;;
    "apply "*) shift; if [ "$1" = --force ]; then shift; fi; kubectl_apply "${1#*=}" ;;
    # hooks of a chart
    "--namespace "*" apply --filename="*) kubectl_apply "${4#*=}" ;;
    "--namespace "*" delete --ignore-not-found --filename="*) kubectl_delete "${5#*=}" ;;
    "--namespace "*" get job/"*" --output jsonpath={.status."* | "--namespace "*" get pod/post-install --output "*) kubectl_ended "$2" "${6%/*}" "${6#*/}" ;;
    "--namespace "*" wait --for condition=Established "*) asked wait ;;
    "rollout status "*" --namespace "*) kubectl_rollout "$3" "$5" ;;
    "--namespace "*" port-forward "*)
      asked forward
      echo 'Forwarding from 127.0.0.1:4711 -> 80'
      echo $$ >>"$world/forwards"
      fault "after.ask.forward"
      exec sleep 30 ;;
    "wait node --all "*) asked wait ;;
    "wait "*) asked wait "$@" ;;
    *"get endpoints/"*)
      asked endpoints
      case $* in *notReady*) echo api-7 ;; *) cat "$world/addresses" 2>/dev/null || true ;; esac ;;
    *"get pod/"*) asked explain; echo "what kubectl says of it" ;;
    *"get pods "* | *"get events "* | *"logs "*) asked explain; echo "what kubectl says of it" ;;
    *) die "stand-in kubectl: $*" ;;
  esac
}

# what the workspace's own commands do: the cluster remembers what it was seeded with, and what was tested
e2e_command() {
  # shellcheck disable=SC2153
  connect "$KUBECONFIG"
  called "$1" "$E2E_CLUSTER"
  case $1 in
    seed) cat "$2" "$folder/objects/deployment.shop.store.pod" | put "$folder/seeded" ;;
    smoke) cat "$2" "$folder/seeded" "$folder"/objects/*.rolled | put "$folder/tested" ;;
  esac
  done_with "$1" "$E2E_CLUSTER"
}
