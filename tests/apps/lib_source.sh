# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian source packages for the tests of ported programs. A private apt folder in CACHE reads the
# machine's own list of mirrors, with sources in place of packages; nothing of the system is changed.

# The mirrors of Debian that this machine has, as sources.
source_list() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] && grep -q 'debian-archive-keyring' "$file" &&
      sed 's/^Types:.*/Types: deb-src/' "$file" && return
  done
  [ -r /etc/apt/sources.list ] && sed -n 's/^deb \(.*debian.*\)/deb-src \1/p' /etc/apt/sources.list
}

# With the private folder: apt_here COMMAND ARGUMENT...
apt_here() {
  "$1" -q -o Dir::Etc::sourcelist="$CACHE/apt/list" -o Dir::Etc::sourceparts="$CACHE/apt/parts" \
    -o Dir::State::lists="$CACHE/apt/lists" -o Dir::Cache="$CACHE/apt/cache" \
    -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "${@:2}"
}

# source_download PACKAGE: the newest version that the mirror has. Its lists may know one of the archive
# for security that it does not hold.
source_download() {
  local version
  while read -r version; do
    apt_here apt-get --download-only source "$1=$version" && return
  done < <(apt_here apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -rV)
  return 1
}

# source_fetch PACKAGE: sets SOURCE to its unpacked folder.
source_fetch() {
  local folder=$CACHE/source/$1
  if [ ! -e "$folder/.complete" ]; then
    mkdir -p "$CACHE"/apt/{parts,lists/partial,cache/archives/partial} "$folder" || return 1
    if ! ls "$CACHE"/apt/lists/*Sources* >/dev/null 2>&1; then
      source_list >"$CACHE/apt/parts/debian.sources"
      : >"$CACHE/apt/list"
      apt_here apt-get update || return 1
    fi
    (cd "$folder" && source_download "$1" &&
      rm -rf unpacked && dpkg-source --no-check --no-copy -x ./*.dsc unpacked && touch .complete) ||
      return 1
  fi
  SOURCE=$folder/unpacked
}

# The flags of the linker for libraries in these folders.
library_flags() {
  local folder
  for folder in "$@"; do
    printf '%s ' "-L$folder" "-Wl,-rpath,$folder"
  done
}

# source_problem PACKAGE LOG: a source that cannot be had skips the test, one that does not compile
# fails it.
source_problem() {
  [ -e "$CACHE/source/$1/.complete" ] || skip_all "no Debian source package $1: $(tail -n 1 "$2")"
  sed 's/^/# /' "$2" | tail -n 30
  bail_out "$1 does not compile"
}
