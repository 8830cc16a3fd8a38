#!/usr/bin/env bash
# ConfigMaps and Secrets roll their readers, and nobody else.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# config NAME VALUE: a ConfigMap
config() { printf '%s\n' --- 'apiVersion: v1' 'kind: ConfigMap' 'metadata:' "  name: $1" '  namespace: shop' "data: {a: $2}"; }

# web reads `settings`, which is its own, and `common` of the store, which it needs; so does api, which needs the store
# by its task. Nobody reads `other`.
with_configs() {
  sed -i "/^    spec:/a\\      volumes: [{name: s, configMap: {name: settings}}, {name: c, secret: {secretName: none}}]" manifests/web.yaml
  sed -i '/^        - image/a\          envFrom: [{configMapRef: {name: common}}]' manifests/web.yaml
  config settings one >>manifests/web.yaml
  { config common one && config other one; } >>manifests/store.yaml
  up
}
annotation() { sed -n 's/.*e2egen.config.*: "\([0-9a-f]*\)".*/\1/p' ".e2e/env/shop/deploy/$1.yaml"; }

row 'a ConfigMap of its own is edited: its reader rolls, and no other' && {
  with_configs
  before=$(annotation web)
  expect 'digits of the annotation' "${#before}" 32
  expect 'annotation of others' "$(annotation api)$(annotation store)" ''
  up
  nothing
  sed -i 's/^data: {a: one}/data: {a: two}/' manifests/web.yaml
  up
  ran {apply,ready}/web
  calls {apply,rollout}/web
  if [[ $(annotation web) == "$before" ]]; then complain 'the annotation is the same'; fi
  sed -i 's/^data: {a: two}/# one again\ndata: {a: one}/' manifests/web.yaml
  up
  expect annotation "$(annotation web)" "$before"
}

row 'a ConfigMap of a deployment that it needs is edited: it rolls in the same run, and no other' && {
  with_configs
  before=$(annotation web)
  sed -i '/name: common/,/data/s/one/two/' manifests/store.yaml
  up
  # the store was rolled out, so that it is seeded anew
  ran {apply,ready}/{store,web} task/seed
  if [[ $(annotation web) == "$before" ]]; then complain 'the annotation is the same'; fi
  up
  nothing
}

row 'a ConfigMap that nobody reads is edited: nobody rolls' && {
  with_configs
  before=$(annotation web)
  sed -i '/name: other/,/data/s/one/two/' manifests/store.yaml
  up
  expect annotation "$(annotation web)" "$before"
  calls {apply,rollout}/store seed/shop apply/web
}

row 'the spec says that it is not to roll' && {
  with_configs
  sed -i '/^  web:/{n;/manifests: .*web/s/$/\n    roll: false/}' specs/shop.yaml
  up
  expect annotation "$(annotation web)" ''
  up
  sed -i '/name: common/,/data/s/one/two/' manifests/store.yaml
  up
  calls {apply,rollout}/store seed/shop
  # what tells of the store's is not there yet
  rm .e2e/env/shop/deploy/store.digests
  sed -i '/roll: false/d' specs/shop.yaml
  up
  ran {apply,ready}/web apply/store
  expect 'digits of the annotation' "$(annotation web | wc -c)" 33
}

row 'what tells of the ConfigMaps of another deployment is lost: made again, and nobody rolls' && {
  with_configs
  rm .e2e/env/shop/deploy/store.digests
  up
  calls apply/store
  up
  nothing
}

finish
