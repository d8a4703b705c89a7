#!/bin/bash
# SPDX-License-Identifier: MIT
# examples_test.sh FOLDER SOURCES: the two programs of docs/examples log in to each other here, and compile
# against the headers of Windows.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/../apps/lib_tap.sh"

readonly PROGRAMS=$1 SOURCES=$2
SERVER_MECH= # the configuration of another module for the server

# example PACKAGE TEXT [USER DOMAIN]: one login; the output of both sides is in `client` and `server`.
example() {
  local package=$1 text=$2 port status
  shift 2
  : >"$WORK/server" # the port of the last server must not be read
  NTLM_USER_FILE=$WORK/accounts GSS_MECH_CONFIG=${SERVER_MECH:-$GSS_MECH_CONFIG} timeout 60 "$PROGRAMS/sspi_server" 0 "$package" >"$WORK/server" 2>&1 &
  SERVER_PIDS+=($!)
  for _ in {1..600}; do
    port=$(sed -n 's/^port //p' "$WORK/server")
    [ -z "$port" ] || break
    sleep 0.05
  done
  timeout 20 "$PROGRAMS/sspi_client" "$port" "$package" "HTTP/$HOST" "$text" "$@" \
    >"$WORK/client" 2>&1
  status=$?
  wait "${SERVER_PIDS[-1]}"
  return $status
}

# arrived NAME WHO MECH PACKAGE TEXT [USER DOMAIN]
arrived() {
  local name=$1 expected="$2 by $3: $5"
  shift 3
  example "$@" && [ "$(tail -n 1 "$WORK/server")" = "$expected" ] &&
    [ "$(cat "$WORK/client")" = 'thank you' ]
  report $? "$name"
}

# turned_away NAME PACKAGE [USER DOMAIN]: both say SEC_E_LOGON_DENIED, and nothing arrives.
turned_away() {
  local name=$1 package=$2
  shift 2
  ! example "$package" 'not for your eyes' "$@" && grep -q 0x8009030c "$WORK/server" &&
    ! grep -q 'not for your eyes' "$WORK/server"
  report $? "$name"
}

diagnose() { sed 's/^/# /' "$WORK/client" "$WORK/server"; }

# gss-ntlmssp as the NTLM of the server: it has no calls on buffer lists, so the login works and a message
# does not. It must not end the server, which asks it for the client's name.
without_messages() {
  local module package=$1 name="$1 by gss-ntlmssp: a login without messages"
  module=$(dpkg-query -L gss-ntlmssp 2>/dev/null | grep '/gssntlmssp\.so$')
  if [ -z "$module" ]; then
    report 0 "$name # SKIP missing package: gss-ntlmssp"
    return
  fi
  echo "gssntlmssp_v1 $NTLM_OID $module" >"$WORK/mech/peer.conf"
  SERVER_MECH=$WORK/mech/peer.conf
  ! example "$package" 'hello' alice $DOMAIN &&
    grep -q 'DecryptMessage: status 0x80090302' "$WORK/server"
  report $? "$name"
  SERVER_MECH=
}

compiles_for_windows() {
  local name=$1 compiler=x86_64-w64-mingw32-gcc
  if ! command -v $compiler >/dev/null; then
    report 0 "$name for Windows # SKIP missing package: gcc-mingw-w64-x86-64"
    return
  fi
  $compiler -Wall -Wextra -Werror "$SOURCES/$name.c" -o "$WORK/$name.exe" -lsecur32 -lws2_32 \
    >"$WORK/client" 2>&1
  report $? "$name compiles for Windows"
}

scenario_begin
export SSPI_PASSWORD=$ALICE_PASSWORD KRB5_KTNAME=FILE:$WORK/keytab KRB5CCNAME=FILE:$WORK/cred/absent
for package in NTLM Negotiate; do
  arrived "$package: the account's password" "$DOMAIN\\alice" NTLM $package 'hello' alice $DOMAIN
  arrived "$package: a text of 20,000 octets" "$DOMAIN\\alice" NTLM $package \
    "$(printf '%020000d' 7)" alice $DOMAIN
done
for package in NTLM Negotiate; do
  without_messages $package
done
export SSPI_PASSWORD=$WRONG_PASSWORD
for package in NTLM Negotiate; do
  turned_away "$package: a wrong password" $package alice $DOMAIN
done
unset SSPI_PASSWORD
export KRB5CCNAME=FILE:$WORK/cred/ticket
for package in Kerberos Negotiate; do
  arrived "$package: the ticket of the login" "alice@$REALM" Kerberos $package 'hello'
done
# credssp SERVER CLIENT TEXT: the two programs for CredSSP, which speak with each other. The
# output of both sides is in `client` and `server`.
credssp() {
  local server=$1 client=$2 port status
  local -a user=("$DOMAIN" alice)
  [ "$client" = credssp_sspi ] || user=("$DOMAIN\\alice")
  : >"$WORK/server"
  NTLM_USER_FILE=$WORK/accounts timeout 60 "$PROGRAMS/$server" accept 0 >"$WORK/server" 2>&1 &
  SERVER_PIDS+=($!)
  for _ in {1..600}; do
    port=$(sed -n 's/^port //p' "$WORK/server")
    [ -z "$port" ] || break
    sleep 0.05
  done
  timeout 20 "$PROGRAMS/$client" connect "$port" "${user[@]}" "$3" >"$WORK/client" 2>&1
  status=$?
  wait "${SERVER_PIDS[-1]}"
  return $status
}

credssp_arrives() {
  credssp "$1" "$2" "$3" && [ "$(cat "$WORK/client")" = 'thank you' ] &&
    [ "$(tail -n 1 "$WORK/server")" = "$DOMAIN\\alice by CREDSSP, delegates $DOMAIN\\alice: $3" ]
  report $? "CREDSSP: $2 to $1"
}

credssp_is_refused() {
  ! credssp "$1" "$2" 'not for your eyes' && ! grep -q 'not for your eyes' "$WORK/server" &&
    grep -q -e C000006D -e 0x8009030c "$WORK/client"
  report $? "CREDSSP: $2 to $1, a wrong password"
}

for server in credssp_gssapi credssp_sspi; do
  for client in credssp_gssapi credssp_sspi; do
    CREDSSP_PASSWORD=$ALICE_PASSWORD credssp_arrives $server $client 'hello'
    CREDSSP_PASSWORD=$WRONG_PASSWORD credssp_is_refused $server $client
  done
done
compiles_for_windows credssp_sspi
compiles_for_windows sspi_client
compiles_for_windows sspi_server
finish
