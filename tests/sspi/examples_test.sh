#!/bin/bash
# SPDX-License-Identifier: MIT
# examples_test.sh FOLDER SOURCES: the two programs of docs/examples log in to each other here, and compile
# against the headers of Windows.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/../apps/lib_tap.sh"

# shellcheck source=tests/apps/lib_examples.sh
. "$(dirname "$0")/../apps/lib_examples.sh"

readonly EXAMPLES=$1 SOURCES=$2
SERVER_MECH= # the configuration of another module for the server

# arrived NAME WHO MECH PACKAGE TEXT [USER DOMAIN]
arrived() {
  example_arrived "${@:2}"
  report $? "$1"
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
for server in credssp_gssapi credssp_sspi; do
  for client in credssp_gssapi credssp_sspi; do
    CREDSSP_PASSWORD=$ALICE_PASSWORD credssp_arrived $server $client 'hello'
    report $? "CREDSSP: $client to $server"
    CREDSSP_PASSWORD=$WRONG_PASSWORD credssp_refused $server $client
    report $? "CREDSSP: $client to $server, a wrong password"
  done
done
compiles_for_windows credssp_sspi
compiles_for_windows sspi_client
compiles_for_windows sspi_server
finish
