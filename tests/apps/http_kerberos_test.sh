#!/bin/bash
# SPDX-License-Identifier: MIT
# Kerberos is unaffected by our module, present or removed (P5, P6); each time the server says who
# logged in and how.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"

readonly NEGOTIATE=(--negotiate -u :)
readonly PRINCIPAL="alice@$REALM"

kerberos_works() {
  login "$1: Kerberos, no NTLM account" ticket /login/ "$PRINCIPAL" krb5 "${NEGOTIATE[@]}"
  login "$1: Kerberos, an NTLM account is there" alice+ticket /login/ "$PRINCIPAL" krb5 \
    "${NEGOTIATE[@]}"
  login "$1: Kerberos, with a wrong NTLM account" wrong+ticket /login/ "$PRINCIPAL" krb5 \
    "${NEGOTIATE[@]}"
  login "$1: Kerberos in a krb5-only location" alice+ticket /krb5/ "$PRINCIPAL" krb5 \
    "${NEGOTIATE[@]}"
}

# Both ends without the module, in one of its three forms; NTLM fails, nobody crashes.
module_removed() {
  module_use "$1"
  web_restart || bail_out 'Apache did not start'
  kerberos_works "P5 $1"
  refused "P5 $1: no NTLM by --negotiate" alice /login/ - "${NEGOTIATE[@]}"
  refused "P5 $1: no NTLM by --ntlm" none /login/ - --ntlm -u "$DOMAIN\\alice:$ALICE_PASSWORD"
  login "P5 $1: the server still works" ticket /login/ "$PRINCIPAL" krb5 "${NEGOTIATE[@]}"
  module_use installed
}

# Only the server lacks the module: what the client offers in addition does no harm.
removed_on_server() {
  module_use no-line
  web_restart || bail_out 'Apache did not start'
  module_use installed
  login 'module on the client only: Kerberos' alice+ticket /login/ "$PRINCIPAL" krb5 \
    "${NEGOTIATE[@]}"
  refused 'module on the client only: NTLM is refused' alice /login/ - "${NEGOTIATE[@]}"
}

removed_on_client() {
  web_restart || bail_out 'Apache did not start'
  module_use no-line
  login 'module on the server only: Kerberos' alice+ticket /login/ "$PRINCIPAL" krb5 \
    "${NEGOTIATE[@]}"
  refused 'module on the server only: the client has no NTLM' alice /login/ - "${NEGOTIATE[@]}"
  module_use installed
}

# The account has the principal's password, as in a domain.
one_credential() {
  /usr/bin/python3 -c 'import gssapi' 2>/dev/null || {
    held "$1 # SKIP missing package: python3-gssapi" true
    return
  }
  client_credential same "$DOMAIN:alice:$KRB5_PASSWORD"
  held "$1" env KRB5CCNAME="FILE:$WORK/cred/absent" /usr/bin/python3 "$APPS_DIR/one_credential.py" \
    "$PRINCIPAL" "$DOMAIN\\alice" "$KRB5_PASSWORD" "HTTP@$HOST" "$WORK/keytab" "$WORK/cred/same"
}

web_scenario_begin
kerberos_works 'P6 installed'
login 'P6 installed: NTLM without a ticket' alice /login/ "$DOMAIN\\alice" NTLM "${NEGOTIATE[@]}"
one_credential 'ntlmssp_user: one credential for a principal and its NTLM account'
module_removed no-line
module_removed no-file
module_removed no-elf
removed_on_server
removed_on_client
held 'P3 Apache is alive and had no crash' web_is_well
finish
