#!/usr/bin/env bash
# What somebody who types is offered: each shell that is here, with the script that e2egen prints for it.
set -euo pipefail

: "${E2EGEN:?the program to test}"
E2EGEN=$(realpath "$E2EGEN")
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/e2egen-completions.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
failed=0 shells=0

mkdir -p "$SCRATCH/bin" "$SCRATCH/site/specs" "$SCRATCH/home"
ln -s "$E2EGEN" "$SCRATCH/bin/e2egen"
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
export PATH=$SCRATCH/bin:$PATH HOME=$SCRATCH/home ZDOTDIR=$SCRATCH/home TERM=xterm LINE ANSWER=$SCRATCH/answer
cd "$SCRATCH/site"
printf 'cluster: {name: x}\nprofiles: {coverage: {}, race: {}}\n' >specs/shop.yaml
printf 'profiles: {other: {}}\n' >specs/shipping.yaml
touch shopping-list

# at_terminal COMMAND: its input is what is typed.
at_terminal() { timeout 60 script -qec "$1" /dev/null >"$SCRATCH/seen" 2>&1 || true; }

# The keys ESC * put all that is offered into the line; the command that it then is says what it was given.
cat >"$SCRATCH/home/.bashrc" <<'END'
source <(command e2egen completions bash)
e2egen() { if [[ $1 == completions ]]; then command e2egen "$@"; else printf '%s\n' "$@" >"$ANSWER"; fi; }
END
ask_bash() {
  local -a before
  read -ra before <<<"${LINE##*e2egen}"
  if [[ $LINE != *' ' ]]; then unset 'before[-1]'; fi
  printf '%s\e*\nexit\n' "$LINE" | at_terminal 'bash --noprofile -i'
  tail -n "+$((${#before[@]} + 1))" "$ANSWER" >"$ANSWER.last"
  mv "$ANSWER.last" "$ANSWER"
}

# The line is typed by a widget, and what is offered passes through compadd.
cat >"$SCRATCH/home/.zshrc" <<'END'
autoload -U compinit
compinit -u -d $ZDOTDIR/dump
source <(e2egen completions zsh)
compadd() {
  local -a offered
  builtin compadd -O offered "$@"
  if (($#offered)); then print -rl -- $offered >>$ANSWER; fi
  builtin compadd "$@"
}
zle-line-init() {
  BUFFER=$LINE CURSOR=$#LINE
  zle complete-word
  exit
}
zle -N zle-line-init
END
ask_zsh() { at_terminal 'zsh -i' </dev/null; }

# shellcheck disable=SC2016   # fish has the variables
ask_fish() { fish --no-config -c 'e2egen completions fish | source; complete -C $LINE' >"$ANSWER" 2>"$SCRATCH/seen" || true; }

# offers LINE WORDS: the words, in any order. Shells differ in whether they say --option= and the / of a folder again.
offers() {
  local offered
  LINE=$1
  : >"$ANSWER"
  case $shell in
    bash) ask_bash ;;
    zsh) ask_zsh ;;
    fish) ask_fish ;;
  esac
  offered=$(sed 's|^--[a-z]*=||; s|/$||' "$ANSWER" | LC_ALL=C sort -u | paste -sd ' ')
  if [[ $offered == "$2" ]]; then echo "ok    $shell: $LINE"; return; fi
  failed=1
  echo "WRONG $shell: $LINE: it offers '$offered', not '$2'"
  sed 's/^/      > /' "$SCRATCH/seen"
}

for shell in bash zsh fish; do
  if ! command -v "$shell" >/dev/null; then echo "skip  $shell is not installed"; continue; fi
  if [[ $shell != fish ]] && ! command -v script >/dev/null; then echo "skip  $shell: nothing gives it a terminal"; continue; fi
  shells=$((shells + 1))
  offers 'e2egen sh' 'shipping shop'
  offers 'e2egen in' 'init'
  offers 'e2egen fmt --c' '--check'
  offers 'e2egen cache ' 'key size'
  offers 'e2egen cache key --format ' 'github gitlab plain'
  offers 'e2egen shop --profile ' 'coverage race'
  offers 'e2egen shop --profile=c' 'coverage'
  offers 'e2egen init -o shopp' 'shopping-list'
  offers 'e2egen init --output=shopp' 'shopping-list'
  offers 'e2egen shop spe' 'specs'
  offers 'true; e2egen ports --h' '--help'
done
if ((shells == 0)); then exit 77; fi
exit "$failed"
