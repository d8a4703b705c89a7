#!/bin/bash
# SPDX-License-Identifier: MIT
# The demonstration behind ./dev demo: real logins by NTLM, Kerberos and CredSSP, through GSSAPI and through
# SSPI, with right and wrong passwords. Needs GSS_SSPI_MODULE and GSS_SSPI_CREDSSP, the paths of both
# modules, and EXAMPLES, where the programs of docs/examples are built. Exit status 0 when every step held.

# shellcheck disable=SC2034  # some variables are for the functions of lib.sh
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/apps/lib_examples.sh
. "$(dirname "$0")/lib_examples.sh"

STEPS=0
FAILED=()

# One line per step with its result; the reply and the server's log below a step that failed.
report() {
  STEPS=$((STEPS + 1))
  if [ "$1" = 0 ]; then
    printf 'ok    %s\n' "$2"
  else
    FAILED+=("$2")
    printf 'FAIL  %s\n      %s\n' "$2" "$(reply_summary)"
    log_since_mark | sed 's/^/      log: /' | tail -n 5
  fi
}

# The step before this one was a refusal: show what the administrator reads in error.log.
show_reason() { printf '      the log says: %s\n' "$(log_reason)"; }

prepare() {
  local missing
  missing=$(missing_packages)
  if [ -n "$missing" ]; then
    echo "demo: these packages are missing: $missing(./dev setup installs them)" >&2
    exit 1
  fi
  sandbox_begin && module_register && accounts_create || exit 1
  kdc_start || { cat "$WORK"/kdc/*.log >&2; exit 1; }
  krb5_login || { cat "$WORK/kdc/kinit.log" >&2; exit 1; }
  web_start || { cat "$WORK"/web/*.log >&2; exit 1; }
  # What a step that fails before the first request would show.
  CURL_EXIT='' STATUS='' REMOTE='' MECH=''
  log_mark
}

offers_both() {
  web_request none /login/
  [ "$STATUS" = 401 ] && grep -qi '^WWW-Authenticate: Negotiate' "$WORK/headers" &&
    grep -qi '^WWW-Authenticate: NTLM' "$WORK/headers"
}

right_password() {
  login "curl --negotiate -u : with an account in NTLM_USER_FILE: 200, user $DOMAIN\\alice" \
    alice /login/ "$DOMAIN\\alice" NTLM --negotiate -u :
  login "curl --ntlm -u $DOMAIN\\alice:password, curl's own NTLM: 200, user $DOMAIN\\alice" \
    none /login/ "$DOMAIN\\alice" NTLM --ntlm -u "$DOMAIN\\alice:$ALICE_PASSWORD"
}

wrong_password() {
  refused "curl --negotiate with a wrong password: 401 and a reason in the log" \
    wrong /login/ alice --negotiate -u :
  show_reason
  refused "curl --ntlm with a wrong password: 401 and a reason in the log" \
    none /login/ alice --ntlm -u "$DOMAIN\\alice:$WRONG_PASSWORD"
  show_reason
}

kerberos() {
  login "curl --negotiate with a Kerberos ticket: 200, user alice@$REALM, mechanism krb5" \
    ticket /login/ "alice@$REALM" krb5 --negotiate -u :
  login "curl --negotiate with ticket and NTLM account: Kerberos is chosen" \
    alice+ticket /login/ "alice@$REALM" krb5 --negotiate -u :
}

# step NAME COMMAND...: of the examples; their output below a step that failed.
step() {
  local name=$1
  STEPS=$((STEPS + 1))
  if "${@:2}"; then
    printf 'ok    %s\n' "$name"
  else
    FAILED+=("$name")
    printf 'FAIL  %s\n' "$name"
    sed 's/^/      /' "$WORK/client" "$WORK/server"
  fi
}

sspi() {
  local package
  export SSPI_PASSWORD=$ALICE_PASSWORD KRB5_KTNAME=FILE:$WORK/keytab KRB5CCNAME=FILE:$WORK/cred/ticket
  for package in NTLM Negotiate; do
    KRB5CCNAME=FILE:$WORK/cred/absent step "SSPI, package $package: user $DOMAIN\\alice by NTLM, an encrypted message" \
      example_arrived "$DOMAIN\\alice" NTLM $package hello alice $DOMAIN
  done
  for package in Kerberos Negotiate; do
    step "SSPI, package $package: user alice@$REALM by Kerberos, an encrypted message" \
      example_arrived "alice@$REALM" Kerberos $package hello
  done
  unset SSPI_PASSWORD KRB5_KTNAME KRB5CCNAME
}

credssp_logins() {
  local server client
  export CREDSSP_PASSWORD=$ALICE_PASSWORD
  for server in credssp_gssapi credssp_sspi; do
    for client in credssp_gssapi credssp_sspi; do
      step "CredSSP, $client to $server: user and delegated user $DOMAIN\\alice, a message in TLS" \
        credssp_arrived $server $client hello
    done
  done
  CREDSSP_PASSWORD=$WRONG_PASSWORD step "CredSSP with a wrong password: refused, and the client is told why" \
    credssp_refused credssp_gssapi credssp_sspi
}

verdict() {
  if [ ${#FAILED[@]} = 0 ]; then
    echo "all $STEPS steps held"
  else
    local list
    list=$(printf '; %s' "${FAILED[@]}")
    echo "${#FAILED[@]} of $STEPS steps did not hold: ${list:2}"
    return 1
  fi
}

prepare
echo "Apache with mod_auth_gssapi on 127.0.0.1:$WEB_PORT, KDC on 127.0.0.1:$KDC_PORT, $WORK"
held "Apache asks for Negotiate or NTLM where nobody has logged in: 401" offers_both
right_password
wrong_password
kerberos
held "Apache is alive and had no crash" web_is_well
sspi
credssp_logins
verdict
