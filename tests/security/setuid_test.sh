#!/bin/bash
# SPDX-License-Identifier: MIT
# N805: a process with privileges its caller lacks (AT_SECURE) takes nothing from the environment.
# The same program runs with and without them, as the same user, with the same variables: without,
# each variable has its effect. Needs root; everything happens in a mount namespace of its own.
# usage: setuid_test.sh PROBE, with GSS_SSPI_MODULE
set -u

skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

[ "$(id -u)" = 0 ] || skip_all 'needs root'
for program in unshare:util-linux setpriv:util-linux setcap:libcap2-bin; do
  command -v "${program%:*}" >/dev/null || skip_all "missing package: ${program#*:}"
done
[ -d /etc/gss/mech.d ] || skip_all 'no /etc/gss/mech.d'
unshare -m true 2>/dev/null || skip_all 'no mount namespace'
if [ "${1:-}" != inside ]; then
  exec unshare -m --propagation private "$BASH" "$0" inside "$1"
fi

PROBE=$2
WORK=$(mktemp -d /tmp/gss-secure-test-XXXXXX)
trap 'umount "$WORK"; rmdir "$WORK"' EXIT
# A file system that honours the bits of its files, and a registration that no one else sees.
mount -t tmpfs -o mode=0755 gss-secure-test "$WORK" || skip_all 'no tmpfs'
mount -t tmpfs -o mode=0755 gss-secure-test /etc/gss/mech.d || skip_all 'no tmpfs'
cp "$GSS_SSPI_MODULE" "$WORK/gss_ntlm.so" && chmod 0755 "$WORK/gss_ntlm.so"
echo "gss_ntlm 1.3.6.1.4.1.311.2.2.10 $WORK/gss_ntlm.so" >/etc/gss/mech.d/zz-test.conf

# The caller is daemon; all runs have the effective user nobody and the group nogroup.
make_probe() {
  cp "$PROBE" "$WORK/$1" && chown nobody:nogroup "$WORK/$1" && chmod "$2" "$WORK/$1"
}
make_probe plain 0755
make_probe setuid 4755
make_probe setgid 2755
make_probe caps 0755
setcap cap_net_bind_service+ep "$WORK/caps" || skip_all 'no file capabilities'

# run USER GROUP PROGRAM [VARIABLE=VALUE...]: what the probe says, in $OUT.
run() {
  local user=$1 group=$2 program=$3
  shift 3
  OUT=$(env -i PATH="$PATH" KRB5_CONFIG=/dev/null KRB5CCNAME=FILE:/nonexistent "$@" \
    setpriv --reuid="$user" --regid="$group" --clear-groups "$WORK/$program" 2>&1)
}
value() { sed -n "s/^$1=//p" <<<"$OUT"; }

CHECKS=0
FAILURES=0
# check NAME COMMAND...: one test point.
check() {
  local name=$1
  shift
  CHECKS=$((CHECKS + 1))
  if "$@"; then
    echo "ok $CHECKS - $name"
  else
    FAILURES=$((FAILURES + 1))
    echo "not ok $CHECKS - $name"
    sed 's/^/# /' <<<"$OUT"
  fi
}
is() { [ "$(value "$1")" = "$2" ]; }
is_not() { [ "$(value "$1")" != "$2" ]; }
begins() { [[ $(value "$1") == "$2"* ]]; }

mkdir "$WORK/home" && chown nobody "$WORK/home" && chmod 0777 "$WORK/home"
echo 'DOM:alice:secret' >"$WORK/users"
chown nobody "$WORK/users" && chmod 0600 "$WORK/users"
: >"$WORK/no_mechanisms"
printf '[ntlm]\n  no_such_key = 1\n' >"$WORK/bad.conf"

# What a privileged process does with each variable: nothing. `effect` sees it without privileges.
declare -A VARIABLE EFFECT
NAMES=(GSS_MECH_CONFIG NTLM_USER_FILE LM_COMPAT_LEVEL GSS_SSPI_CONFIG NETBIOS_COMPUTER_NAME
  NETBIOS_DOMAIN_NAME GSSNTLMSSP_DEBUG)
VARIABLE=(
  [GSS_MECH_CONFIG]="$WORK/no_mechanisms" [NTLM_USER_FILE]="$WORK/users" [LM_COMPAT_LEVEL]=9
  [GSS_SSPI_CONFIG]="$WORK/bad.conf" [NETBIOS_COMPUTER_NAME]=FOREIGN [NETBIOS_DOMAIN_NAME]=FOREIGN
  [GSSNTLMSSP_DEBUG]="$WORK/home/log"
)
wrote_log() { [ -s "$WORK/home/log" ]; }
EFFECT=(
  [GSS_MECH_CONFIG]='is mechanism no' [NTLM_USER_FILE]='is default COMPLETE'
  [LM_COMPAT_LEVEL]='is_not acquire COMPLETE' [GSS_SSPI_CONFIG]='is_not acquire COMPLETE'
  [NETBIOS_COMPUTER_NAME]='is computer FOREIGN' [NETBIOS_DOMAIN_NAME]='is domain FOREIGN'
  [GSSNTLMSSP_DEBUG]=wrote_log
)
no_effect() { ! ${EFFECT[$1]}; }
usual() { is mechanism yes && begins default NO_CRED && is login yes; }

run nobody nogroup plain
check 'plain run: not privileged' is secure no
check 'plain run: the mechanism works, and has no default credential' usual

for kind in setuid setgid caps; do
  case $kind in
    setuid) caller=(daemon nogroup) ;;
    setgid) caller=(nobody daemon) ;;
    caps) caller=(nobody nogroup) ;;
  esac
  run "${caller[@]}" $kind
  check "$kind: privileged" is secure yes
  check "$kind: the mechanism works, and has no default credential" usual
  for name in "${NAMES[@]}"; do
    rm -f "$WORK/home/log"
    run nobody nogroup plain "$name=${VARIABLE[$name]}"
    check "plain run: $name has an effect" ${EFFECT[$name]}
    rm -f "$WORK/home/log"
    run "${caller[@]}" $kind "$name=${VARIABLE[$name]}"
    check "$kind: $name has none" no_effect "$name"
    check "$kind: all is as without $name" usual
  done
done

echo "1..$CHECKS"
exit $((FAILURES > 0))
