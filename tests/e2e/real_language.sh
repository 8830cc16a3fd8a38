#!/usr/bin/env bash
# The spec language on real tools: pulled and prebuilt images, secrets, a kustomization, CRDs, namespaces, tasks in pods and
# with forwarded ports, shards, profiles, waits, an ssh agent, credentials, two environments in one file, an existing cluster. The
# registries are Debian's, one on loopback and on the bridge of the nodes, one on loopback that wants a password.
# shellcheck source=SCRIPTDIR/lib/real.sh
# shellcheck disable=SC2317   # what traps and await call
. "$(dirname "$0")/lib/real.sh" real-language
command -v docker-registry busybox curl ssh-agent >/dev/null ||
  { echo "docker-registry, busybox or ssh-agent is not installed" >&2; exit 77; }
unset SSH_AUTH_SOCK REGISTRY_AUTH_FILE   # whose they are is never left to chance

leftovers
spec=language state=.e2e/env/language
mkdir -p "$WORK"
cd "$WORK"
cp -a "$E2EGEN_SOURCE/tests/e2e/language/." .
mkdir secret out
# never from the layer cache, which would not see the volume
sed -i "s/^RUN echo up to date/& $$ $RANDOM/" app/Containerfile
secret=$(tr -dc a-z0-9 </dev/urandom | head -c 24 || true)
echo "$secret" >secret/token
value="q\"': {x} # $(tr -dc a-z0-9 </dev/urandom | head -c 24 || true)"
printf '%s\nof two lines\n' "$value" >secret/run-time
delete_all() { for name in real-language real-second; do kind delete cluster --name "$name" >/dev/null 2>&1 || true; done; }
at_the_end delete_all
delete_all

# answers PORT TEXT: soon; a node may learn of a Service after it has endpoints.
answers() { await 20 is_answer "$1" "$2"; }
is_answer() { [[ $(curl --silent --max-time 5 "http://127.0.0.1:$1/") == "$2" ]]; }

# --- a registry that asks for nothing -----------------------------------------------------------------------------------

row 'a registry, with an image in the format that most registries have'
gateway=$(podman network inspect kind --format '{{range .Subnets}}{{.Gateway}} {{end}}' 2>/dev/null | tr ' ' '\n' | grep -m1 '\.' || echo 10.89.0.1)
sed -i "s/10\.89\.0\.1:/$gateway:/" specs/*.yaml
cp -a specs "$SCRATCH/specs"   # a row that fails puts them back
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: "0.0.0.0:5001"}\n' "$SCRATCH" >"$SCRATCH/registry.yaml"
docker-registry serve "$SCRATCH/registry.yaml" >"$SCRATCH/registry.log" 2>&1 &
# skopeo looks for it at home only
mkdir -p "$SCRATCH/home/.config/containers"
export HOME=$SCRATCH/home
printf '[[registry]]\nlocation = "localhost:5001"\ninsecure = true\n[[registry]]\nlocation = "%s:5001"\ninsecure = true\n' "$gateway" >"$SCRATCH/home/.config/containers/registries.conf"
await 20 curl --silent --fail http://localhost:5001/v2/
# in Docker's own format, as most images of registries are
sh app/rootfs.sh >"$SCRATCH/rootfs.tar"
id=$(podman import --quiet "$SCRATCH/rootfs.tar")
does skopeo copy --quiet --format v2s2 "containers-storage:${id#sha256:}" docker://localhost:5001/redis:7
does podman rmi "$id"
podman rmi localhost:5001/redis:7 localhost/e2e/redis >/dev/null 2>&1 || true

# --- one environment ----------------------------------------------------------------------------------------------------

row 'everything comes up: pulled, built with a secret and a volume, CRDs first, kustomized, in a namespace of its own'
generate
up
answers 31990 hello
is 'orders' 'first second' "$(for ns in default shop; do kube --namespace $ns get orders --output name; done | sed 's,.*/,,' | xargs)"
is 'the namespace of the overlay' overlay "$(kube get deployment --all-namespaces --selector part=overlay --output 'jsonpath={.items[*].metadata.namespace}')"
is 'what the pulled image runs as' 1 "$(kube --namespace overlay get pods --output 'jsonpath={.items[*].spec.containers[*].image}' | grep -c 'localhost:5001/redis:e2e-')"
is 'the answer through the forwarded port' hello "$(cat out/answer)"
is 'the image as a task sees it' 1 "$(grep -c '^localhost/app:e2e-[0-9a-f]* in shop of real-language$' out/image)"
# shellcheck disable=SC2016  # nobody runs it
is 'what was made before image and cluster' 'it'"'"'s $(id) made' "$(cat out/made)"
is 'tries of the flaky task' 3 "$(wc -l <out/tries)"
is 'the volume' built "$(sort -u .cache/shared/builds)"
if grep -rq "$secret" .e2e e2e.ninja; then complain 'expected: the secret is nowhere' "got:      $(grep -rl "$secret" .e2e e2e.ninja | head)"; fi
leftover=$(pgrep -fc "kubectl.*port-forwar[d].*language" || true)
is 'port-forwards that are left' 0 "$leftover"

row 'a command line without a spec, with a profile or a variable that is not there: told'
for words in '' 'language --profile quiet' 'language --set COLOUR=red' 'language --set nothing'; do
  # shellcheck disable=SC2086
  if "$E2EGEN" $words >"$OUTPUT" 2>&1; then complain "expected: '$words' is refused" 'got:      it is not'; fi
  says 'help:'
done

row 'again: nothing to do'
up
nothing_ran

# The value is in rendered manifests that only their owner may read, and nowhere else.
value_is_hidden() {
  is 'where the value is' '600 .e2e/env/language/deploy/overlay.yaml 600 .e2e/env/language/deploy/settings.yaml' \
    "$(grep -rlF -e "${value##* }" .e2e ./*.ninja "$OUTPUT" | sort | xargs stat -c '%a %n' | xargs)"
  grep -rqF -e "$(printf '%s\nof two lines' "$value" | base64 --wrap 0)" .e2e ./*.ninja && complain 'expected: no base64 of the value' 'got:      there is one'
  is 'the value in the Secret' "$(printf '%s\nof two lines' "$value")" "$(kube --namespace settings get secret settings --output 'jsonpath={.data.token}' | base64 --decode)"
  is 'the value of the pods' "$(printf '%s\nof two lines' "$value")" "$(kube --namespace overlay get pods --field-selector status.phase=Running --output 'jsonpath={.items[0].metadata.annotations.word}')"
  is 'the value in the environment' "$(printf '%s\nof two lines' "$value")" "$(cat out/seen)"
}

row 'what a task wrote is in manifests and in an environment, and nowhere else'
value_is_hidden
# shellcheck disable=SC2016
is 'the text in the Secret' 'home = ${HOME}' "$(kube --namespace settings get secret settings --output 'jsonpath={.data.file}' | base64 --decode | tail -n 1)"
is 'the number, and the variable' '8081 hello: {x} # y' "$(kube --namespace settings get service settings --output 'jsonpath={.spec.ports[0].port} {.metadata.annotations.greeting}')"

row 'it writes another value, of what cannot be changed: made anew; the value is not logged; only what holds it is applied'
edit settings/settings.yaml 's/^stringData:/immutable: true\n&/'
up
value="other: $(tr -dc a-z0-9 </dev/urandom | head -c 24 || true)"
printf '%s\nof two lines\n' "$value" >secret/run-time
up
is 'where the value is written, but in manifests' '' "$(grep -rlF -e "${value##* }" .e2e/logs .e2e/trace.jsonl .e2e/*.claims "$OUTPUT" || true)"
ran_none_of '^(cluster|image|export|load)/|/(app|kinds)$'
value_is_hidden
up
nothing_ran

row 'the suite runs in three shards, with one report'
up test
ran test/suite-{0,1,2} report/suite
is 'what followed each shard' 3 "$(grep -lx passed-namespace/shop out/after-{0,1,2} | wc -l)"
is 'shards' '0 of 3 1 of 3 2 of 3' "$(cat out/shard-* | sort | xargs)"
is 'suites in the report' 3 "$(grep -o '<testsuite ' out/junit.xml | wc -l)"

row 'a file comes that the pattern of its inputs means, and one that it does not'
mkdir -p app/more
touch app/more/run.sh
up test
nothing_ran
touch app/more/suite-too.sh
up test
ran test/suite-{0,1,2} report/suite

row 'its report is deleted: made again; an output of a task is deleted: it runs again'
rm out/junit.xml
up test
ran report/suite
rm out/answer
up
ran task/fetch

row 'one thing by its name'
up deploy/app task/fetch image/app
nothing_ran

row 'a profile changes one image, and back again nothing is built'
"$E2EGEN" language --profile loud --quiet "${node_image[@]}"
up
answers 31990 HELLO
ran_none_of '^(cluster|image/(rootfs|redis|side))'
generate
up
answers 31990 hello
ran_none_of '^(cluster|image|export)'
"$E2EGEN" language --profile loud --quiet "${node_image[@]}"
up
ran_none_of '^(cluster|image|export)'
generate
up

row 'a variable: from the command line, from the environment, and ninja alone keeps it'
GREETING=salut "$E2EGEN" language --quiet "${node_image[@]}"
up
answers 31990 salut
touch specs/language.yaml
echo '# edited' >>specs/language.yaml
up
ran_none_of image
"$E2EGEN" language --set GREETING=hello --quiet "${node_image[@]}"
up
answers 31990 hello

row 'an image that the registry has is taken from there'
side=$(result side)
does skopeo copy --quiet "containers-storage:${side#sha256:}" docker://localhost:5001/side:ci
"$E2EGEN" language --set APP_PREBUILT=localhost:5001/side:ci --quiet "${node_image[@]}"
edit app/side.Containerfile 's/100000/200000/'
up
is 'the image' "$side" "$(result side)"
generate
up
isnt 'the image' "$side" "$(result side)"

# kubectl then knows the kind no more, and fails at what it is asked of the others
row 'a CRD is deleted by hand, and its objects go with it: applied again'
kube delete crd orders.example.com
up
ran_none_of '^(image|export|load|cluster)/|overlay'
is 'orders' 'first second' "$(for ns in default shop; do kube --namespace $ns get orders --output name; done | sed 's,.*/,,' | xargs)"
up
nothing_ran

row 'the kustomization is edited: only it is applied'
edit base/objects.yaml 's/200000\|"100000"/"300000"/'
up
ran_none_of '^(cluster|image|load|apply/(app|kinds))'
is 'applied' apply/overlay "$(events ran | grep apply)"

# --- what wants an agent or a password -----------------------------------------------------------------------------------

# access [TARGET...]: ninja succeeds on access.yaml.
access() { up -f access.ninja "$@"; }

# access_fails TARGET TEXT...: it fails, says all that, and claims nothing.
access_fails() {
  run_ninja -f access.ninja "$1"
  if ((!status)); then complain "expected: ninja $1 fails" 'got:      exit status 0'; fi
  says "${@:2}"
  case $1 in
    load) is 'stamps of pushes' '' "$(stamps .e2e/env/access | xargs -n 1 | grep /load/ || true)" ;;
    *) no_stamp ".e2e/images/${1#*/}.stamp" ;;
  esac
}

# written_nowhere WHAT TEXT: neither in the state nor in a Ninja file, nor said.
written_nowhere() {
  local where
  where=$(grep -rlF -e "$2" .e2e ./*.ninja "$OUTPUT" || true)
  is "where $1 is written down" '' "$where"
}

row 'ssh without an agent, and with one that is gone: said so'
does ssh-keygen -q -t ed25519 -N '' -C '' -f "$SCRATCH/key"
cp "$SCRATCH/key.pub" app/agent.pub
does "$E2EGEN" access --quiet -o access.ninja
access_fails image/signer "help: \`ssh: default\` wants an ssh agent"
SSH_AUTH_SOCK=$SCRATCH/gone access_fails image/signer 'help: what a RUN --mount wants is not there: for type=ssh an agent that answers'

row 'ssh with an agent: a RUN signs with its key; neither key nor socket is written down'
ssh-agent -D -a "$SCRATCH/agent" >/dev/null &
agent=$!
await 10 test -S "$SCRATCH/agent"
# the one that was gone is named in podman's own message
rm .e2e/logs/images.signer.*
SSH_AUTH_SOCK=$SCRATCH/agent does ssh-add -q "$SCRATCH/key"
SSH_AUTH_SOCK=$SCRATCH/agent access image/signer
ran image/signer
written_nowhere 'the socket' "$SCRATCH/agent"
written_nowhere 'the key' "$(sed -n 2p "$SCRATCH/key")"
kill "$agent"
access image/signer
nothing_ran

row 'a registry that wants a password: without and with a wrong one, said so'
password=$(tr -dc a-z0-9 </dev/urandom | head -c 24 || true)
# bcrypt, the only one that it takes; perl is in every Debian
# shellcheck disable=SC2016
echo "e2e:$(perl -e 'chomp($_ = <STDIN>); print crypt($_, q($2b$05$abcdefghijklmnopqrstuu))' <<<"$password")" >"$SCRATCH/htpasswd"
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/guarded}}\nhttp: {addr: "127.0.0.1:5002"}\nauth: {htpasswd: {realm: e2e, path: %s/htpasswd}}\n' \
  "$SCRATCH" "$SCRATCH" >"$SCRATCH/guarded.yaml"
docker-registry serve "$SCRATCH/guarded.yaml" >"$SCRATCH/guarded.log" 2>&1 &
printf '[[registry]]\nlocation = "localhost:5002"\ninsecure = true\n' >>"$HOME/.config/containers/registries.conf"
log_in() { podman login --username e2e --password-stdin --authfile "$SCRATCH/auth.json" localhost:5002 <<<"$password"; }
await 20 log_in
printf '{"auths": {"localhost:5002": {"auth": "%s"}}}' "$(echo -n e2e:wrong | base64)" >"$SCRATCH/wrong.json"
for name in private base; do
  REGISTRY_AUTH_FILE=$SCRATCH/auth.json does skopeo copy --quiet "containers-storage:$(result rootfs | cut -d: -f2)" "docker://localhost:5002/$name:1"
  podman rmi "localhost:5002/$name:1" >/dev/null 2>&1 || true
done
for image in image/private image/extended; do
  access_fails "$image" 'unauthorized' 'help: the registry wants other credentials, or any at all:'
  REGISTRY_AUTH_FILE=$SCRATCH/wrong.json access_fails "$image" 'unauthorized' 'help: the registry wants'
done

row 'with the password: pulled, and built FROM what is there; it is written nowhere'
export REGISTRY_AUTH_FILE=$SCRATCH/auth.json
access image/private image/extended
ran image/private image/extended
access image/private image/extended
nothing_ran
unset REGISTRY_AUTH_FILE

row 'pushed there: with a wrong password said so, with the one that the home folder has done'
REGISTRY_AUTH_FILE=$SCRATCH/wrong.json access_fails load 'unauthorized' 'help: the registry wants'
does cp "$SCRATCH/auth.json" "$HOME/.config/containers/auth.json"
access
ran_none_of image
read -ra pushed <out/pushed
is 'images pushed' 3 "${#pushed[@]}"
for image in "${pushed[@]}"; do does skopeo inspect --raw "docker://$image"; done
access
nothing_ran
written_nowhere 'the password' "$password"
written_nowhere 'the password, as the login keeps it' "$(echo -n "e2e:$password" | base64)"
does rm "$HOME/.config/containers/auth.json"

# --- more environments ----------------------------------------------------------------------------------------------------

row 'two environments in one file: the shared image is built once, both clusters come up'
"$E2EGEN" language second --quiet -o both.ninja --set "NODE=${node_image[1]:-}"
from_now
does ninja -f both.ninja up
is 'clusters' 'real-language real-second' "$(kind get clusters 2>/dev/null | grep -E '^real-(language|second)$' | sort | xargs)"
is 'images that went whole' .e2e/images/app.tar "$(ls .e2e/images/*.tar)"
is 'nodes of the second' 2 "$(kubectl --kubeconfig .e2e/env/second/kubeconfig get nodes --no-headers | wc -l)"
answers 31991 hello
ran_none_of '^image/(rootfs|app)$'
does ninja -f both.ninja second/down
is 'clusters' real-language "$(kind get clusters 2>/dev/null | grep -E '^real-(language|second)$' | sort | xargs)"

row 'an existing cluster: pushed, pulled by its nodes, and left alone by down'
before=$(cluster)
"$E2EGEN" existing --quiet -o existing.ninja
# the NodePort is the other environment's
sed -i '/nodePort/s/, nodePort: 30080//' manifests/app.yaml
does ninja -f existing.ninja
is 'the pods' 1 "$(kube --namespace theirs get pods --output 'jsonpath={.items[*].spec.containers[*].image}' | grep -c "$gateway:5001/app:e2e-")"
from_now
does ninja -f existing.ninja
ran ''
does ninja -f existing.ninja down
is 'the cluster' "$before" "$(cluster)"
is 'what was applied' '' "$(kube --namespace theirs get deployments --output name)"

# waits [WORDS...]: compiles waits.yaml
waits() { does "$E2EGEN" waits --quiet -o waits.ninja "$@"; }

row 'what nobody made does not come: each wait tells what it saw last'
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=nobody -keyout "$SCRATCH/nobody.key" -out "$SCRATCH/nobody.pem" -days 1 2>/dev/null
openssl s_server -accept 127.0.0.1:31999 -key "$SCRATCH/nobody.key" -cert "$SCRATCH/nobody.pem" -WWW >"$SCRATCH/server.log" 2>&1 &
server=$!
waits
run_ninja -f waits.ninja -k 0
if ((!status)); then complain 'expected: ninja fails' 'got:      exit status 0'; fi
says 'deployments.apps "later" not found' 'no matching resources found' 'have a resource type "parcels"' \
  'no address; at last: Error from server (NotFound): endpoints "later" not found' \
  'https://127.0.0.1:31999/ is to answer with 401; at last: '
ran cluster/waits apply/seen ready/seen{,,,,,,,}
kill "$server"

row 'an operator makes it later: it is waited for until it is there, and as the spec says'
sed -i 's,/=401,/=200,' specs/waits.yaml
waits --set PATIENCE=120s
image=$(kube --namespace shop get deployment app --output 'jsonpath={.spec.template.spec.containers[0].image}')
ninja -f waits.ninja >"$OUTPUT" 2>&1 </dev/null &
waiting=$!
sleep 3
does kube apply --filename later-crd.yaml
sleep 2
sed "s,IMAGE,$image," later.yaml | kube apply --filename - >/dev/null
mkdir -p "$SCRATCH/www"
(cd "$SCRATCH/www" && echo there >index.html && exec openssl s_server -accept 127.0.0.1:31999 -key ../nobody.key -cert ../nobody.pem -www >/dev/null 2>&1) &
sleep 3
kill -0 "$waiting" 2>/dev/null || complain 'expected: it still waits for the parcel' 'got:      it has ended'
does kube --namespace waits patch parcels.later.example.com first --type merge --patch '{"spec": {"state": "sent"}}'
wait "$waiting" || complain 'expected: it comes up' "got:      $(tail -n 20 "$OUTPUT")"
from_now
does ninja -f waits.ninja
ran ''

row 'two versions: two environments of one file'
"$E2EGEN" versions --quiet -o versions.ninja --set OLD=node:1 --set NEW=node:2
is 'clusters' 'versions-1/cluster versions-2/cluster' "$(sed -n 's,^build \(versions-.*/cluster\): .*,\1,p' versions.ninja | sort | xargs)"
is 'builds of the app' 1 "$(grep -c '^build .e2e/images/app.stamp:' versions.ninja)"

row 'all ports, and who takes them'
"$E2EGEN" ports language second >"$OUTPUT" 2>&1 || complain 'expected: no port is taken twice' 'got:      exit status 1'
says 31990 31991

finish
