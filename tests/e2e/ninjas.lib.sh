# shellcheck shell=bash
# Ninja of other Debian releases, unpacked into the cache with the C library that it wants. Sourced.

# shellcheck source=SCRIPTDIR/../../specs/node-image/lib.sh
. "$E2EGEN_SOURCE/specs/node-image/lib.sh"

# ninja_of SUITE: prints the path of a script that starts the Ninja of that suite; returns non-zero if it can't be had.
ninja_of() {
  local suite=$1 folder=$CACHE/ninja-$1 apt
  if [[ ! -x $folder/ninja ]]; then
    mapfile -t apt < <(private_apt "$suite" deb "$suite" 2>/dev/null)
    ((${#apt[@]})) || return
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    (
      cd "$folder.new" || exit
      if [[ ! -s $CACHE/apt-$suite/lists/lock || -z $(compgen -G "$CACHE/apt-$suite/lists/*Packages*") ]]; then
        apt-get "${apt[@]}" update -qq || exit
      fi
      for package in ninja-build libc6 libstdc++6 libgcc-s1; do
        apt-get "${apt[@]}" download -qq "$package/$suite" || exit
      done
      for package in *.deb; do dpkg -x "$package" . || exit; done
      rm ./*.deb
    ) >&2 || return
    cat >"$folder.new/ninja" <<'START'
#!/bin/sh
here=${0%/*}
for loader in "$here"/usr/lib*/ld-linux*.so.* "$here"/lib*/ld-linux*.so.* "$here"/usr/lib/*/ld-linux*.so.*; do
  if [ -x "$loader" ]; then break; fi
done
exec "$loader" --library-path "$(echo "$here"/usr/lib/*-linux-gnu | tr ' ' :)" "$here/usr/bin/ninja" "$@"
START
    chmod +x "$folder.new/ninja"
    "$folder.new/ninja" --version >/dev/null || return
    mv "$folder.new" "$folder"
  fi
  echo "$folder/ninja"
}

# Those that can be had, in $others.
others=()
for suite in trixie sid; do
  if other=$(ninja_of "$suite"); then
    others+=("$other")
  else
    echo "skip: the Ninja of Debian $suite can't be had"
  fi
done
if ((!${#others[@]})); then exit 77; fi
