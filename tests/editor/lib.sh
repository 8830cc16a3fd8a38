# What the tests of the editor's side share: the YAML language server, and with it the parser and the validator that
# editors use, fetched once into the cache. Ends the test with 77 if there is no Node, or nobody to fetch it from.
# shellcheck shell=bash

LANGUAGE_SERVER=1.25.0
skip() { echo "skip: $*" >&2; exit 77; }

command -v node >/dev/null || skip "no node (package nodejs)"
folder=${E2EGEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/e2egen}/yaml-language-server-$LANGUAGE_SERVER
mkdir -p "${folder%/*}"
exec 8>"$folder.lock"
flock 8
if [[ ! -d $folder ]]; then
  command -v npm >/dev/null || skip "no npm (package npm)"
  rm -rf "$folder.new" && mkdir "$folder.new"
  npm install --prefix "$folder.new" --no-audit --no-fund --silent "yaml-language-server@$LANGUAGE_SERVER" >&2 \
    || skip "npm could not fetch yaml-language-server $LANGUAGE_SERVER"
  mv "$folder.new" "$folder"
fi
flock -u 8
export NODE_PATH=$folder/node_modules
