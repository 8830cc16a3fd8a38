# shellcheck shell=sh disable=SC2012,SC2154   # names of files are plain words; short() of stand-in sets $short
# kind: clusters.
: "${world:?set by stand-in, which reads this}"

# has_nodes FOLDER: to kind a cluster is its nodes, and nothing else
has_nodes() { [ -n "$(ls "$1/nodes" 2>/dev/null)" ]; }

kind_create() {
  config=/dev/null
  while [ $# -gt 0 ]; do
    case $1 in
      --kubeconfig) kubeconfig=$2; shift ;;
      --name) name=$2; shift ;;
      --config=*) config=${1#*=} ;;
      --wait) shift ;;
      *) die "stand-in kind create: $1" ;;
    esac
    shift
  done
  called create "$name"
  folder=$world/clusters/$name
  if has_nodes "$folder"; then die "node(s) already exist for a cluster with the name \"$name\""; fi
  rm -rf "$folder"
  mkdir -p "$folder/nodes" "$folder/images" "$folder/tags" "$folder/content" "$folder/objects"
  cat "$config" >"$folder/config"
  for node in control-plane $(sed -n 's/.*role: *\(worker\).*/\1/p' "$config" | uniq); do
    podman run --name "$name-$node" --label "io.x-k8s.kind.cluster=$name"
  done
  fault "during.create.$name"
  cat /proc/sys/kernel/random/uuid >"$folder/uid"
  echo "$name $(cat "$folder/uid")" >"$kubeconfig"
  done_with create "$name"
}

kind_load() {
  read -r id ref <"$1"
  short "$ref"
  called load "$short"
  folder=$world/clusters/$3
  [ -e "$folder/uid" ] || die "no nodes found for cluster \"$3\""
  tail -n +2 "$1" | put "$folder/images/$id"
  echo "$id" | put "$folder/tags/$(flat "$ref")"
  done_with load "$short"
}

kind() {
  case $* in
    "create cluster "*) shift 2; kind_create "$@" ;;
    "delete cluster --name "*)
      called delete "$4"
      rm -rf "$world/clusters/$4" ;;
    "get clusters")
      asked clusters
      for folder in "$world"/clusters/*; do
        if has_nodes "$folder"; then echo "${folder##*/}"; fi
      done ;;
    "load image-archive "*) shift 2; kind_load "$@" ;;
    "export logs --name "*) mkdir -p "$5" ;;
    *) die "stand-in kind: $*" ;;
  esac
}
