#!/usr/bin/env bash
# A chart on real tools: CRDs, hooks, a subchart, one tag for all images.
# shellcheck disable=SC2016,SC2119   # what templates say is meant as it is; up without a target
# shellcheck source=SCRIPTDIR/lib/real.sh
. "$(dirname "$0")/lib/real.sh" real-helm
# shellcheck source=SCRIPTDIR/lib/helm.sh
. "$E2EGEN_SOURCE/tests/e2e/lib/helm.sh"
command -v busybox >/dev/null || { echo "busybox is not installed" >&2; exit 77; }

leftovers
spec=helm state=.e2e/env/helm
mkdir -p "$WORK/specs"
cd "$WORK"
cp -a "$E2EGEN_SOURCE/tests/e2e/chart" "$E2EGEN_SOURCE/tests/e2e/language/app" .
for image in api web; do
  printf 'FROM localhost/rootfs\nCOPY %s /text\nLABEL workspace=real-helm\nCMD ["/bin/sleep", "100000"]\n' $image >$image.Containerfile
  echo "text of $image" >$image
done
cat >specs/helm.yaml <<'YAML'
images:
  rootfs: {command: [sh, app/rootfs.sh], sources: app/rootfs.sh}
  api: {containerfile: api.Containerfile}
  web: {containerfile: web.Containerfile}
cluster: {name: real-helm}
deployments:
  shop:
    helm: {chart: chart, set: {tag: dev, greeting: "$${TOKEN}"}, namespace: shop}
    values: {TOKEN: {output: out/token}}
    timeout: 4m
tasks:
  token: {command: [sh, -c, "mkdir -p out; echo '\"salut\": {x} # y' >out/token"], outputs: out/token}
YAML
cp -a specs "$SCRATCH/specs"
at_the_end :

row 'a chart comes up: CRDs and hooks before, the rest, a hook behind; other hooks are not there'
generate
up
is 'how often hooks ran' '2' "$(events ran | grep -c '^hooks/shop$')"
is 'the objects' 'configmap/store deployment.apps/api deployment.apps/web offer.example.com/first pod/post-install secret/password' \
  "$({ kube --namespace shop get deployments,jobs,offers --output name; kube --namespace shop get secret/password configmap/store pod/post-install --output name; } | sort | xargs)"
is 'other pods' '' "$(kube --namespace shop get pods --output name | grep -E 'delete|rollback|test' || true)"
is 'the hook behind' Succeeded "$(kube --namespace shop get pod post-install --output 'jsonpath={.status.phase}')"
is 'jobs that ran' 'first last' "$(kube --namespace shop get events --field-selector reason=Completed --sort-by .metadata.creationTimestamp --output 'jsonpath={.items[*].involvedObject.name}')"
is 'the value of a task' '"salut": {x} # y' "$(kube --namespace shop get offer first --output 'jsonpath={.spec.text}')"
if ((${#node_image[@]})); then
  is 'the version' "${node_image[1]##*:}" "$(kube --namespace shop get secret password --output 'jsonpath={.data.kubernetes}' | base64 --decode)"
fi

row 'again: nothing to do'
up
nothing_ran

pods() { kube --namespace shop get pods --selector "app=$1" --field-selector status.phase=Running --output 'jsonpath={.items[*].metadata.uid}'; }

row 'one image is edited: only its pods are new, of one tag for both'
api=$(pods api) password=$(kube --namespace shop get secret password --output 'jsonpath={.data.password}')
edit web 's/text/another text/'
up
is 'the pods of api' "$api" "$(pods api)"
is 'the text of web' 'another text of web' "$(kube --namespace shop exec deployment/web -- /bin/cat /text)"
is 'the password' "$password" "$(kube --namespace shop get secret password --output 'jsonpath={.data.password}')"
up
nothing_ran

row 'a hook fails: its last words, and what it is called'
edit chart/templates/hooks.yaml 's/echo {{ $name }}/& says; exit 3/'
up_fails 'first says' 'the hook job/first failed'
original_chart() { cp "$E2EGEN_SOURCE/tests/e2e/chart/templates/hooks.yaml" chart/templates/hooks.yaml; }
original_chart
up
up
nothing_ran

finish
