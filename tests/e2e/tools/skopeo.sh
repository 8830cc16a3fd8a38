# shellcheck shell=sh disable=SC2154   # short() of stand-in sets $short
# skopeo: images go to layouts and come back.
: "${world:?set by stand-in, which reads this}"

# one that is there, in whatever size, is not written again
put_blob() { if [ ! -e "$blobs/$1" ]; then put "$blobs/$1"; else cat >/dev/null; fi; }

# put_layers ID: a layer of its own, and those of what it is FROM; adds them to $layers
put_layers() {
  digest=$(echo "layer of $1" | sha256sum | cut -c1-64)
  echo "layer of $1" | put_blob "$digest"
  layers="$layers${layers:+,}{\"digest\":\"sha256:$digest\",\"size\":74}"
  base=$(sed -n 's/^from sha256://p' "$world/images/$1" | sort -u)
  if [ -n "$base" ]; then put_layers "$base"; fi
}

# skopeo_export ID LAYOUT REF
skopeo_export() {
  short "$3"
  called save "$short"
  [ -e "$world/images/$1" ] || die "no such image: $1"
  mkdir -p "$blobs" "$2"
  put_blob "$1" <"$world/images/$1"
  layers=''
  put_layers "$1"
  echo "{\"config\":{\"digest\":\"sha256:$1\",\"size\":$(stat -c %s "$world/images/$1")},\"layers\":[$layers]}" >"$2/manifest.$$"
  digest=$(sha256sum <"$2/manifest.$$" | cut -c1-64)
  size=$(stat -c %s "$2/manifest.$$")
  put_blob "$digest" <"$2/manifest.$$"
  rm "$2/manifest.$$"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$2/oci-layout"
  printf '{"manifests":[{"digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
    "$digest" "$size" "$3" >"$2/index.json"
  done_with save "$short"
}

# skopeo_restore LAYOUT REF
skopeo_restore() {
  short "$2"
  called restore "$short"
  digest=$(sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$1/index.json") || exit
  id=$(sed 's/.*"config":{"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$blobs/$digest") || exit
  [ "$(sha256sum <"$blobs/$id" | cut -c1-64)" = "$id" ] || die "blob $id is damaged"
  put "$world/images/$id" <"$blobs/$id"
  echo "$id" | put "$world/tags/$(flat "$2")"
}

# layout FROM: "oci:LAYOUT:REF" to $layout and $ref
layout() {
  layout=${1#oci:}
  ref=${layout#*:}
  layout=${layout%%:*}
}

skopeo() {
  case $* in
    "copy --quiet --dest-oci-accept-uncompressed-layers --dest-shared-blob-dir "*)
      blobs=$5/sha256
      layout "$7"
      skopeo_export "${6#containers-storage:}" "$layout" "$ref" ;;
    "copy --quiet --src-shared-blob-dir "*)
      blobs=$4/sha256
      layout "$5"
      skopeo_restore "$layout" "$ref" ;;
    *) die "stand-in skopeo: $*" ;;
  esac
}
