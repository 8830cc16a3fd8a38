#!/usr/bin/env bash
# The node image, put together from the base root file system and the compiled programs.
#
# needs     root, $CACHE/base.tar (base.sh), $CACHE/bin (binaries.sh); $NODE_IMAGE_KEY, which becomes a label; 15 s
# produces  $2, an archive that podman loads as $1. Podman itself is not used: other people's images are out of reach.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
IMAGE=$1 OUT=$2
VERSION=v1.20.2
MULTIARCH=$(gcc -print-multiarch)
WORK=$CACHE/work
ROOT=$WORK/root

# archive NAME ROOT CONFIG OUT: the folder ROOT as an image of one layer, in the format of docker save.
# Uncompressed: the node's whole image compresses better so, and a node starts sooner.
archive() {
  local name=$1 root=$2 config=$3 out=$4 parts=$WORK/parts layer
  rm -rf "$parts"; mkdir "$parts"
  tar -C "$root" --sort=name --numeric-owner -cf "$parts/layer.tar" .
  layer=$(sha256sum "$parts/layer.tar" | cut -d' ' -f1)
  jq -n --argjson config "$config" --arg layer "sha256:$layer" --arg arch "$(dpkg --print-architecture)" --arg now "$(date -u +%FT%TZ)" \
    '{architecture: $arch, os: "linux", created: $now, config: $config, rootfs: {type: "layers", diff_ids: [$layer]}}' >"$parts/config.json"
  jq -n --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$parts/manifest.json"
  tar -C "$parts" -cf "$out" manifest.json config.json layer.tar
  rm -rf "$parts"
}

# libraries FOLDER: the shared libraries that the programs and plug-ins in it need, as paths in ROOT.
# Plug-ins too: without libm iptables cannot load its "statistic" match, and kube-proxy fails as soon as a Service has
# two endpoints.
libraries() {
  find "$1" -type f \( -perm /111 -o -name '*.so*' \) -printf '/%P\n' \
    | while read -r file; do if [[ -f $ROOT$file ]]; then chroot "$ROOT" ldd "$file" 2>/dev/null || true; fi; done \
    | { grep -o '/[^ ]*\.so[^ :]*' || true; } | LC_ALL=C sort -u
}

# component NAME ENTRYPOINT FILE...: one image of the control plane. A FILE is a path in ROOT, or SOURCE=PATH for
# one from elsewhere.
component() {
  local name=$1 entrypoint=$2 root=$WORK/component file library; shift 2
  rm -rf "$root"
  mkdir -p "$root"/usr/{bin,sbin,lib64,local/bin} "$root/usr/lib/$MULTIARCH" "$root/tmp"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
  chmod 1777 "$root/tmp"
  for file in "$@"; do
    mkdir -p "$root/$(dirname "${file#*=}")"
    if [[ $file == *=* ]]; then cp -a "${file%%=*}" "$root/${file#*=}"; else cp -a "$ROOT/$file" "$root/$file"; fi
  done
  for library in $(libraries "$root"); do
    mkdir -p "$root/$(dirname "$library")"
    cp -aL "$ROOT$library" "$root/$library"
  done
  archive "$name" "$root" "$(jq -nc --argjson e "$entrypoint" \
    '{Entrypoint: $e, Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}')" "$WORK/images/${name//[\/:]/_}.tar"
  rm -rf "$root"
}

# The names are those that kubeadm 1.20.2 asks for.
components() {
  say "images of the control plane"
  mkdir "$WORK/images" "$WORK/links"
  local program link iptables=()
  for program in kube-apiserver kube-controller-manager kube-scheduler; do
    component "k8s.gcr.io/$program:$VERSION" '[]' "$CACHE/bin/$program=usr/local/bin/$program"
  done
  for link in iptables ip6tables; do
    for program in "$link" "$link-save" "$link-restore"; do
      ln -s xtables-nft-multi "$WORK/links/$program"
      iptables+=("$WORK/links/$program=usr/sbin/$program")
    done
  done
  component "k8s.gcr.io/kube-proxy:$VERSION" '[]' "$CACHE/bin/kube-proxy=usr/local/bin/kube-proxy" \
    usr/sbin/xtables-nft-multi usr/sbin/conntrack "usr/lib/$MULTIARCH/xtables" "${iptables[@]}"
  component k8s.gcr.io/etcd:3.4.13-0 '[]' usr/bin/etcd
  component k8s.gcr.io/coredns:1.7.0 '["/coredns"]' "$CACHE/bin/minidns=coredns"
  component k8s.gcr.io/pause:3.2 '["/pause"]' "$CACHE/bin/pause=pause"
}

# What a node never uses: 200 MB less to store and to load.
slim() {
  cd "$ROOT"
  rm -rf usr/bin/etcd usr/bin/containerd-shim{,-runc-v1} usr/bin/perl* usr/lib/"$MULTIARCH"/{perl,perl-base,perl5,libperl*,gconv} \
    usr/share/{perl,perl5,doc,man,locale,zoneinfo,i18n,info,lintian} usr/lib/udev/hwdb* etc/udev/hwdb* etc/cni \
    usr/lib/cni/{dhcp,firewall,vlan,vrf,sbr,ipvlan,macvlan,bandwidth,static,tuning,host-device} \
    var/cache/apt/* var/lib/apt/lists/* var/log/*
  # fs.protected_* and the like belong to the whole machine
  rm -f usr/lib/sysctl.d/*.conf
}

# Which units run, what stands where; see rootfs/ for the files themselves.
furnish() {
  cd "$ROOT"
  mkdir -p dev proc sys run tmp usr/lib/modules opt/cni etc/cni/net.d var/log
  ln -sfn /usr/lib/cni opt/cni/bin
  # the modes of a clone depend on the umask: only the executable bit is taken over
  cp -r "$RECIPE/rootfs" "$WORK/rootfs"
  chmod -R u=rwX,go=rX "$WORK/rootfs"
  cp -a "$WORK/rootfs/." .
  chown -R 0:0 kind usr/local/bin/entrypoint etc/containerd etc/systemd etc/default etc/sysctl.d
  printf %s "$VERSION" >kind/version
  install -m755 "$CACHE"/bin/{kubelet,kubeadm,kubectl} usr/bin/
  rm -f usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
    usr/lib/systemd/system/{multi-user,local-fs}.target.wants/* etc/systemd/system/*.wants/* \
    usr/lib/systemd/system/sockets.target.wants/*{udev,initctl}*
  echo ReadKMsg=no >>etc/systemd/journald.conf
  mkdir -p etc/systemd/system/multi-user.target.wants
  local unit tool
  for unit in containerd kubelet kind-cni undo-mount-hacks; do ln -sf "/etc/systemd/system/$unit.service" etc/systemd/system/multi-user.target.wants/; done
  for unit in systemd-binfmt systemd-udevd systemd-logind etcd e2scrub_reap; do ln -sf /dev/null "etc/systemd/system/$unit.service"; done
  for tool in iptables ip6tables; do ln -sf "/usr/sbin/$tool-nft" "etc/alternatives/$tool"; done
}

# The images go into containerd's content store inside the image, so that a node needs no pull.
preload() {
  say "preloading containerd's store"
  mkdir "$ROOT/images"
  mv "$WORK"/images/*.tar "$ROOT/images/"
  cp "$RECIPE/preload.sh" "$ROOT/images/"
  # the inner shell expands $1, in mount and process namespaces of its own: nothing is left mounted or running
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child --mount-proc="$ROOT/proc" bash -euc '
    for d in tmp run dev; do mount -t tmpfs "$d" "$1/$d"; done
    mknod -m666 "$1/dev/null" c 1 3; mknod -m666 "$1/dev/urandom" c 1 9
    exec chroot "$1" bash /images/preload.sh' _ "$ROOT" >&2
  rm -rf "$ROOT/images"
}

rm -rf "$WORK"; mkdir -p "$ROOT"
trap 'rm -rf "$WORK"' EXIT
tar -C "$ROOT" -xf "$CACHE/base.tar" --exclude='./dev/*'
(components)
(slim)
(furnish)
preload
say "writing the node image"
archive "$IMAGE" "$ROOT" "$(jq -nc --arg key "$NODE_IMAGE_KEY" '{Entrypoint: ["/usr/local/bin/entrypoint", "/sbin/init"],
  Env: ["container=docker"], StopSignal: "SIGRTMIN+3", Labels: {"e2egen.recipe": $key}}')" "$OUT"
