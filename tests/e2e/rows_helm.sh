#!/usr/bin/env bash
# Charts: rendered by a real helm, applied to a stand-in of a cluster.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/lib/helm.sh
. "$E2EGEN_SOURCE/tests/e2e/lib/helm.sh"

# The chart of tests/e2e/chart in the place of the deployments api and web.
with_chart() {
  cp -r "$E2EGEN_SOURCE/tests/e2e/chart" chart
  printf 'greeting: hidden by set\nstore: {text: from the workspace}\n' >values.yaml
  sed -i '/^  api:$/{n;/manifests/{N;d}}; /^  web:$/{n;/manifests/{N;d}}' specs/shop.yaml
  sed -i '/^deployments:$/,/^tasks:$/{/^  api:$/d;/^  web:$/d}
    s|^tasks:$|  shop:\n    namespace: shop\n    needs: [seed]\n    helm: {chart: chart, values: values.yaml, set: {tag: dev, greeting: "salut, {x}=\\\\"}}\n\n&|' specs/shop.yaml
  "$E2EGEN" shop --quiet
}

objects() { find "$cluster/objects" -type f ! -name '*.uid' ! -name '*.rolled' ! -name '*.applied' ! -name '*.pod' -printf '%f\n' | sort | xargs; }

row 'a chart comes up: CRDs, pre-install hooks in their order, all else, post-install hooks; again: nothing to do' && {
  with_chart
  up
  ran hooks/shop apply/shop ready/shop ready/shop ready/shop hooks/shop
  [[ $(grep -E '^(apply|delete|rollout)' "$E2E_WORLD/calls" | xargs) == \
    'apply/1-offers.example.com apply/2-first apply/3-last delete/first delete/last apply/shop apply/shop '* ]] ||
    complain "in this order: $(xargs <"$E2E_WORLD/calls")"
  tail -n 1 "$E2E_WORLD/calls" | grep -qx 'apply/1-post-install' || complain 'the last is not the hook behind all'
  [[ $(objects) == *'configmap.shop.store '*'deployment.shop.api deployment.shop.store deployment.shop.web '*'pod.shop.post-install secret.shop.password'* ]] || complain "objects: $(objects)"
  grep -q 'text: from the workspace' "$cluster/objects/configmap.shop.store" || complain 'the values are not those of the file'
  grep -qF 'text: "salut, {x}=\\"' "$cluster"/objects/offer.*.first || complain 'nor are these'
  up
  nothing
}

row 'one tag for all images of a chart: what is edited rolls, and the hooks that name it run again' && {
  with_chart
  up
  edit web/page.txt
  up
  ran {image,archive,load}/web apply/shop ready/shop ready/shop ready/shop hooks/shop
  calls {build,save,load}/web apply/shop apply/shop rollout/{api,web} delete/post-install apply/1-post-install
  edit api/main.txt
  up
  calls {build,save,load}/api apply/{1-offers.example.com,2-first,3-last} delete/{first,last} apply/shop apply/shop rollout/{api,web}
}

row 'an edit of chart, subchart, values or CRD renders anew; a password made by chance stays, and nothing else does' && {
  with_chart
  up
  password=$(grep password: "$cluster/objects/secret.shop.password")
  echo '# no more' >>specs/shop.yaml
  up
  calls ''
  [[ $(grep password: "$cluster/objects/secret.shop.password") == "$password" ]] || complain 'another password'
  sed -i 's/from the workspace/other/' values.yaml
  up
  grep -q 'text: other' "$cluster/objects/configmap.shop.store" || complain 'values are not read'
  sed -i 's/text: {{/other: text\n  text: {{/' chart/charts/store/templates/store.yaml
  up
  grep -q 'other: text' "$cluster/objects/configmap.shop.store" || complain 'the subchart is not read'
  sed -i 's/singular: offer/&, shortNames: [of]/' chart/crds/order.yaml
  up
  grep -q 'shortNames' "$cluster"/objects/customresourcedefinition.* || complain 'the CRD is not read'
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n' >chart/templates/more.yaml
  up
  [[ $(objects) == *configmap.shop.more* ]] || complain 'a new template is not seen'
  echo text >unrelated
  up
  nothing
}

row 'a hook fails: said so, nothing else is applied; it runs again once it is mended' && {
  touch "$E2E_WORLD/faults/fails.first"
  with_chart
  up_fails 'the hook job/first failed'
  ran hooks/shop
  [[ $(objects) != *configmap.shop.store* ]] || complain 'the chart is applied'
  [[ $(objects) != *pod.shop.post-install* ]] || complain 'the hooks behind ran'
  rm "$E2E_WORLD/faults/fails.first"
  up
  ran hooks/shop apply/shop ready/shop ready/shop ready/shop hooks/shop
}

row 'no helm: which one, and how to get it; a template that is wrong: where' && {
  with_chart
  up
  echo '{{ .Values.greeting.nope }}' >>chart/templates/offer.yaml
  up_fails 'chart/templates/offer.yaml:7:'
  says 'helm can'"'"'t render the chart: '
  says 'help: mend the template'
  [[ $(grep -c 'nope' "$SCRATCH/output") -le 2 ]] || complain 'it is told more than once'
  sed -i '$d' chart/templates/offer.yaml
  mkdir "$SCRATCH/few"
  for tool in sh awk sed grep cat mkdir rm ln xargs sort tr mktemp cut head tail date stat find; do ln -sf "$(command -v $tool)" "$SCRATCH/few/$tool"; done
  echo 'x: y' >>chart/values.yaml
  PATH=$SCRATCH/bin:$SCRATCH/few "$E2EGEN" shop >"$SCRATCH/output" 2>&1 && complain 'it is rendered without helm'
  says "'helm' is not installed: helm's own releases"
}

finish
