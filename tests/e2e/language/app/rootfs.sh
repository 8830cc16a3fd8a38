#!/bin/sh
# A root file system that is one program.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/tmp" "$root/www"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh cat echo ls test httpd sleep mkdir; do ln -s busybox "$root/bin/$name"; done
tar --sort=name --owner=0 --group=0 --mtime=@0 -C "$root" -cf - .
