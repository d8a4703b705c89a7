#!/bin/bash
# SPDX-License-Identifier: MIT
# Many connections to Apache at once, with accounts of a file that changes meanwhile. LOAD_SECONDS
# in the environment makes the long form. The argument is the client, login_load.

# shellcheck disable=SC2034  # some variables are for the functions of lib.sh
# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/../apps/lib_tap.sh"

CLIENT=$(realpath "$1")
readonly ACCOUNTS=10000
if [ -n "${LOAD_SECONDS:-}" ]; then
  readonly SECONDS_EACH=$LOAD_SECONDS CONNECTIONS=1000 CHANGE_EVERY=$((LOAD_SECONDS < 20 ? 1 : 5))
else
  readonly SECONDS_EACH=4 CONNECTIONS=100 CHANGE_EVERY=1
fi

# Two processes, and in each two threads for every connection, because the last one of a client may
# still be closing: when all threads of one are busy, Apache closes connections that wait for their
# next request, and with them half of a login. It starts and ends no process later on, and writes no
# line for each step.
readonly THREADS=$((2 * CONNECTIONS))
WEB_DIRECTIVES=(
  'ServerLimit 2' 'StartServers 2' "ThreadLimit $THREADS" "ThreadsPerChild $THREADS"
  "MaxRequestWorkers $((2 * THREADS))" "MaxSpareThreads $((4 * THREADS))"
  'MinSpareThreads 1' 'ListenBackLog 2000' 'KeepAliveTimeout 120' 'Timeout 120' 'LogLevel warn auth_gssapi:crit'
)

many_accounts() {
  local number
  for ((number = 0; number < ACCOUNTS; ++number)); do
    echo "DOM$((number % 3)):user$number:Pass-$number-word"
  done | server_file "$WORK/many"
}

# figure NAME: a value that the client printed.
figure() { sed -n "s/^$1 \([^ ]*\).*/\1/p" "$WORK/load.out"; }

load() {
  local name=$1
  shift
  log_mark
  CURL_EXIT=- STATUS=- REMOTE=- MECH=-
  env KRB5_CONFIG=/dev/null "$CLIENT" --port "$WEB_PORT" --http /login/ --asks 3 --patience 60 \
    --users "$WORK/many" --connections "$CONNECTIONS" "$@" >"$WORK/load.out" 2>"$WORK/curl.err"
  report $? "$name: no wrong user, no failure"
  held "$name: wrong passwords are refused" [ "$(figure refusals_of_wrong_passwords)" -gt 0 ]
  held "$name: the file was changed meanwhile" [ "$(figure changes_of_the_accounts)" -gt 1 ]
  sed "s/\([^ ]*\) \(.*\)/# figure $name \1 = \2/" "$WORK/load.out"
  echo "# figure $name load_average = $(cut -d' ' -f1 /proc/loadavg)"
}

scenario_begin
many_accounts
web_start event "$WORK/many" || bail_out 'Apache did not start'
load Apache --seconds "$SECONDS_EACH" --change-every "$CHANGE_EVERY"
held 'P3 it is alive and had no crash' web_is_well
finish
