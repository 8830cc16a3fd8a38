#!/usr/bin/env bash
# What kubectl takes for YAML, and what it does not, e2egen says of a manifest when the spec is compiled.
set -euo pipefail

: "${E2EGEN:?the program to test}"
E2EGEN=$(realpath "$E2EGEN")
if ! command -v kubectl >/dev/null; then echo "no kubectl here"; exit 77; fi
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-manifests.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
cd "$SCRATCH"
printf 'resources: [a.yaml]\n' >kustomization.yaml
printf 'cluster: {name: x}\ndeployments: {a: {manifests: a.yaml}}\n' >spec.yaml

failed=0 accepted=0 refused=0
verdict() { if "$@" >"$SCRATCH/out" 2>&1; then echo accepted; else echo refused; fi; }
while IFS= read -r text; do
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n%b\n' "$text" >a.yaml
  ours=$(verdict "$E2EGEN" spec.yaml --print)
  theirs=$(verdict kubectl kustomize .)
  if [[ $ours == "$theirs" ]]; then
    eval "$ours=\$(($ours + 1))"
  else
    echo "not ok - $text: kubectl $theirs, e2egen $ours"
    failed=1
  fi
done <<'TEXTS'
data: {a: b}
data: {a: [1,,2]}
data: {a: "x"y}
data: {a: 'x' 'y'}
data: {a: x]}
data:\n\ta: b
data: {a: &x b, c: *y}
data: {<<: {a: b}, c: d}
data: {<<: [{a: b}, {c: d}]}
data: {<<: text}
data: {<<: [text]}
data: {<<: }
data: {a: &x b, c: *x}
data: {a: !foo b}
data: {a: @x}
data:\n  a: - b
data:\n  a: 1\n  a: 2
data: {? a : b}
data: {a: b, : c}
data: {a: %x}
data: {a: b}}
data: "\\\\q"
data: "open
%FOO
data:\n  a: |\n    b\n   c: d
TEXTS
echo "$accepted accepted by both, $refused refused by both"
# a test that finds nothing of one kind compares nothing
if ((failed || accepted == 0 || refused == 0)); then exit 1; fi

# The annotation that a ConfigMap gives its readers: what kubectl makes of it is what kubectl makes of a patch, and
# nothing else has changed.
mkdir -p oracle ours .e2e/env/spec
printf 'resources: [a.yaml]\npatchesStrategicMerge: [patch.yaml]\n' >oracle/kustomization.yaml
printf 'resources: [a.yaml]\n' >ours/kustomization.yaml
rm kustomization.yaml
echo '{"result": "uid", "key": {}}' >.e2e/env/spec/cluster.stamp
rolled=0
while IFS= read -r template; do
  printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' 'metadata: {name: settings}' 'data: {a: b}' --- >config.yaml
  { cat config.yaml; printf "%b\n" "$template"; } >a.yaml
  "$E2EGEN" spec.yaml --quiet
  # the step renders; what it runs then is none of this test's business
  "$E2EGEN" step .e2e/e2e.claims .e2e/env/spec/deploy/a.stamp -- true >out 2>&1 || true
  cp .e2e/env/spec/deploy/a.yaml ours/a.yaml
  cp a.yaml oracle/a.yaml
  digest=$(sed -n 's/.*e2egen\/config"\{0,1\}: "\([0-9a-f]*\)".*/\1/p' ours/a.yaml)
  printf '%s\n' 'apiVersion: apps/v1' 'kind: Deployment' 'metadata: {name: x}' \
    "spec: {template: {metadata: {annotations: {e2egen/config: \"$digest\"}}}}" >oracle/patch.yaml
  if [[ ${#digest} == 32 ]] && diff <(kubectl kustomize ours) <(kubectl kustomize oracle) >difference; then
    rolled=$((rolled + 1))
  else
    echo "not ok - $template: digest '$digest': $(cat difference out)"
    failed=1
  fi
done <<'TEXTS'
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    metadata:\n      labels: {a: b}\n    spec:\n      volumes:\n      - name: v\n        configMap: {name: settings}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    metadata:\n      labels: {a: b}\n      annotations:\n        # why\n        c: d\n    spec:\n      containers:\n      - name: c\n        envFrom:\n        - configMapRef: {name: settings}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 1, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]}]}}}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 1, template: {metadata: {annotations: {c: d}, labels: {a: b}}, spec: {volumes: [{name: v, projected: {sources: [{configMap: {name: settings}}]}}]}}}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    spec:\n      initContainers:\n      - name: c\n        envFrom: [{configMapRef: {name: settings}}]
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    metadata:\n      annotations: {}\n      labels: {a: b}\n    spec: {volumes: [{name: v, configMap: {name: settings}}]}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    metadata:\n      annotations: # none\n      labels: {a: b}\n    spec: {volumes: [{name: v, configMap: {name: settings}}]}
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  replicas: 1\n  template:\n    metadata:\n    spec: {volumes: [{name: v, configMap: {name: settings}}]}
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": 1, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"volumes": [{"name": "v", "configMap": {"name": "settings"}}]}}}}
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": 1, "template": {"metadata": {"labels": {"a": "b"}, "annotations": {}}, "spec": {"volumes": [{"name": "v", "configMap": {"name": "settings"}}]}}}}
TEXTS
echo "$rolled templates got their annotation"
if ((failed || rolled == 0)); then exit 1; fi
