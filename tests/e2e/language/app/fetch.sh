#!/bin/sh
# Through the forwarded port; IMAGE_APP is what the nodes call the image.
set -eu
mkdir -p out
printf %s "$TOKEN" >out/seen
curl --silent --fail --max-time 20 "http://$APP/" >out/answer
echo "$IMAGE_APP in $E2E_NAMESPACE of $E2E_CLUSTER" >out/image
