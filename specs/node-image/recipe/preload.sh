#!/usr/bin/env bash
# Runs inside the node's root file system while the image is built (see image.sh): imports /images/*.tar into
# containerd's store and writes the base of every container's OCI specification.
set -euo pipefail

containerd config default | sed 's/^disabled_plugins.*/disabled_plugins = ["io.containerd.grpc.v1.cri"]/' >/tmp/config.toml
containerd -c /tmp/config.toml -l error &
for _ in {1..50}; do [[ -S /run/containerd/containerd.sock ]] && break; sleep 0.2; done
for archive in /images/*.tar; do ctr -n k8s.io images import --no-unpack --all-platforms "$archive" >/dev/null; done
ctr -n k8s.io images ls -q | sed 's/^/    /'
# containers must ask for no limit that the machine may not grant
ctr oci spec | jq 'del(.process.rlimits)' >/etc/containerd/cri-base.json
kill %1
wait
