#!/bin/bash
# SPDX-License-Identifier: MIT
# Logins to Apache with mod_auth_gssapi by curl: both clients, every kind of location, right and
# wrong passwords, non-ASCII names, unreadable account files, forged and garbled tokens.

# shellcheck disable=SC2034  # some variables are for the functions of lib.sh
# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"

readonly ALICE="$DOMAIN\\alice"
readonly ZOE="$DOMAIN\\zoë"
readonly NEGOTIATE=(--negotiate -u :)
readonly NTLM=(--ntlm -u "$ALICE:$ALICE_PASSWORD")

# two_requests NAME CREDENTIAL PATH CURL-OPTION...: both answered 200, on one connection.
two_requests() {
  local name=$1 credential=$2 path=$3
  shift 3
  log_mark
  web_request "$credential" "$path" "$@" "http://$HOST:$WEB_PORT$path" -o "$WORK/body2" \
    -w '%{num_connects}\n'
  [ "$(grep -c '^HTTP/1.1 200' "$WORK/headers")" = 2 ] && login_says "$ALICE" NTLM &&
    [ "$(tail -n 1 "$WORK/curl.out")" = 0 ]
  report $? "$name"
}

negotiate() {
  login 'P54 curl --negotiate' alice /login/ "$ALICE" Negotiate/NTLM "${NEGOTIATE[@]}"
  login 'P54 over https' alice https:/login/ "$ALICE" Negotiate/NTLM "${NEGOTIATE[@]}"
  login 'P54 POST with a body' alice /login/ "$ALICE" Negotiate/NTLM "${NEGOTIATE[@]}" \
    --data-binary "@$WORK/upload"
  login 'P54 --anyauth takes Negotiate' alice /login/ "$ALICE" Negotiate/NTLM --anyauth -u :
  two_requests 'P54 two requests on one connection' alice /login/ "${NEGOTIATE[@]}"
  login 'P54 GssapiNegotiateOnce' alice /once/ "$ALICE" Negotiate/NTLM "${NEGOTIATE[@]}"
  two_requests 'P54 GssapiNegotiateOnce, two requests' alice /once/ "${NEGOTIATE[@]}"
  refused 'P54 a krb5-only location refuses NTLM' alice /krb5/ - "${NEGOTIATE[@]}"
  refused 'no credential at all' none /login/ - "${NEGOTIATE[@]}"
}

ntlm() {
  login 'P56 curl --ntlm with domain' none /login/ "$ALICE" NTLM/NTLM "${NTLM[@]}"
  login 'P56 curl --ntlm without domain' none /login/ "$ALICE" NTLM/NTLM \
    --ntlm -u "alice:$ALICE_PASSWORD"
  login 'P56 over https' none https:/login/ "$ALICE" NTLM/NTLM "${NTLM[@]}"
  login 'P56 POST with a body' none /login/ "$ALICE" NTLM/NTLM "${NTLM[@]}" \
    --data-binary "@$WORK/upload"
  two_requests 'P56 two requests on one connection' none /login/ "${NTLM[@]}"
  login 'D5 an account without domain is reported without' none /login/ bob NTLM/NTLM \
    --ntlm -u "bob:$ALICE_PASSWORD"
  login 'D5 also when the client sends a domain' none /login/ bob NTLM/NTLM \
    --ntlm -u "$DOMAIN\\bob:$ALICE_PASSWORD"
}

# The production setting: the store holds a keytab, which is none of our keys.
cred_store() {
  login 'P34 P35 GssapiCredStore keytab: SPNEGO' alice /store/ "$ALICE" NTLM "${NEGOTIATE[@]}"
  login 'P34 P35 GssapiCredStore keytab: bare NTLM' none /store/ "$ALICE" NTLM "${NTLM[@]}"
  login 'P34 P35 GssapiCredStore keytab: Kerberos' ticket /store/ "alice@$REALM" krb5 \
    "${NEGOTIATE[@]}"
}

basic() {
  login 'P58 Basic' none /basic/ "$ALICE" Basic/NTLM --basic -u "$ALICE:$ALICE_PASSWORD"
  login 'P58 Basic, non-ASCII' none /basic/ "$ZOE" Basic/NTLM --basic -u "$ZOE:$ZOE_PASSWORD"
  refused 'P58 Basic, wrong password' none /basic/ alice --basic -u "$ALICE:$WRONG_PASSWORD"
  refused 'P58 Basic, unknown user' none /basic/ nobody --basic -u "$DOMAIN\\nobody:x"
}

refusals() {
  local wrong unknown
  refused 'wrong password, --negotiate' wrong /login/ alice "${NEGOTIATE[@]}"
  wrong=$(log_reason)
  refused 'unknown user, --negotiate' nobody /login/ nobody "${NEGOTIATE[@]}"
  unknown=$(log_reason)
  held 'N443 both refusals have the same text' [ "${wrong//alice/NAME}" = "${unknown//nobody/NAME}" ]
  refused 'wrong password, --ntlm' none /login/ alice --ntlm -u "$ALICE:$WRONG_PASSWORD"
  refused 'unknown user, --ntlm' none /login/ nobody --ntlm -u "$DOMAIN\\nobody:x"
  refused 'empty password, --ntlm' none /login/ alice --ntlm -u "$ALICE:"
  held 'N449 no password in the log' no_password_in_log
}

no_password_in_log() {
  ! grep -qF -e "$ALICE_PASSWORD" -e "$WRONG_PASSWORD" -e "$ZOE_PASSWORD" "$WORK/web/error.log"
}

# Apache runs in the locale "C", curl in C.UTF-8 and in C (P36).
non_ascii() {
  login 'P36 zoë with a non-ASCII password' zoe /login/ "$ZOE" NTLM "${NEGOTIATE[@]}"
  refused 'P36 zoë with a wrong password' wrong-zoe /login/ 'zo' "${NEGOTIATE[@]}"
  LC_ALL=C login 'P36 zoë, client in the locale C' zoe /login/ "$ZOE" NTLM "${NEGOTIATE[@]}"
  login 'N330 the user name is case-blind' upper-zoe /login/ "$ZOE" NTLM "${NEGOTIATE[@]}"
}

# bad_account_file FILE REASON: the login fails, and the log names file and cause (P45).
bad_account_file() {
  local name=$1 file=$2 reason=$3
  web_restart event "$file" || bail_out 'Apache did not start'
  refused "P45 $name, --negotiate" alice /login/ "$file.*$reason" "${NEGOTIATE[@]}"
  refused "P45 $name, --ntlm" none /login/ "$file.*$reason" "${NTLM[@]}"
  login "P45 $name, Kerberos works" ticket /login/ "alice@$REALM" krb5 "${NEGOTIATE[@]}"
}

account_files() {
  local bad=$WORK/accounts.bad
  secret_file "$bad" 0000 <"$WORK/accounts"
  bad_account_file 'file not readable' "$bad" 'Permission denied|readable|owner|chmod'
  chmod 0644 "$bad"
  bad_account_file 'file readable by all' "$bad" 'others|chmod|mode'
  rm "$bad"
  bad_account_file 'file missing' "$bad" 'No such file|exist|missing|open'
  (echo '# comment' && echo 'no colon here' && cat "$WORK/accounts") | server_file "$bad"
  bad_account_file 'malformed line 2' "$bad" '2'
  web_restart || bail_out 'Apache did not start'
}

# Tokens no client would send; the server process must outlive them all (P47, P59, N701).
forged() {
  local name want status user
  log_mark
  while IFS=$'\t' read -r name want status user; do
    CURL_EXIT=0 STATUS=$status REMOTE=$user MECH=-
    [ "$want" = "$status" ] && { [ "$want" != 200 ] || [ "$user" = "$ALICE" ]; }
    report $? "P59 $name: $want"
  done < <(/usr/bin/python3 "$APPS_DIR/http_forge.py" "$WEB_PORT" "$HOST" "$DOMAIN" alice \
    "$ALICE_PASSWORD" "$WRONG_PASSWORD" || printf 'the forging client ran to its end\t0\t1\t\n')
}

# A domain's users are accounts of this host only where the policy says so (N411).
local_name() {
  WEB_ENV=(NETBIOS_DOMAIN_NAME="$DOMAIN")
  web_restart || bail_out 'Apache did not start'
  refused 'N411 GssapiLocalName gives no account to a domain that is not listed' daemon /local/ \
    'local account' "${NEGOTIATE[@]}"
  printf '[ntlm]\n  local_domains = %s\n' "$DOMAIN" >"$WORK/web/sspi.conf"
  chmod 0644 "$WORK/web/sspi.conf"
  WEB_ENV+=(GSS_SSPI_CONFIG="$WORK/web/sspi.conf")
  web_restart || bail_out 'Apache did not start'
  login 'P46 GssapiLocalName gives the Unix name' daemon /local/ daemon NTLM "${NEGOTIATE[@]}"
  WEB_ENV=()
}

web_scenario_begin
head -c 5000 /dev/urandom | base64 >"$WORK/upload"
printf '%s\n' ":bob:$ALICE_PASSWORD" "$DOMAIN:daemon:$ALICE_PASSWORD" >>"$WORK/accounts"
client_credential upper-zoe "$DOMAIN:ZOË:$ZOE_PASSWORD"
client_credential daemon "$DOMAIN:daemon:$ALICE_PASSWORD"

negotiate
ntlm
cred_store
basic
refusals
non_ascii
forged
login 'P47 a good login after all that' alice /login/ "$ALICE" NTLM "${NEGOTIATE[@]}"
account_files
local_name
held 'P3 Apache is alive and had no crash' web_is_well
finish
