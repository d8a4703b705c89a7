#!/bin/bash
# SPDX-License-Identifier: MIT
# with_realm.sh [--enctype TYPE] PROGRAM [ARGUMENT...]: runs a program where a throw-away Kerberos realm is,
# with a key table for www.demo.test and a ticket of alice. What tests of tests/sspi need for Kerberos.

enctype=
if [ "$1" = --enctype ]; then
  enctype=$2
  shift 2
fi
program=$(realpath "$1")
shift

# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/../apps/lib.sh"
KDC_ENCTYPE=$enctype

# An account whose password has 1024 characters, as support.c has it for NTLM.
long_account() {
  local password
  password=$(printf 'abcdefghijklmnopqrstuvwxyz%.0s' {1..40})
  kdc_tool kadmin.local -r "$REALM" addprinc -pw "${password:0:1024}" long \
    >>"$WORK/kdc/create.log" 2>&1
}

missing=$(missing_packages | tr ' ' '\n' | grep -E '^krb5' | tr '\n' ' ')
if [ -n "$missing" ]; then
  echo "SKIP: missing packages: $missing"
  exit 77
fi
sandbox_begin && module_register && kdc_start && long_account && krb5_login ||
  { echo 'no Kerberos realm'; exit 99; }
export SSPI_TEST_REALM=$REALM KRB5_KTNAME=FILE:$WORK/keytab KRB5CCNAME=FILE:$WORK/cred/absent
export SSPI_TEST_TICKET=FILE:$WORK/cred/ticket SSPI_TEST_ENCTYPE=$enctype
"$program" "$@"
