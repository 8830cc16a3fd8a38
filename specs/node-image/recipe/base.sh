#!/usr/bin/env bash
# The root file system that the node starts from: Debian 12 with systemd, containerd, etcd and the network tools.
#
# needs     root, mmdebstrap, an apt mirror; 20 s
# produces  the archive $1
set -euo pipefail
# shellcheck source=SCRIPTDIR/../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

packages=(systemd systemd-sysv conntrack iptables nftables iproute2 ethtool kmod jq procps
  containerd runc containernetworking-plugins etcd-server)

say "Debian root file system"
mmdebstrap --quiet --variant=minbase --components=main --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt='Apt::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --format=tar bookworm "$1" "$(debian_mirror)"
