#!/usr/bin/env bash
# What e2egen keeps (.e2e, .ninja_log, the Ninja file) is lost, damaged, moved, restored elsewhere, or given other mtimes.
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

everything=$(words image/{rootfs,base,api,web} archive/{api,web} cluster/shop "$in_cluster")

# mtimes HOW: of all files of the workspace, and of .e2e
mtimes() {
  local file
  case $1 in
    new) find . -type f -exec touch {} + ;;
    old) find . -type f -exec touch -d '2001-01-01' {} + ;;
    future) find . -type f -exec touch -d '+1 day' {} + ;;
    shuffled)
      while read -r file; do touch -d "-$((RANDOM % 100000)) seconds" "$file"; done < <(find . -type f | sort) ;;
  esac
}

for how in new old future shuffled; do
  row "$how mtimes on everything" && {
    RANDOM=7
    mtimes "$how"
    up
    ran
    calls
    up
    ran
    calls
    world_is_right
  }

  row "$how mtimes on everything, and a source of api is edited" && {
    RANDOM=8
    mtimes "$how"
    edit api/main.txt
    up
    ran "$api"
    calls "$api_calls"
    world_is_right
  }
done

row 'an edit after a run with future mtimes' && {
  mtimes future
  up
  edit api/main.txt
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'what the compiler read has a future mtime, what it wrote has not' && {
  touch -d '+1 day' .e2e/e2e.reads
  up
  ran
  calls
  up
  nothing
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  up
  ran "$api"
}

row 'what the compiler wrote has a future mtime, and the log of ninja is lost: an edited spec is seen' && {
  touch -d '+1 day' .e2e/e2e.done e2e.ninja
  rm .e2e/e2e.builddir/.ninja_log
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  up
  ran "$api"
}

row 'the log of ninja is lost' && {
  rm .e2e/e2e.builddir/.ninja_log
  up
  ran
  calls
  up
  nothing
}

row 'the log of ninja is lost, and a source of api is edited' && {
  rm .e2e/e2e.builddir/.ninja_log
  edit api/main.txt
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'the stat cache is lost or damaged' && {
  rm -f .e2e/stat.cache
  up
  nothing
  echo nonsense >.e2e/stat.cache
  edit api/main.txt
  up
  ran "$api"
}

row 'the note of what a scan found at rest is lost or damaged, and nothing was missed' && {
  sleep 0.1 && up && up && nothing  # one reads the files, the next one need not
  [[ -s .e2e/e2e.rest ]] || complain "no scan found rest"
  echo nonsense >.e2e/e2e.rest
  up && nothing
  sleep 0.1 && up && nothing
  edit api/main.txt
  up
  ran "$api"
}

row 'the claims file is lost: it comes back by itself' && {
  rm .e2e/e2e.claims
  edit api/main.txt
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'the claims file is damaged: it comes back by itself' && {
  truncate --size 1000 .e2e/e2e.claims
  edit api/main.txt
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a stamp is damaged' && {
  truncate --size 20 .e2e/images/api.stamp
  up
  deleted image/api
  ran image/api
  calls build/api
  world_is_right
}

row 'a stamp is emptied' && {
  : >.e2e/env/shop/load/api.stamp
  up
  ran load/api
  calls load/api
  world_is_right
}

row 'the stamp of another image is put in its place' && {
  cp .e2e/images/web.stamp .e2e/images/api.stamp
  up
  ran {image,archive}/api
  held load/api
  calls {build,save}/api
  world_is_right
}

row 'a rendered manifest is deleted' && {
  rm .e2e/env/shop/deploy/web.yaml
  up
  ran {apply,ready}/web
  calls {apply,rollout}/web
  world_is_right
}

row 'the kubeconfig is deleted' && {
  rm .e2e/env/shop/kubeconfig
  up
  ran cluster/shop "$in_cluster"
  calls delete/shop create/shop "$in_cluster_calls"
  world_is_right
}

row 'the Ninja file is deleted' && {
  rm e2e.ninja
  generate
  up
  nothing
}

row 'the state folder is deleted, the world is there' && {
  rm -r .e2e
  generate
  up_fails "the name 'shop' is taken, and not by this workspace"
  rm -r "$cluster"
  up
  world_is_right
}

row 'the state folder is deleted, and the cluster' && {
  rm -r .e2e "$cluster"
  generate
  up
  ran "$everything"
  world_is_right
}

row 'the folder is moved' && {
  mv "$WORK" "$SCRATCH/site/moved"
  cd "$SCRATCH/site/moved"
  up
  nothing
  edit api/main.txt
  from_now
  "$NINJA" -f "$SCRATCH/site/moved/e2e.ninja" >"$SCRATCH/output" 2>&1 || complain 'ninja failed'
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'a clone without state, elsewhere, while the first one is up' && {
  mkdir "$SCRATCH/site/clone"
  cp -a specs manifests rootfs base api web seed smoke kind.yaml "$SCRATCH/site/clone"
  cd "$SCRATCH/site/clone"
  generate
  up_fails "the name 'shop' is taken, and not by this workspace"
  [[ -e $cluster/uid ]] || complain 'the cluster is gone'
}

# restored: .e2e as a cache brings it, into a fresh clone at another path, on a machine that has nothing
restored() {
  mkdir "$SCRATCH/site/other"
  cp -r specs manifests rootfs base api web seed smoke kind.yaml .e2e "$SCRATCH/site/other"
  cd "$SCRATCH/site/other"
  rm -r "${E2E_WORLD:?}"/{images,tags,clusters}/*
  generate
}

row 'a restored cache on an empty machine: no build' && {
  restored
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row 'a restored cache with shuffled mtimes: no build' && {
  restored
  RANDOM=9
  mtimes shuffled
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
}

row 'a restored cache of the images alone: no build; and what is brought back from it, gc knows' && {
  find .e2e -mindepth 1 -maxdepth 1 ! -name images ! -name oci -exec rm -r {} +
  base=$(id_of base)
  rm -r "${E2E_WORLD:?}"/{images,tags,clusters}/*
  generate
  up
  ran cluster/shop "$in_cluster"
  calls create/shop "$in_cluster_calls"
  world_is_right
  edit api/main.txt
  edit web/page.txt
  up
  world_is_right
  expect 'in the ledger' "$(grep -c "$base" .e2e/ledger)" 1
}

row 'a restored cache, and a source of api is edited' && {
  restored
  edit api/main.txt
  up
  ran "$bases" {image,archive}/api cluster/shop "$in_cluster"
  calls "$bases_calls" build/api save/api create/shop "$in_cluster_calls"
  world_is_right
}

row 'a restored cache whose archive is cut short' && {
  archive=$(archive_of web)
  restored
  truncate --size 10 "$archive"
  up
  ran "$bases" {image,archive}/web cluster/shop "$in_cluster"
  calls "$bases_calls" build/web save/web create/shop "$in_cluster_calls"
  world_is_right
}

row 'a base that two builds want back is brought back once' && {
  if [[ $TRANSPORT == layers ]]; then
    restored
    edit api/main.txt
    edit web/page.txt
    # waits for the other one, who must not come
    # shellcheck disable=SC2016
    fault restore.base 'for i in 1 2 3 4 5 6 7 8; do if [ "$(grep -c restore/base "$world/calls")" = 2 ]; then break; fi; sleep 0.05; done'
    up
    expect 'brought back' "$(world_calls | grep restore)" restore/base
    world_is_right
  fi
}

row 'an edit is taken back that the compiler could not write to the end' && {
  cp specs/shop.yaml "$SCRATCH/shop.yaml"
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  # written after the claims, and before the Ninja file
  mv .e2e/e2e.host.ninja "$SCRATCH/host"
  mkdir .e2e/e2e.host.ninja
  generate
  if ((!status)); then complain 'a file that is a folder was written'; fi
  rmdir .e2e/e2e.host.ninja
  mv "$SCRATCH/host" .e2e/e2e.host.ninja
  cp "$SCRATCH/shop.yaml" specs/shop.yaml
  up
  world_is_right
  # the claims of the edited spec must not have stood beside the Ninja file of the other: an image would bear them
  sed -i 's/VERSION: one/VERSION: two/' specs/shop.yaml
  up
  ran "$api"
  calls "$api_calls"
  world_is_right
}

row 'the program is another one: the compiler runs anew, and only then' && {
  cp "$E2EGEN" "$SCRATCH/e2egen"
  "$SCRATCH/e2egen" shop --quiet 2>"$SCRATCH/output"
  compiled=$(stat -c '%i %y' .e2e/e2e.done)
  up # its path is another one in each command
  touch "$SCRATCH/e2egen"
  up
  nothing
  if [[ $(stat -c '%i %y' .e2e/e2e.done) != "$compiled" ]]; then complain 'it ran, and nothing had changed'; fi
  # another linker's digest, and so another program, of the same size and date
  perl -0777 -i -pe 'BEGIN { $id = pack "H*", shift } s/\Q$id\E/"x" x length $id/ge' \
    "$(readelf --notes "$SCRATCH/e2egen" | sed -n 's/.*Build ID: //p')" "$SCRATCH/e2egen"
  touch -r "$E2EGEN" "$SCRATCH/e2egen"
  up
  nothing
  if [[ $(stat -c '%i %y' .e2e/e2e.done) == "$compiled" ]]; then complain 'it did not run'; fi
  rm "$SCRATCH/e2egen"
}

finish
