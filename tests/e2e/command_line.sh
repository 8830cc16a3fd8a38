#!/usr/bin/env bash
# What stands on the command line: names of specs and of Ninja files, several of each, profiles, verbs. Whatever ends
# with status 0 is a Ninja file that Ninja loads, and nothing of anybody else's was touched.
# shellcheck disable=SC2016,SC2094  # signs of sed and of messages; the name of a file that is written
set -euo pipefail
: "${E2EGEN:?the program to test}" "${E2EGEN_SOURCE:?the source tree}"
E2EGEN=$(realpath "$E2EGEN")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-line.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
failed=0 title=''

fail() { failed=1; echo "not ok - $title: $*"; sed 's/^/      > /' "$scratch/said"; }

# row TITLE: an empty workspace with one image and one manifest.
row() {
  if [[ -n $title ]]; then echo "done - $title"; fi
  title=$1
  cd /
  rm -rf "$scratch/site"
  mkdir -p "$scratch/site/specs" "$scratch/site/api"
  cd "$scratch/site"
  printf 'FROM scratch\nCOPY main.txt /\n' >api/Containerfile
  echo main >api/main.txt
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n' >api.yaml
  : >"$scratch/said"
}

# spec PATH [CLUSTER [MORE]]: one with an image, a deployment, a task and a test
spec() {
  mkdir -p "$(dirname "$1")"
  cat >"$1" <<SPEC
images: {api: {containerfile: api/Containerfile}}
cluster: {name: ${2:-$(basename "$1" .yaml)}${3:+, $3}}
deployments: {api: {manifests: api.yaml}}
tasks: {seed: {command: [make, seed], images: [api]}}
tests: {api: {command: [make, test]}}
SPEC
}

says() { grep -qF -e "$1" "$scratch/said" || fail "not said: $1"; }

# good WORDS...: ends with 0, and Ninja loads $file
file=e2e.ninja
good() {
  "$E2EGEN" "$@" >"$scratch/said" 2>&1 || { fail "e2egen $* ended with $?"; return; }
  ninja -f "$file" -t targets all >/dev/null 2>"$scratch/said" || fail "ninja refuses what e2egen $* wrote"
}

# bad TEXT WORDS...: ends with 1, and says so; no crash
bad() {
  local text=$1 status=0
  shift
  "$E2EGEN" "$@" >"$scratch/said" 2>&1 || status=$?
  if ((status != 1)); then fail "e2egen $* ended with $status"; fi
  says "$text"
}

row 'the Ninja file has any name that Ninja can write'
spec specs/a.yaml
for file in 'my env.ninja' "a\$b.ninja" "it's.ninja" 'a:b #c.ninja' "\"q\".ninja" 'dir/e 2.ninja' ./x.ninja 'ä.ninja' '(x)&y;.ninja'; do
  good a -q -o "$file"
  # the shell that runs it finds the claims file
  ninja -f "$file" -t commands "$file" | grep 'e2egen scan' | sh >"$scratch/said" 2>&1 || fail "the scan of $file"
done
file=$PWD/abs.ninja
good a -q -o "$file"
[[ $(sed -n 's/^claims = //p' abs.ninja) == .e2e/abs.claims ]] || fail 'an absolute name of the workspace is no other file'
file=e2e.ninja

row 'names of Ninja files that are refused'
spec specs/a.yaml
for file in e2e.txt .ninja x/.ninja .e2e/a.ninja a+b.ninja 'a|b.ninja' ../e2e.ninja /tmp/e2e.ninja; do
  bad "can't be the Ninja file" a -o "$file"
done
bad 'a line break' a -o $'a\nb.ninja'
bad 'a line break' a --set $'X=a\nb'
says 'X=a\x0ab'
bad 'no UTF-8' a -o $'\xff.ninja'
file=e2e.ninja

row 'what e2egen did not write is not overwritten'
spec specs/a.yaml
mkdir other
for name in specs/a.yaml api/Containerfile other/build.ninja; do
  [[ -e $name ]] || echo 'rule r' >"$name"
  before=$(sha256sum "$name")
  bad '' a -o "$name"
  [[ $(sha256sum "$name") == "$before" ]] || fail "$name is overwritten"
done
says 'e2egen did not write it'
good a -q
good a -q

row 'two Ninja files of one name share nothing'
spec specs/a.yaml
spec specs/b.yaml
"$E2EGEN" a -q -o one/e2e.ninja
"$E2EGEN" b -q -o two/e2e.ninja
for file in one/e2e.ninja two/e2e.ninja; do
  sed -n 's/^\(builddir\|claims\|include\) [= ]*//p' "$file"
done | sort | uniq -d >"$scratch/said"
[[ ! -s $scratch/said ]] || fail 'one file for both'
grep -qF '"specs/a' .e2e/one+e2e.claims || fail 'the claims of the first'
file=e2e.ninja

row 'two specs of one name'
spec specs/a.yaml
spec other/a.yaml a-too
spec a.yaml a-third
good specs/a.yaml other/a.yaml -q
ninja -f e2e.ninja -t targets all >"$scratch/targets"
grep -q '^\.e2e/env/other+a/cluster\.stamp:' "$scratch/targets" || fail 'no folder of its own'
"$E2EGEN" other/a.yaml -q -o other.ninja
if grep -q 'env/a/' other.ninja; then fail 'the folder of another spec'; fi
bad "have one name" a.yaml -o third.ninja
spec specs/a.yml a-fourth
bad "'specs/a.yaml' and 'specs/a.yml' are both there" a -o third.ninja
bad "'specs/a.yml' and 'specs/a.yaml' are both there" specs/a.yml -o third.ninja
bad "are both there" --all -o third.ninja
rm specs/a.yml
bad "two environments are called 'a'" a a

row 'a spec in .yml is found by its name'
spec specs/short.yml
good short -q
good specs/short.yml -q
"$E2EGEN" completions --words -- e2egen sho | grep -qx short || fail 'it is not proposed'
rm specs/short.yml

row 'names of specs that become targets'
for name in image images cluster load deploy up test logs down always all; do spec "specs/$name.yaml" "c-$name"; done
for name in images cluster load deploy up test logs down always all; do good "$name" -q; done
rm specs/image.yaml
spec specs/deploy.yaml
good --all -q
spec specs/image.yaml
good image -q
sed 's/\<api:/up:/; s/\[api\]/[up]/' specs/image.yaml >specs/image.yaml.new && mv specs/image.yaml.new specs/image.yaml
sed 's/\<api:/up:/; s/\[api\]/[up]/' specs/test.yaml >specs/test.yaml.new && mv specs/test.yaml.new specs/test.yaml
bad "two targets are called 'image/up'" image test
says 'rename the spec'

row 'odd names of specs'
for name in 'a b' "a\$b" "it's" 'a:b' 'ä' 'a#b'; do
  spec "specs/$name.yaml" c
  good "$name" -q
  spec specs/other.yaml
  good "$name" other -q
done
for name in 'a|b' 'a+b' 'a%b' .. .a a. $'a\nb'; do
  spec "specs/$name.yaml" c
  bad '' "specs/$name.yaml"
done

row 'clusters by several providers'
spec specs/a.yaml
spec specs/b.yaml b 'provider: existing, registry: localhost:5000'
good --all -q
grep -q '^rule cluster_create\.kind$' e2e.ninja || fail 'no rule of the first'
grep -q '^rule cluster_create\.existing$' e2e.ninja || fail 'no rule of the second'
# the claims hold what the file's own provider says
grep -q 'kind delete cluster --name a ' .e2e/e2e.claims || fail 'kind'
recipes() { sed -n 's/.*"recipe": *"\([^"]*\)".*"stamp": *"\([^"]*\)".*/\2 \1/p; s/.*"stamp": *"\([^"]*\)".*"recipe": *"\([^"]*\)".*/\1 \2/p' .e2e/e2e.claims; }
cluster_key() { recipes | grep env/a/cluster.stamp; }
both=$(cluster_key)
good a -q
[[ -n $both && $(cluster_key) == "$both" ]] || fail 'the key of the cluster depends on its neighbour'

row 'templates that lack something'
spec specs/a.yaml
for template in common builder/podman cluster/kind; do
  while read -r rule; do
    case $rule in
      # may be left out
      cluster_delete | cluster_names | cluster_members | node_image_* | image_inventory | image_remove | explain | kustomize | helm | hooks | workloads) want=0 ;;
      *) want=1 ;;
    esac
    rm -rf templates
    cp -r "$E2EGEN_SOURCE/templates" .
    sed -i "s/^rule $rule\$/rule other/" "templates/$template.ninja"
    status=0
    "$E2EGEN" a -q --templates templates >"$scratch/said" 2>&1 || status=$?
    if ((status != want)); then fail "$template without $rule: $status"; fi
    if ((want)); then says "the template '$template' has no rule '$rule'"; says docs/providers.md; fi
  done < <(sed -n 's/^rule //p' "$E2EGEN_SOURCE/templates/$template.ninja")
done

row 'a template that has no words for a key'
cp -r "$E2EGEN_SOURCE/templates" .
spec specs/a.yaml
sed -i 's/Containerfile}/Containerfile, ssh: default}/' specs/a.yaml
good a -q --templates templates
sed -i '/^#: words ssh/d' templates/builder/podman.ninja
bad "the builder 'podman' has no words for 'ssh'" a --templates templates
says specs/a.yaml:1:
spec specs/b.yaml b 'provider: existing, registry: localhost:5000, nodes: 2'
bad "the cluster 'existing' has no words for 'nodes'" b

row 'blanks and comments of a template mean nothing'
spec specs/a.yaml
cp -r "$E2EGEN_SOURCE/templates" .
keys() { good a -q --templates templates; recipes; }
before=$(keys)
[[ $before == *env/a/cluster.stamp* ]] || fail 'no keys'
sed -i 's/\$config \$node_image/ $config   $node_image  /; s/^rule cluster_create$/&\n  # a comment/' templates/cluster/kind.ninja
sed -i 's/--tag \$ref/ --tag   $ref/' templates/builder/podman.ninja
[[ $(keys) == "$before" ]] || fail 'other keys'
sed -i 's/nodes=1 ports=/nodes=1  ports=/' templates/cluster/kind.ninja
[[ $(keys) != "$before" ]] || fail 'what stands in quotes has changed'

row 'profiles are known to the verbs'
spec specs/a.yaml
spec specs/b.yaml
cat >>specs/a.yaml <<'SPEC'
variables: {V: one}
profiles: {coverage: {images: {api: {args: {COVER: yes}}}, cluster: {ports: {8080: 30080}}}}
SPEC
key() { "$E2EGEN" cache key "$@" 2>"$scratch/said" | head -1 || fail "cache key $*"; }
plain=$(key a)
[[ -n $plain && $(key a --profile coverage) != "$plain" ]] || fail 'one key for both'
bad "no profile is called 'none'" cache key a --profile none
bad "--profile and --set are of a spec" cache key --profile coverage
bad "no variable is called 'W'" gc a --set W=1
"$E2EGEN" ports --profile coverage >"$scratch/said" || fail 'ports'
says 30080
"$E2EGEN" ports a b --set V=two >"$scratch/said" || fail 'ports'

row 'what is no spec may be a verb, or another spec'
spec specs/gateway.yaml
bad 'did you mean `e2egen fmt`?' fnt
bad 'did you mean `e2egen ports`?' port
bad "did you mean 'specs/gateway.yaml'?" gatewy
bad "did you mean 'specs/gateway.yaml'?" specs/gatway.yaml
"$E2EGEN" help >"$scratch/said" || fail 'help'
says 'e2egen gateway && ninja'
"$E2EGEN" version >"$scratch/said" || fail 'version'
says 'e2egen '
bad 'as in `e2egen gateway`' forget x
spec specs/help.yaml
good help -q

row 'a folder whose name Ninja can not write'
mkdir 'a|b'
cd 'a|b'
mkdir specs
printf 'cluster: {}\n' >specs/a.yaml
bad 'rename the file or folder' a
cd ..

row 'commands that are too long for the machine'
spec specs/a.yaml
long=$(head -c 130000 /dev/zero | tr '\0' x)
sed -i "s/make, seed/make, $long/" specs/a.yaml
bad "specs/a.yaml:4:9: error: the command of 'task seed' has" a
spec specs/a.yaml
{
  cat specs/a.yaml
  echo 'variables:'
  for ((i = 0; i < 2000; i++)); do echo "  variable_with_a_long_name_$i: x"; done
} >specs/b.yaml
words=()
for ((i = 0; i < 2000; i++)); do words+=(--set "variable_with_a_long_name_$i=a longer value than before"); done
bad "the command of 'e2egen' has" b "${words[@]}"

row 'chains that are longer than the stack'
{
  echo 'cluster: {name: c}'
  echo 'deployments:'
  for ((i = 0; i < 5000; i++)); do echo "  d$i: {manifests: api.yaml$( ((i < 4999)) && echo ", needs: d$((i + 1))")}"; done
} >specs/needs.yaml
ulimit -s 512
good needs -q
mkdir includes
for ((i = 0; i < 3000; i++)); do echo "include: [$((i + 1)).yaml]"; done | awk '{ print >("includes/" NR - 1 ".yaml") }'
printf 'images: {api: {containerfile: api/Containerfile}}\n' >includes/3000.yaml
printf 'include: [../includes/0.yaml]\ncluster: {name: c}\n' >specs/includes.yaml
good includes -q
mkdir images
for ((i = 0; i < 3000; i++)); do echo "FROM localhost/i$((i + 1))"; done | awk '{ print >("images/" NR - 1) }'
echo 'FROM scratch' >images/3000
{
  echo 'images:'
  for ((i = 0; i <= 3000; i++)); do echo "  i$i: {containerfile: images/$i, context: api}"; done
} >specs/images.yaml
good images -q

row 'a warning is told once, counted from then on, and silenced by its name'
spec specs/a.yaml
sed -i '1s|.*|images: {api: {containerfile: api/Containerfile, args: {X: "1"}}, c: {containerfile: api/Containerfile}}|' specs/a.yaml
compiled() { "$E2EGEN" a "$@" >"$scratch/said" 2>&1 || fail "it failed"; }
says_not() { if grep -qF -e "$1" "$scratch/said"; then fail "said: $1"; fi; }
compiled; says "declares 'X' [undeclared-argument]"; says '[unused-image]'
compiled; says_not undeclared-argument; says '2 warnings as before'
compiled --warnings; says undeclared-argument; says_not 'as before'
echo 'allow: [undeclared-argument]' >>specs/a.yaml
compiled; says_not undeclared-argument; says '1 warning as before'
sed -i '/^allow/d' specs/a.yaml
compiled; says undeclared-argument; says '1 warning as before'

row ''
exit "$failed"
