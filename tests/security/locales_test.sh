#!/bin/bash
# SPDX-License-Identifier: MIT
# N720: the same results under C, C.UTF-8 and Turkish, where the upper case of "i" is another one.
# The Turkish locale is made in a temporary folder.
# usage: locales_test.sh LOCALE_PROBE PROGRAM...
set -u

PROBE=$1
shift
WORK=$(mktemp -d /tmp/gss-locale-test-XXXXXX)
trap 'rm -rf "$WORK"' EXIT
umask 077
export PROBE_FILE=$WORK/accounts
CHECKS=0
FAILURES=0

# point STATUS NAME [DIRECTIVE]
point() {
  CHECKS=$((CHECKS + 1))
  [ "$1" = 0 ] && echo "ok $CHECKS - $2${3:+ # $3}" && return
  FAILURES=$((FAILURES + 1))
  echo "not ok $CHECKS - $2"
  sed 's/^/# /' "$WORK/out"
}

LOCALES=(C C.UTF-8)
if localedef -i tr_TR -f UTF-8 "$WORK/tr_TR.UTF-8" 2>"$WORK/out"; then
  LOCALES+=(tr_TR.UTF-8)
else
  point 0 'tr_TR.UTF-8' 'SKIP missing package: locales'
fi

# under LOCALE COMMAND...: with LOCPATH only for the locale that is there.
under() {
  local locale=$1
  shift
  if [ "$locale" = tr_TR.UTF-8 ]; then
    LOCPATH=$WORK LC_ALL=$locale "$@"
  else
    env -u LOCPATH LC_ALL="$locale" "$@"
  fi
}

for locale in "${LOCALES[@]}"; do
  under "$locale" "$PROBE" >"$WORK/$locale.txt" 2>"$WORK/out"
  point $? "$locale: the probe runs"
done

head -n 1 -q "$WORK"/*.txt | sort | uniq -d >"$WORK/out"
[ ! -s "$WORK/out" ]
point $? 'the locales differ from each other'
grep -c '^acquire=COMPLETE login=yes' "$WORK/C.txt" >"$WORK/out"
[ "$(cat "$WORK/out")" = 10 ]
point $? 'every user logs in, in both cases of the name'

for locale in "${LOCALES[@]:1}"; do
  diff <(tail -n +2 "$WORK/C.txt") <(tail -n +2 "$WORK/$locale.txt") >"$WORK/out"
  point $? "$locale: the same transcript as under C"
done

for program in "$@"; do
  for locale in "${LOCALES[@]}"; do
    under "$locale" "$program" >"$WORK/out" 2>&1
    point $? "$(basename "$program") under $locale"
  done
done

echo "1..$CHECKS"
exit $((FAILURES > 0))
