#!/usr/bin/env bash
# What it costs to compile a spec of 1,000 services (each an image from its own Containerfile, a manifest, a deployment
# that needs another; a task for each ten), against generators of Ninja files on the same graph: GN (gn gen; with one
# file, and with one in the folder of each service), CMake (cmake -GNinja) and Meson (meson setup). Theirs has a command
# for each step of ours, each with its stamp and with what it depends on; it reads no Containerfile and no manifest, and
# writes no claims.
#
# usage: compile.sh [SERVICES]
#
# The same steps, and, for a peer that writes more statements around a step than ours (stamps, aliases), as many services
# as give it as many build statements as ours has: smaller graphs. Cold: no output is there; warm: that of the last run.
# Peers that are missing are installed (as root, by apt), or left out.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
SERVICES=${1:-1000}

# have COMMAND PACKAGE
have() {
  if command -v "$1" >/dev/null; then return; fi
  if [[ $(id -u) == 0 ]] && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >"$BENCH/apt.log" 2>&1; then return; fi
  echo "without $1: the package $2 is not there" >&2
  return 1
}

# shellcheck source=SCRIPTDIR/services.sh
. "$(dirname "${BASH_SOURCE[0]}")/services.sh"

# The folder's file of rules, for both ways of writing it for GN.
gn_rules() {
  mkdir -p "$1"
  printf 'buildconfig = "//BUILDCONFIG.gn"\nscript_executable = "/bin/sh"\n' >"$1/.gn"
  echo 'set_default_toolchain("//:sh")' >"$1/BUILDCONFIG.gn"
  cat >"$1/service.gni" <<'GN'
template("step") {
  action(target_name) {
    forward_variables_from(invoker, [ "inputs", "deps" ])
    script = "//step.sh"
    outputs = [ "$target_out_dir/$target_name.done" ]
    args = rebase_path(outputs, root_build_dir) + [ target_name ]
  }
}
template("service") {
  name = target_name
  step("image_$name") {
    inputs = [ "//svc/$name/Containerfile", "//svc/$name/main.txt" ]
    deps = invoker.from
  }
  step("layers_$name") {
    deps = [ ":image_$name" ]
  }
  step("load_$name") {
    deps = [ ":layers_$name", "//:cluster" ]
  }
  step("apply_$name") {
    inputs = [ "//svc/$name/manifest.yaml" ]
    deps = [ ":load_$name" ] + invoker.needs
  }
  step("rollout_$name") {
    deps = [ ":apply_$name" ]
  }
}
GN
  cat <<'GN'
import("//service.gni")
toolchain("sh") {
  tool("stamp") {
    command = "touch {{output}}"
  }
}
step("cluster") {
}
GN
}

# gn_service I FROM NEED: labels, or nothing
gn_service() { printf 'service("s%s") {\n  from = [ %s ]\n  needs = [ %s ]\n}\n' "$1" "${2:+\"$2\"}" "${3:+\"$3\"}"; }
gn_task() { printf 'step("rollout_t%s") {\n  inputs = [ "//seed.sh" ]\n  deps = [ "%s" ]\n}\n' "$1" "$2"; }

# One file.
write_gn() {
  local i need from=
  mkdir -p "$1"
  {
    gn_rules "$1"
    for ((i = 0; i < $2; i++)); do
      need=$(after $i)
      gn_service "$i" "$from" "${need:+:rollout_$need}"
      from=:image_s0
      if ((i % 10 == 9)); then gn_task $((i / 10)) ":rollout_s$i"; fi
    done
  } >"$1/BUILD.gn"
}

# A file for each service, as GN has it where each is a folder.
write_gn_folders() {
  local i need from=
  mkdir -p "$1"
  {
    gn_rules "$1"
    for ((i = 9; i < $2; i += 10)); do gn_task $((i / 10)) "//svc/$i:rollout_s$i"; done
    printf 'group("up") {\n  deps = [\n'
    for ((i = 0; i < $2; i++)); do echo "    \"//svc/$i:rollout_s$i\","; done
    printf '  ]\n}\n'
  } >"$1/BUILD.gn"
  for ((i = 0; i < $2; i++)); do
    need=$(after $i)
    need=${need:+//svc/${need#s}:rollout_$need}
    mkdir -p "$1/svc/$i"
    { echo 'import("//service.gni")'; gn_service "$i" "$from" "$need"; } >"$1/svc/$i/BUILD.gn"
    from=//svc/0:image_s0
  done
}

write_cmake() {
  local i need
  mkdir -p "$1"
  touch "$1/seed.sh" "$1/step.sh"
  {
    cat <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(big NONE)
function(step name)
  add_custom_command(OUTPUT ${name}.done COMMAND sh ${CMAKE_SOURCE_DIR}/step.sh ${name}.done ${name} DEPENDS ${ARGN} VERBATIM)
endfunction()
function(service name from needs)
  step(image_${name} ${CMAKE_SOURCE_DIR}/svc/${name}/Containerfile ${CMAKE_SOURCE_DIR}/svc/${name}/main.txt ${from})
  step(layers_${name} image_${name}.done)
  step(load_${name} layers_${name}.done cluster.done)
  step(apply_${name} ${CMAKE_SOURCE_DIR}/svc/${name}/manifest.yaml load_${name}.done ${needs})
  step(rollout_${name} apply_${name}.done)
endfunction()
step(cluster)
CMAKE
    local all=()
    for ((i = 0; i < $2; i++)); do
      need=$(after $i)
      if ((i > 0)); then echo "service(s$i image_s0.done \"${need:+rollout_$need.done}\")"; else echo "service(s$i \"\" \"\")"; fi
      all+=("rollout_s$i.done")
      if ((i % 10 == 9)); then
        echo "step(rollout_t$((i / 10)) \${CMAKE_SOURCE_DIR}/seed.sh rollout_s$i.done)"
        all+=("rollout_t$((i / 10)).done")
      fi
    done
    echo "add_custom_target(up ALL DEPENDS ${all[*]})"
  } >"$1/CMakeLists.txt"
}

write_meson() {
  local i
  mkdir -p "$1"
  printf 'exit 0\n' >"$1/step.sh" && chmod +x "$1/step.sh"
  touch "$1/seed.sh"
  for ((i = 0; i < $2; i++)); do mkdir -p "$1/svc/$i" && touch "$1/svc/$i/Containerfile" "$1/svc/$i/main.txt" "$1/svc/$i/manifest.yaml"; done
  cat >"$1/meson.build" <<MESON
project('big')
step = [find_program('sh'), files('step.sh'), '@OUTPUT@']
cluster = custom_target('cluster', output: 'cluster.done', command: step)
needs = []
from = []
foreach i : range($2)
  name = 's@0@'.format(i)
  folder = 'svc/@0@/'.format(i)
  image = custom_target('image_' + name, output: 'image_' + name + '.done', command: step + ['image_' + name], depends: from,
    depend_files: files(folder + 'Containerfile', folder + 'main.txt'))
  if i == 0
    from = [image]
  endif
  layers = custom_target('layers_' + name, output: 'layers_' + name + '.done', command: step + ['layers_' + name], depends: image)
  load = custom_target('load_' + name, output: 'load_' + name + '.done', command: step + ['load_' + name], depends: [layers, cluster])
  apply = custom_target('apply_' + name, output: 'apply_' + name + '.done', command: step + ['apply_' + name], depends: [load] + needs,
    depend_files: files(folder + 'manifest.yaml'))
  rollout = custom_target('rollout_' + name, output: 'rollout_' + name + '.done', command: step + ['rollout_' + name], depends: apply,
    build_by_default: true)
  needs = [rollout]
  if i % 10 == 9
    task = 'rollout_t@0@'.format(i / 10)
    custom_target(task, output: task + '.done', command: step + [task], depends: rollout, build_by_default: true,
      depend_files: files('seed.sh'))
    needs = []
  endif
endforeach
MESON
}

# Each leaves its output in `out`, and the Ninja files in it.
run_e2egen() { "$E2EGEN" big -q -o out/e2e.ninja; }
run_gn() { gn gen -q out; }
run_gn_folders() { run_gn; }
run_cmake() { cmake -GNinja -S . -B out; }
run_meson() { if [[ -d out ]]; then meson setup --reconfigure out; else meson setup out; fi; }

# statements PEER: how many build statements there are, and how many of them run one of our steps.
statements() {
  local pattern=
  case $1 in
    e2egen) pattern='^build .*: (image_build|image_layers|layers_load|apply|rollout|run|cluster_create)( |$)' ;;
    gn*) pattern='^build .*: __' ;;
    *) pattern='^build [^:]*[.]done: CUSTOM_COMMAND' ;;
  esac
  find out -name '*.ninja' -print0 | xargs -0 cat >"$BENCH/statements"
  echo "$(grep -c '^build ' "$BENCH/statements") $(grep -cE "$pattern" "$BENCH/statements")"
}

# cold|warm PEER SERVICES; outputs are put aside, not deleted, which would take time
cold() {
  cd "$BENCH/$1-$2"
  if [[ -e out ]]; then mv out "../old.$EPOCHREALTIME"; fi
  if [[ -e .e2e ]]; then mv .e2e "../old.$EPOCHREALTIME"; fi
  "run_$1"
}
warm() { cd "$BENCH/$1-$2" && "run_$1"; }

# place PEER SERVICES: writes what the peer reads, and runs it once; leaves what statements says in TOTAL and STEPS.
place() {
  "write_$1" "$BENCH/$1-$2" "$2"
  (cold "$1" "$2") >"$BENCH/first.log" 2>&1 || { echo "$1 failed" >&2; tail -n 20 "$BENCH/first.log" >&2; return 1; }
  read -r TOTAL STEPS < <(cd "$BENCH/$1-$2" && statements "$1")
}

ours_cold() { cold e2egen "$SERVICES"; }
ours_warm() { warm e2egen "$SERVICES"; }
theirs_cold() { cold "$peer" "$count"; }
theirs_warm() { warm "$peer" "$count"; }

# against WHAT
against() {
  local runs=3
  if [[ $peer == gn* ]]; then runs=15; fi # it is near
  printf '%s: %s has %d steps in %d build statements, e2egen %d in %d\n' "$1" "$peer" "$STEPS" "$TOTAL" "$ours_steps" "$ours"
  compare $runs ours_cold theirs_cold
  row "  cold" e2egen "$peer"
  compare $runs ours_warm theirs_warm
  row "  warm" e2egen "$peer"
}

place e2egen "$SERVICES"
ours=$TOTAL ours_steps=$STEPS
for peer in gn:generate-ninja gn_folders:generate-ninja cmake:cmake meson:meson; do
  package=${peer#*:} peer=${peer%:*}
  have "${peer%_folders}" "$package" || continue
  count=$SERVICES
  place "$peer" "$count"
  against "same steps"
  same=$((SERVICES * ours / TOTAL))
  if ((same * 100 < SERVICES * 98)); then
    count=$same
    place "$peer" "$count"
    against "as many statements"
  fi
done
