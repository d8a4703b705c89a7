#!/bin/bash
# SPDX-License-Identifier: MIT
# sspi_curl_test.sh CACHE INCLUDE LIBRARY-FOLDER...: curl with its own SSPI code, compiled unmodified from
# Debian's source package against our headers, logs in to Apache. What is fetched and compiled stays
# in CACHE.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"
# shellcheck source=tests/apps/lib_source.sh
. "$(dirname "$0")/lib_source.sh"

readonly CACHE=$1 INCLUDE=$2
shift 2
readonly LIBRARIES=("$@")

# HTTP and its logins are all that is wanted.
readonly FEATURES=(--disable-shared --without-ssl --without-zlib --without-brotli --without-zstd
  --without-libpsl --without-libidn2 --without-nghttp2 --without-libssh2 --without-librtmp
  --disable-ldap --disable-ftp --disable-file --disable-dict --disable-telnet --disable-tftp
  --disable-pop3 --disable-imap --disable-smtp --disable-smb --disable-gopher --disable-rtsp
  --disable-mqtt --disable-manual --disable-threaded-resolver --disable-unix-sockets
  --disable-ntlm-wb)

# make knows what depends on our headers, so a second build compiles only what has changed.
curl_build() {
  local flags="-O1 -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion"
  flags+=" -DUSE_WINDOWS_SSPI -I$INCLUDE -include $APPS_DIR/sspi_curl.h"
  source_fetch curl || return 1
  mkdir -p "$CACHE/curl-build" && cd "$CACHE/curl-build" || return 1
  [ -f config.status ] || "$SOURCE/configure" --quiet "${FEATURES[@]}" || return 1
  gcc -c "$APPS_DIR/sspi_curl_init.c" -o init.o &&
    make -s -j2 -C lib CFLAGS="$flags" &&
    make -s -C src CFLAGS="$flags" LDFLAGS="$(library_flags "${LIBRARIES[@]}")" \
      LIBS="$PWD/init.o -lwinshim -lsspi"
}

scenario_begin
(curl_build) >"$CACHE/curl.log" 2>&1 || source_problem curl "$CACHE/curl.log"
# winshim opens libsspi by its name, as curl opens secur32.dll.
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(IFS=:; echo "${LIBRARIES[*]}")
CURL=$CACHE/curl-build/src/curl
held 'curl is built with SSPI' grep -q 'Features:.* SSPI' <("$CURL" -V)
web_start || bail_out 'Apache did not start'
log_mark

readonly ALICE=(-u "$DOMAIN\\alice:$ALICE_PASSWORD") WRONG=(-u "$DOMAIN\\alice:$WRONG_PASSWORD")
login '--ntlm' none /login/ "$DOMAIN\\alice" NTLM --ntlm "${ALICE[@]}"
refused '--ntlm, wrong password' none /login/ 'wrong|denied|logon' --ntlm "${WRONG[@]}"
login '--negotiate, NTLM' none /login/ "$DOMAIN\\alice" NTLM --negotiate "${ALICE[@]}"
refused '--negotiate, NTLM, wrong password' none /login/ 'wrong|denied|logon' --negotiate "${WRONG[@]}"
login '--negotiate, Kerberos by ticket' ticket /login/ "alice@$REALM" krb5 --negotiate -u :
login '--negotiate, Kerberos by password' none /krb5/ "alice@$REALM" krb5 --negotiate \
  -u "$REALM\\alice:$KRB5_PASSWORD"
refused '--negotiate, Kerberos, wrong password' none /krb5/ - --negotiate \
  -u "$REALM\\alice:$WRONG_PASSWORD"
login '--negotiate, default credentials of NTLM' alice /login/ "$DOMAIN\\alice" NTLM --negotiate -u :
held 'Apache is alive and had no crash' web_is_well
finish
