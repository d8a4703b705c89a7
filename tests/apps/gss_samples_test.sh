#!/bin/bash
# SPDX-License-Identifier: MIT
# MIT's gss-client and gss-server (P50 to P52): raw NTLM and SPNEGO, accounts by password and by
# file, message options, a context exported between login and first message.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"

# With a dotted OID the client would take the default mechanism without a word (P50).
readonly MECH='{ 1 3 6 1 4 1 311 2 2 10 }'
readonly MESSAGE='a message for the server'

# sample_server_start OPTION...: sets SAMPLE_PORT and SAMPLE_LOG.
sample_server_start() {
  SAMPLE_PORT=$(free_port) || return 1
  SAMPLE_LOG=$WORK/gss-server.$SAMPLE_PORT.log
  server_start env NTLM_USER_FILE="$WORK/accounts" KRB5_KTNAME="FILE:$WORK/keytab" LC_ALL=C \
    stdbuf -oL gss-server -port "$SAMPLE_PORT" "$@" "host@$HOST" >"$SAMPLE_LOG" 2>&1
  wait_for_port "$SAMPLE_PORT" "$SERVER_PID"
}

# sample_client CREDENTIAL OPTION... [MESSAGE]
sample_client() {
  local credential=$1
  shift
  client_env "$credential"
  SAMPLE_MARK=$(wc -c <"$SAMPLE_LOG")
  env "${CLIENT_ENV[@]}" timeout 20 gss-client -port "$SAMPLE_PORT" "$@" >"$WORK/client.out" 2>&1
  CLIENT_EXIT=$?
  sleep 0.1 # the server's last lines
}

server_says() { tail -c +$((SAMPLE_MARK + 1)) "$SAMPLE_LOG" | grep -qF "$1"; }

diagnose() {
  echo "# client exit ${CLIENT_EXIT:-none}"
  sed 's/^/# client: /' "$WORK/client.out"
  tail -c +$((SAMPLE_MARK + 1)) "$SAMPLE_LOG" | tail -n 8 | sed 's/^/# server: /'
}

# accepted NAME CREDENTIAL USER OPTION...: the client saw a signature that verifies, and the server
# names the user.
accepted() {
  local name=$1 credential=$2 user=$3
  shift 3
  sample_client "$credential" "$@" 127.0.0.1 "host@$HOST" "$MESSAGE"
  [ "$CLIENT_EXIT" = 0 ] && grep -q 'Signature verified' "$WORK/client.out" &&
    server_says "Accepted connection: \"$user\""
  report $? "$name"
}

rejected() {
  local name=$1 credential=$2
  shift 2
  sample_client "$credential" "$@" 127.0.0.1 "host@$HOST" "$MESSAGE"
  # 124 and above: the time ran out, or a signal.
  [ "$CLIENT_EXIT" -lt 124 ] && ! grep -q 'Signature verified' "$WORK/client.out" &&
    ! server_says 'Accepted connection'
  report $? "$name"
}

raw_ntlm() {
  accepted 'P51 raw, account from a file' alice "$DOMAIN\\alice" -mech "$MECH"
  held 'P50 the mechanism is ours' grep -q '1 3 6 1 4 1 311 2 2 10' "$WORK/client.out"
  accepted 'P51 raw, DOMAIN\user and password' none "$DOMAIN\\alice" -mech "$MECH" \
    -user "$DOMAIN\\alice" -pass "$ALICE_PASSWORD"
  accepted 'P51 raw, user@DOMAIN and password' none "$DOMAIN\\alice" -mech "$MECH" \
    -user "alice@$DOMAIN" -pass "$ALICE_PASSWORD"
  accepted 'P36 raw, non-ASCII user' zoe "$DOMAIN\\zoë" -mech "$MECH"
}

# The client can cut SPNEGO to one mechanism only when it has acquired a credential by password.
spnego() {
  accepted 'P51 SPNEGO, no ticket: NTLM' alice "$DOMAIN\\alice" -spnego
  accepted 'P51 SPNEGO, ticket: Kerberos' alice+ticket "alice@$REALM" -spnego
  accepted 'P51 SPNEGO cut to NTLM, password' none "$DOMAIN\\alice" -spnego -mech "$MECH" \
    -user "$DOMAIN\\alice" -pass "$ALICE_PASSWORD"
}

messages() {
  local way=$1
  shift
  accepted "P52 $way, 10 messages in sequence" alice "$DOMAIN\\alice" "$@" -mcount 10 -seq
  accepted "P52 $way, no encryption" alice "$DOMAIN\\alice" "$@" -nx
  accepted "P52 $way, no wrapping, MIC" alice "$DOMAIN\\alice" "$@" -nw
  file_of_80_kb "$way" "$@"
}

file_of_80_kb() {
  local name="P52 $1, a message of 80 kB"
  shift
  sample_client alice "$@" -f 127.0.0.1 "host@$HOST" "$WORK/big"
  [ "$CLIENT_EXIT" = 0 ] && grep -q 'Signature verified' "$WORK/client.out" &&
    server_says "Accepted connection: \"$DOMAIN\\alice\""
  report $? "$name"
}

scenario_begin 'krb5-gss-samples|gss-server' 'krb5-gss-samples|gss-client'
head -c 60000 /dev/urandom | base64 -w 76 >"$WORK/big"
: >"$WORK/client.out"
sample_server_start || bail_out 'gss-server did not start'
raw_ntlm
spnego
messages raw -mech "$MECH"
messages SPNEGO -spnego
rejected 'wrong password, raw' wrong -mech "$MECH"
rejected 'wrong password, SPNEGO' wrong -spnego
rejected 'unknown user, raw' nobody -mech "$MECH"
accepted 'P47 the server goes on' alice "$DOMAIN\\alice" -mech "$MECH"

sample_server_start -export || bail_out 'gss-server -export did not start'
accepted 'P43 exported context, raw' alice "$DOMAIN\\alice" -mech "$MECH" -mcount 3
accepted 'P43 exported context, SPNEGO' alice "$DOMAIN\\alice" -spnego -mcount 3
accepted 'P43 exported context, Kerberos' ticket "alice@$REALM" -spnego
finish
