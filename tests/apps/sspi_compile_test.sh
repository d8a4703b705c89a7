#!/bin/bash
# SPDX-License-Identifier: MIT
# sspi_compile_test.sh CACHE INCLUDE LIBRARY-FOLDER...: the SSPI files of neon and serf, unmodified from
# Debian's source packages, compile against our headers, and find all of Windows that they call in our
# libraries.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"
# shellcheck source=tests/apps/lib_source.sh
. "$(dirname "$0")/lib_source.sh"

readonly CACHE=$1 INCLUDE=$2
shift 2
readonly LIBRARIES=("$@")

diagnose() { sed 's/^/# /' "$WORK/log" | head -n 20; }

# The functions that an object wants and that neither our libraries, nor libc and apr, nor the program
# itself, by the beginning of its names, have.
unknown_functions() {
  local own=$2 folder
  for folder in "${LIBRARIES[@]}"; do nm -D --defined-only "$folder"/*.so; done |
    sed 's/.* //; s/@.*//' >"$WORK/known"
  nm -D --defined-only /lib/x86_64-linux-gnu/libc.so.6 | sed 's/.* //; s/@.*//' >>"$WORK/known"
  nm -u "$1" | sed 's/.* //' | grep -vE "^(apr_|_GLOBAL|$own)" | grep -vxFf "$WORK/known"
}

# compiles PACKAGE FILE PREFIX HEADER-PACKAGE OPTION...: one file of a package. PREFIX is how the program's
# own functions begin.
compiles() {
  local package=$1 file=$2 own=$3 headers=$4
  shift 4
  if [ -n "$headers" ] && ! dpkg-query -W "$headers" >/dev/null 2>&1; then
    report 0 "$package # SKIP missing package: $headers"
    return
  fi
  if ! source_fetch "$package" >"$WORK/log" 2>&1; then
    report 0 "$package # SKIP no Debian source package: $(tail -n 1 "$WORK/log")"
    return
  fi
  gcc -c -w -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion \
    -I"$INCLUDE" -include winshim.h "$@" -I"$SOURCE" -I"$SOURCE/src" "$SOURCE/$file" \
    -o "$WORK/object.o" >"$WORK/log" 2>&1 &&
    ! unknown_functions "$WORK/object.o" "$own" >>"$WORK/log"
  report $? "$package: $file"
}

[ -r "${GSS_SSPI_MODULE:-}" ] || bail_out 'GSS_SSPI_MODULE does not name the module'
sandbox_begin || bail_out 'no private folder'
mkdir -p "$CACHE" "$WORK/configured"
echo '#define HAVE_SSPI 1' >"$WORK/configured/config.h"
compiles neon27 src/ne_sspi.c ne_ '' -I"$WORK/configured" -DHAVE_SSPI
compiles serf auth/auth_spnego_sspi.c serf_ libaprutil1-dev -DSERF_USE_SSPI -DSERF_HAVE_SPNEGO \
  -D_GNU_SOURCE -include netdb.h -I/usr/include/apr-1.0
compiles freetds src/tds/sspi.c tds_ '' -I"$WORK/configured" -DHAVE_SSPI=1
finish
