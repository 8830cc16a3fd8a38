# shellcheck shell=sh disable=SC2012,SC2154   # names of files are plain words; short() of stand-in sets $short
# podman: images, and the nodes of clusters, which are containers of its.
: "${world:?set by stand-in, which reads this}"

# store REF CONTENT: sets $id
store() {
  id=$(echo "$2" | sha256sum | cut -c1-64)
  echo "$2" | put "$world/images/$id"
  echo "$id" | put "$world/tags/$(flat "$1")"
}

podman_build() {
  args='' bases='' target='' context='' file='' ignore=''
  while [ $# -gt 0 ]; do
    case $1 in
      --file) file=$2; shift ;;
      --tag) ref=$2; shift ;;
      --iidfile) iidfile=$2; shift ;;
      --target=*) target=${1#*=} ;;
      --build-arg=*) args="$args ${1#*=}" ;;
      --layers=* | --timestamp=* | --volume=*) ;;
      --timestamp) shift ;;
      --ignorefile=*) ignore=${1#*=} ;;
      --build-context=*) bases="$bases ${1#*=}" ;;
      -*) die "stand-in podman build: $1" ;;
      *) context=$1 ;;
    esac
    shift
  done
  file=${file:-$context/Containerfile}
  short "$ref"
  name=$short
  called build "$name"
  # what is read is read now: an edit during the build is not in the image
  content=$(
    echo "args$args"
    sources=''
    while read -r word rest; do
      case $word in
        FROM)
          # shellcheck disable=SC2086
          set -- $rest
          if [ -n "$target" ] && [ "${stage-}" = "$target" ]; then break; fi
          stage=${3-}
          foreign=1
          for base in $bases; do
            case $base in "$1=container-image://"*)
              foreign=''
              base=${base##*://}
              [ -e "$world/images/${base#sha256:}" ] || die "no such image: $base"
              echo "from $base"
            ;; esac
          done
          # one that is no image of the spec
          if [ -n "$foreign" ]; then sed 's/^/from sha256:/' "$world"/tags/*%"$(flat "$1")" 2>/dev/null; fi ;;
        COPY | ADD) case $rest in --from=*) ;; *) sources="$sources ${rest% *}" ;; esac ;;
      esac
      echo "$word $rest"
    done <"$file"
    if [ -z "$ignore" ] && [ -e "$context/.containerignore" ]; then ignore=$context/.containerignore; fi
    # a name that begins with ./ is from the context on, as tar has them
    # shellcheck disable=SC2086
    tar -C "$context" --sort=name --mtime=@0 --owner=0 --group=0 ${ignore:+"--exclude-from=$ignore"} -cf - $sources >"$world/sent.$name"
    sha256sum <"$world/sent.$name"
  ) || exit
  fault "during.build.$name"
  store "$ref" "$content"
  echo "sha256:$id" >"$iidfile"
  done_with build "$name"
}

podman_save() {
  short "$2"
  called save "$short"
  id=$(cat "$world/tags/$(flat "$2")") || exit
  [ -e "$world/images/$id" ] || die "no such image: $2"
  { echo "$id $2"; cat "$world/images/$id"; } >"$1"
  done_with save "$short"
}

podman_tag() {
  id=${1#sha256:}
  [ -e "$world/images/$id" ] || die "no such image: $1"
  echo "$id" | put "$world/tags/$(flat "$2")"
}

# containers/ID says that containers use the image
podman_inventory() {
  for image in "$world"/images/*; do
    image=${image##*/}
    case $image in *.*) continue ;; esac
    base=$(sed -n 's/^from sha256://p' "$world/images/$image" | head -n 1)
    used=0
    if [ -e "$world/containers/$image" ]; then used=1; fi
    echo "sha256:$image ${base:--} 1000 $used $(cd "$world/tags" && grep -lx "$image" -- * | tr %\\n '/ ')"
  done
}

# podman_inspect ID-OR-NAME...: the ID, and its names
podman_inspect() {
  known=0
  for name; do
    id=${name#sha256:}
    if [ ! -e "$world/images/$id" ]; then
      id=$(cat "$world/tags/$(flat "$name")" 2>/dev/null || cat "$world"/tags/*%"$name" 2>/dev/null)
    fi
    if [ -n "$id" ] && [ -e "$world/images/$id" ]; then
      echo "$id $(cd "$world/tags" && grep -lx "$id" -- * | sed 's/\(.*\)/\1/; /:/!s/$/:latest/' | tr %\\n '/ ')"
    else
      echo "Error: inspecting object: $name: image not known" >&2
      known=125
    fi
  done
  return "$known"
}

podman_rmi() {
  short "$1"
  called rmi "$short"
  tag=$world/tags/$(flat "$1")
  id=$1
  if [ -e "$tag" ]; then id=$(cat "$tag"); rm "$tag"; fi
  if grep -qx "$id" "$world"/tags/* 2>/dev/null; then return; fi
  rm "$world/images/$id"
}

# a node of a cluster; its labels stand beside it
podman_run() {
  labels=''
  while [ $# -gt 0 ]; do
    case $1 in
      --name) name=$2; shift ;;
      --label) labels="$labels$2
"; shift ;;
      *) die "stand-in podman run: $1" ;;
    esac
    shift
  done
  folder=$world/clusters/$(echo "$labels" | sed -n 's/^io.x-k8s.kind.cluster=//p')
  # with its labels from the first moment
  mkdir -p "$folder/labels"
  echo "$labels" >"$folder/labels/$name"
  echo running >"$folder/nodes/$name"
}

podman_ps() {
  all='' ids='' label=''
  for word; do
    case $word in
      --all) all=1 ;;
      --no-trunc) ids=1 ;;
      label=*) label=${word#*=} ;;
    esac
  done
  grep -lxF -e "$label" "$world"/clusters/*/labels/* 2>/dev/null | while read -r labels; do
    cluster=${labels%/labels/*}
    cluster=${cluster##*/}
    node=$world/clusters/$cluster/nodes/${labels##*/}
    [ -e "$node" ] || continue
    if [ -n "$all" ] || [ "$(cat "$node")" = running ]; then
      # a node made anew has another ID
      echo "${node##*/}${ids:+-$(cat "$world/clusters/$cluster/uid" 2>/dev/null)}"
    fi
  done
}

# --- nodes

podman_exec() {
  interactive=''
  if [ "$1" = --interactive ]; then interactive=1; shift; fi
  for folder in "$world"/clusters/*; do
    [ -e "$folder/nodes/$1" ] || continue
    [ "$(cat "$folder/nodes/$1")" = running ] || die "node $1 is stopped"
    case $interactive$* in
      1*" images import "*" images check "*) node_import ;;
      *" images list --quiet")
        asked node-images
        ls "$folder/images" | sed 's/^/sha256:/'
        ls "$folder/tags" | tr % / ;;
      *" images list") # with a line of titles
        asked node-inventory
        echo REF TYPE DIGEST SIZE
        (cd "$folder/tags" && for name in *; do echo "$name" type "$(cat "$name")" 1.0 KiB; done | tr % /) ;;
      *" containers list")
        echo CONTAINER IMAGE
        if [ -e "$folder/containers" ]; then cat "$folder/containers"; fi ;;
      *" remove "*)
        for word; do name=$word; done
        short "$name"
        called node-rmi "$short"
        id=$(cat "$folder/tags/$(flat "$name")")
        rm "$folder/tags/$(flat "$name")" "$folder/images/$id" ;;
      *" content ls --quiet")
        asked content
        ls "$folder/content" | sed 's/^/sha256:/' ;;
      *) die "stand-in podman exec: $*" ;;
    esac
    return
  done
  die "no such container: $1"
}

# node_import <TAR: what `e2egen pack` sends is taken in if, with what the node has, it is complete
node_import() {
  new=$world/import.$$
  mkdir "$new"
  tar -xf - -C "$new" || { rm -r "$new"; die 'unexpected EOF'; }
  ref=$(sed 's/.*"org.opencontainers.image.ref.name":"\([^"]*\)".*/\1/' "$new/index.json")
  manifest=$(sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$new/index.json")
  short "$ref"
  called load "$short"
  if [ -d "$new/blobs" ]; then mv "$new"/blobs/sha256/* "$folder/content"; fi
  rm -r "$new"
  id=''
  for digest in $(tr , '\n' <"$folder/content/$manifest" | sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p'); do
    [ -e "$folder/content/$digest" ] || die "incomplete: $digest"
    id=${id:-$digest}
  done
  put "$folder/images/$id" <"$folder/content/$id"
  echo "$id" | put "$folder/tags/$(flat "$ref")"
  done_with load "$short"
}

podman() {
  case $* in
    "build "*) shift; podman_build "$@" ;;
    "tag "*) podman_tag "$2" "$3" ;;
    "save --quiet --output "*) podman_save "$4" "$5" ;;
    "image inspect --format "*) asked images; shift 4; podman_inspect "$@" ;;
    "run "*) shift; podman_run "$@" ;;
    "ps --quiet "*) asked ps; shift; podman_ps "$@" ;;
    "images --all --no-trunc --format "*) asked inventory; podman_inventory ;;
    "rmi --no-prune "*) podman_rmi "$3" ;;
    "image exists "*) asked image-exists; [ -e "$world/images/${3#sha256:}" ] ;;
    "exec "*) shift; podman_exec "$@" ;;
    *) die "stand-in podman: $*" ;;
  esac
}
