# shellcheck shell=bash
# A workspace of many services, for benchmarks.

# after I: what the deployment of service I needs: the one before it, but for the first of each ten. (One chain of all
# would be too deep for Meson, which recurses.)
after() { if (($1 % 10 > 0)); then echo "s$(($1 - 1))"; fi; }

# write_e2egen FOLDER SERVICES
write_e2egen() {
  local i need from=scratch
  mkdir -p "$1/specs"
  echo true >"$1/seed.sh"
  for ((i = 0; i < $2; i++)); do
    mkdir -p "$1/svc/$i"
    echo "$i" >"$1/svc/$i/main.txt"
    printf 'FROM %s\nCOPY main.txt /main.txt\n' "$from" >"$1/svc/$i/Containerfile"
    from=localhost/s0
    cat >"$1/svc/$i/manifest.yaml" <<MANIFEST
apiVersion: apps/v1
kind: Deployment
metadata: {name: s$i}
spec:
  selector: {matchLabels: {app: s$i}}
  template:
    metadata: {labels: {app: s$i}}
    spec: {containers: [{name: s, image: localhost/s$i}]}
---
apiVersion: v1
kind: Service
metadata: {name: s$i}
spec: {selector: {app: s$i}, ports: [{port: 80}]}
MANIFEST
  done
  {
    echo "images:"
    for ((i = 0; i < $2; i++)); do echo "  s$i: {containerfile: svc/$i/Containerfile, context: svc/$i}"; done
    printf 'cluster: {name: big}\ndeployments:\n'
    for ((i = 0; i < $2; i++)); do
      need=$(after $i)
      echo "  s$i: {manifests: svc/$i/manifest.yaml${need:+, needs: $need}}"
    done
    echo "tasks:"
    for ((i = 9; i < $2; i += 10)); do echo "  t$((i / 10)): {command: [sh, seed.sh, \"$i\"], inputs: seed.sh, needs: s$i}"; done
  } >"$1/specs/big.yaml"
}
