#!/usr/bin/env bash
# What the machine itself needs: Debian packages, podman's configuration, kind, kubectl, /lib/modules.
#
# why       a bare Debian 12 has none of it, and podman's defaults fail on machines without systemd or with cgroup v1.
# needs     root for whatever is missing; nothing when nothing is missing (then it takes 0.1 s)
# produces  installed packages; /etc/containers/containers.conf where podman's defaults cannot work and nobody else wrote
#           one; kind in the cache with a link in /usr/local/bin, unless there is a kind already
#
# usage: host.sh [PACKAGE...]     the packages are wanted besides those listed here
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
CONF=/etc/containers/containers.conf
MARK="# written by e2egen's specs/node-image/host.sh, which may write it again; remove this line to keep your own changes"

# Package, and the command that makes it unnecessary when found elsewhere (- for none).
wanted_packages() {
  cat <<'LIST'
g++ g++
cmake cmake
ninja-build ninja
pkg-config pkg-config
libyaml-cpp-dev -
libyaml-dev -
libfmt-dev -
libcli11-dev -
catch2 -
libssl-dev -
libarchive-dev -
libpugixml-dev -
nlohmann-json3-dev -
podman podman
skopeo skopeo
runc runc
netavark -
aardvark-dns -
iptables iptables
curl curl
ca-certificates -
kubernetes-client kubectl
golang-go go
golang-1.19-go /usr/lib/go-1.19/bin/go
mmdebstrap mmdebstrap
gcc gcc
libc6-dev -
dpkg-dev dpkg-source
jq jq
LIST
  local package
  for package in "$@"; do echo "$package $package"; done
}

# Those of wanted_packages that are missing, one per line; one question to dpkg for all.
missing_packages() {
  local package command installed
  # shellcheck disable=SC2016  # dpkg-query, not the shell, expands ${...}
  installed=" $({ wanted_packages "$@" | cut -d' ' -f1 | xargs dpkg-query -W -f '${Package}=${db:Status-Status}\n' 2>/dev/null || true; } | tr '\n' ' ')"
  while read -r package command; do
    if [[ $installed != *" $package=installed "* ]] && ! command -v "$command" >/dev/null; then echo "$package"; fi
  done < <(wanted_packages "$@")
}

require_root() { [[ $(id -u) == 0 ]] || die "this needs root: $*"; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >"$LOG" 2>&1
}

install_packages() {
  local missing package command
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  # a tool is named with the package that brings it
  while read -r package command; do
    if [[ " ${missing[*]} " == *" $package "* ]]; then
      if [[ $command == - || $command == "$package" ]]; then say "missing: $package"; else say "missing: $command (package $package)"; fi
    fi
  done < <(wanted_packages "$@")
  command -v apt-get >/dev/null || die "this machine has no apt: install what is missing by other means"
  require_root "apt-get install ${missing[*]}"
  LOG=$(mktemp)
  say "installing ${#missing[@]} packages"
  # the lists may be absent or old, the mirror may fail once
  apt_install "${missing[@]}" || {
    say "fetching the package lists"
    apt-get update -qq || { sleep 5; apt-get update -qq; }
    apt_install "${missing[@]}" || { sleep 5; apt_install "${missing[@]}"; } || { tail -20 "$LOG" >&2; die "apt-get could not install ${missing[*]}"; }
  }
  rm -f "$LOG"
}

may_raise_limits() { (((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24) & 1)); }   # CAP_SYS_RESOURCE

# lesser LIMIT MAXIMUM
lesser() { if [[ $1 == unlimited || $1 -gt $2 ]]; then echo "$2"; else echo "$1"; fi; }

# containers.conf as this machine needs it, each table with its lines; nothing where podman's defaults work.
needed_configuration() {
  local containers=() engine=()
  # podman asks for nofile = nproc = 1048576; where no limit may be raised: "error setting rlimit type 7" (or 6).
  # nproc: podman first lowers its own limit to kernel.pid_max.
  if ! may_raise_limits; then
    containers+=("default_ulimits = [ \"nofile=$(lesser "$(ulimit -Hn)" 1048576):$(lesser "$(ulimit -Hn)" 1048576)\", \"nproc=$(lesser "$(ulimit -Hu)" "$(cat /proc/sys/kernel/pid_max)"):$(lesser "$(ulimit -Hu)" "$(cat /proc/sys/kernel/pid_max)")\" ]")
  fi
  # without systemd there is no journal to log to and nobody to ask for a cgroup
  if [[ ! -d /run/systemd/system ]]; then
    containers+=('log_driver = "k8s-file"')
    engine+=('cgroup_manager = "cgroupfs"' 'events_logger = "file"')
  fi
  # crun refuses the hybrid cgroup v1 hierarchy
  if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then engine+=('runtime = "runc"'); fi
  if ((${#containers[@]} + ${#engine[@]} == 0)); then return; fi
  if ((${#containers[@]})); then printf '%s\n' '[containers]' "${containers[@]}"; fi
  if ((${#engine[@]})); then printf '%s\n' '[engine]' "${engine[@]}"; fi
  # kind's network resolves the names of the nodes: CNI, podman's older network, cannot without a plug-in
  printf '%s\n' '[network]' 'network_backend = "netavark"'
}

configure_podman() {
  local needed current=; needed=$(needed_configuration)
  if [[ -z $needed ]]; then return; fi
  if [[ -e $CONF ]]; then current=$(cat "$CONF"); fi
  if [[ -n $current && $current != "$MARK"* ]]; then
    # somebody else's: never overwritten
    local line
    while read -r line; do
      if [[ $line != '['* ]] && ! grep -qxF -e "$line" "$CONF"; then warn "$CONF is yours and is left alone; if podman fails, it may lack: $line"; fi
    done <<<"$needed"
    return
  fi
  if [[ $current == "$MARK"$'\n'"$needed" ]]; then return; fi
  require_root "writing $CONF"
  say "configuring podman for this machine ($CONF)"
  mkdir -p "$(dirname "$CONF")"
  printf '%s\n%s\n' "$MARK" "$needed" >"$CONF.new"
  mv "$CONF.new" "$CONF"
}

# Where podman was killed, the name server of kind's network keeps the names of containers that are gone, and the address
# that it listened at; in a network made anew no node would find another, and a cluster of several would not come up.
# A network that no container is on has no such file.
forget_dead_names() {
  local folder=/run/containers/networks
  if [[ ! -w $folder/aardvark-dns/kind ]]; then return; fi
  if [[ -n $(podman ps --quiet --filter network=kind 2>/dev/null) ]]; then return; fi
  say "podman was killed: removing the names that it kept ($folder/aardvark-dns/kind)"
  flock "$folder/aardvark.lock" rm -f "$folder/aardvark-dns/kind"
}

# kind is packaged since Debian 13: unpacked into the cache, not installed, because it brings nothing else along.
install_kind() {
  if command -v kind >/dev/null; then return; fi
  local folder=$CACHE/kind
  require_root "linking kind into /usr/local/bin"
  if [[ ! -x $folder/usr/bin/kind ]]; then
    say "fetching kind"
    local apt
    mapfile -t apt < <(private_apt kind deb trixie)
    rm -rf "$folder" "$folder.new"; mkdir -p "$folder.new"
    apt-get "${apt[@]}" update -qq
    (cd "$folder.new" && apt-get "${apt[@]}" download -qq kind/trixie && dpkg -x kind_*.deb . && rm kind_*.deb)
    mv "$folder.new" "$folder"
  fi
  mkdir -p /usr/local/bin
  ln -sfn "$folder/usr/bin/kind" /usr/local/bin/kind
  command -v kind >/dev/null || die "/usr/local/bin is not on PATH, and kind is there"
}

# kind mounts it into its nodes, and podman refuses a source that does not exist.
make_lib_modules() {
  if [[ -d /lib/modules ]]; then return; fi
  require_root "mkdir /lib/modules"
  mkdir -p /lib/modules
}

mkdir -p "$CACHE"
exec 9>"$CACHE/host.lock"
flock 9
install_packages "$@"
configure_podman
forget_dead_names
make_lib_modules
install_kind
