# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# TAP output for the application tests, and the start they have in common.

# shellcheck source=tests/apps/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

CHECKS=0
FAILURES=0

# report RESULT NAME: one check; below a failed one what the client and the server's log say.
report() {
  CHECKS=$((CHECKS + 1))
  if [ "$1" = 0 ]; then
    echo "ok $CHECKS - $2"
    return
  fi
  FAILURES=$((FAILURES + 1))
  echo "not ok $CHECKS - $2"
  diagnose
}

# What a failed check shows; a test without a web server replaces it.
diagnose() {
  echo "# $(reply_summary)"
  [ ! -s "$WORK/curl.err" ] || sed 's/^/# curl: /' "$WORK/curl.err"
  log_since_mark | tail -n 6 | sed 's/^/# log: /'
}

bail_out() {
  echo "Bail out! $1"
  [ ! -d "$WORK" ] || find "$WORK" -name '*.log' -exec tail -n 20 {} + | sed 's/^/# /'
  exit 1
}

# finish: the plan, as the last act.
finish() {
  echo "1..$CHECKS"
  exit $((FAILURES > 0))
}

skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

# scenario_begin [PACKAGE|PROGRAM...]: skips the whole test where a program is missing (P1).
scenario_begin() {
  local missing
  [ -r "${GSS_SSPI_MODULE:-}" ] || bail_out 'GSS_SSPI_MODULE does not name the module'
  missing=$(missing_packages "$@")
  [ -z "$missing" ] || skip_all "missing packages: $missing"
  sandbox_begin && module_register && accounts_create || bail_out 'no private folder'
  kdc_start && krb5_login || bail_out 'the KDC did not start'
}

web_scenario_begin() {
  scenario_begin
  web_start || bail_out 'Apache did not start'
  log_mark
}
