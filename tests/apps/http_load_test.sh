#!/bin/bash
# SPDX-License-Identifier: MIT
# 200 logins, 8 at a time, to each kind of Apache: all succeed, no crash (P44, P55).

# shellcheck disable=SC2034  # some variables are for the functions of lib.sh
# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"

readonly LOGINS=200
readonly AT_A_TIME=8

# many NAME CREDENTIAL USER CURL-OPTION...
many() {
  local name=$1 credential=$2 user=$3 good
  shift 3
  log_mark
  client_env "$credential"
  seq $LOGINS | env "${CLIENT_ENV[@]}" xargs -P $AT_A_TIME -I '{}' \
    curl -q -sS --noproxy '*' --max-time 30 --resolve "$HOST:$WEB_PORT:127.0.0.1" "$@" \
    -o /dev/null -w '%{http_code} %header{x-user}\n' "http://$HOST:$WEB_PORT/login/" \
    >"$WORK/load.out" 2>"$WORK/curl.err"
  good=$(grep -cFx "200 $user" "$WORK/load.out")
  CURL_EXIT=- STATUS="$good times 200" REMOTE=$user MECH=-
  [ "$good" = $LOGINS ]
  report $? "$name: $LOGINS of $LOGINS"
}

web_scenario_begin
for mpm in event worker prefork; do
  web_restart $mpm || bail_out "Apache with mpm_$mpm did not start"
  many "P55 $mpm, --negotiate" alice "$DOMAIN\\alice" --negotiate -u :
  many "P55 $mpm, --ntlm" none "$DOMAIN\\alice" --ntlm -u "$DOMAIN\\alice:$ALICE_PASSWORD"
  held "P3 $mpm is alive and had no crash" web_is_well
done
finish
