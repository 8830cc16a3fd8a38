#!/bin/sh
# Writes a Debian root file system, brought up to date, to standard output as a tar; all else goes to standard error.
#   sh specs/world/base/rootfs.sh | podman import - localhost/base
# Needs root and the package mmdebstrap.
# shellcheck disable=SC2016 # what stands in single quotes is expanded by apt and by mmdebstrap
set -eu
release=bookworm

# The mirrors of this machine's own apt.
sources=$(apt-get indextargets --format '$(COMPONENT) deb $(REPO_URI) $(RELEASE) main' 'Created-By: Packages' |
  sed -n "s/^main \(deb [^ ]* $release\(-updates\|-security\)\{0,1\} main\)\$/\1/p" | sort -u)
if [ -z "$sources" ]; then
  echo "apt knows no mirror of Debian's $release here: is this a Debian 12, and has 'apt-get update' run?" >&2
  exit 1
fi

# Files are dated by the release at the latest, so the same packages make the same tar.
export SOURCE_DATE_EPOCH=1686355200

printf '%s\n' "$sources" | mmdebstrap --quiet --variant=minbase --format=tar \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='chroot "$1" apt-get upgrade -y >&2' \
  --customize-hook='rm -f "$1"/var/cache/ldconfig/aux-cache' \
  "$release" - -
