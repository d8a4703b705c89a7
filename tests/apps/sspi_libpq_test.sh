#!/bin/bash
# SPDX-License-Identifier: MIT
# sspi_libpq_test.sh CACHE INCLUDE LIBRARY-FOLDER...: libpq with its own SSPI code, compiled unmodified from
# Debian's source package against our headers, and under Debian's psql, logs in by Kerberos to a real
# PostgreSQL server with gss authentication.

# shellcheck source=tests/apps/lib_tap.sh
. "$(dirname "$0")/lib_tap.sh"
# shellcheck source=tests/apps/lib_source.sh
. "$(dirname "$0")/lib_source.sh"

readonly CACHE=$1 INCLUDE=$2
shift 2
readonly LIBRARIES=("$@")
readonly SERVER=/usr/lib/postgresql/15/bin

diagnose() { sed 's/^/# /' "$WORK/psql.out" "$WORK/pg/log" 2>/dev/null | tail -n 20; }

# make here does not know what depends on our headers, so libpq is compiled anew when they change.
libpq_build() {
  local flags stamp link
  flags="-O1 -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion"
  flags+=" -DENABLE_SSPI -I$INCLUDE -include $INCLUDE/winshim.h"
  link="$(library_flags "${LIBRARIES[@]}") -lwinshim -lsspi -lm"
  source_fetch postgresql-15 || return 1
  mkdir -p "$CACHE/libpq-build" && cd "$CACHE/libpq-build" || return 1
  [ -f config.status ] ||
    "$SOURCE/configure" --quiet --without-readline --without-zlib || return 1
  stamp=$(cat "$INCLUDE"/*.h | md5sum)
  if [ "$stamp" != "$(cat .headers 2>/dev/null)" ]; then
    rm -f src/interfaces/libpq/*.o src/interfaces/libpq/libpq.so*
  fi
  make -s -j2 -C src/interfaces/libpq PROFILE="$flags" all-lib SHLIB_LINK="$link" &&
    echo "$stamp" >.headers
}

as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$WORK/pg" "$@"
  else
    "$@"
  fi
}

server_principal() {
  {
    kdc_tool kadmin.local -r "$REALM" addprinc -randkey "postgres/$HOST" &&
      kdc_tool kadmin.local -r "$REALM" ktadd -k "$WORK/pg/keytab" "postgres/$HOST"
  } >"$WORK/kdc/postgres.log" 2>&1
}

# Everybody comes in by Kerberos, as the database user of the principal's name.
database_start() {
  mkdir "$WORK/pg" && server_principal || return 1
  [ "$(id -u)" != 0 ] || chown -R postgres "$WORK/pg"
  chmod 0600 "$WORK/pg/keytab"
  as_postgres "$SERVER/initdb" -D "$WORK/pg/data" -A trust -U postgres --no-sync --locale=C \
    >"$WORK/pg.log" 2>&1 || return 1
  PG_PORT=$(free_port) || return 1
  printf 'local all all trust\nhost all all 127.0.0.1/32 gss include_realm=0 krb_realm=%s\n' "$REALM" \
    >"$WORK/pg/data/pg_hba.conf"
  server_start setpriv --reuid="$(stat -c %u "$WORK/pg")" --clear-groups "$SERVER/postgres" \
    -D "$WORK/pg/data" -p "$PG_PORT" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c unix_socket_directories="$WORK/pg" -c krb_server_keyfile="$WORK/pg/keytab" \
    >"$WORK/pg/log" 2>&1
  wait_for_port "$PG_PORT" "$SERVER_PID" &&
    as_postgres psql -q -h "$WORK/pg" -p "$PG_PORT" -d postgres -U postgres -c 'CREATE ROLE alice LOGIN' \
      >>"$WORK/pg.log" 2>&1
}

# query TICKET [PARAMETER...]: who the server says we are.
query() {
  local ticket=$1 parameters="host=$HOST hostaddr=127.0.0.1 port=$PG_PORT dbname=postgres"
  shift
  env KRB5CCNAME="FILE:$WORK/cred/$ticket" PGCONNECT_TIMEOUT=20 \
    LD_LIBRARY_PATH="$CACHE/libpq-build/src/interfaces/libpq:$(IFS=:; echo "${LIBRARIES[*]}")" \
    "$(dirname "$SERVER")/bin/psql" -X -A -t -c \
    "SELECT principal FROM pg_stat_gssapi WHERE pid = pg_backend_pid() AND gss_authenticated" \
    "$parameters $*" >"$WORK/psql.out" 2>&1
}

answers() {
  local expected=$1
  shift
  query "$@" && [ "$(cat "$WORK/psql.out")" = "$expected" ]
}

# The reason is the client's (CLIENT) or the server's.
turned_away() {
  local reason=$1
  shift
  ! query "$@" && grep -qE "$reason" "$WORK/psql.out"
}

scenario_begin "postgresql-15|$SERVER/postgres" "postgresql-client-15|$SERVER/psql"
mkdir -p "$CACHE"
(libpq_build) >"$CACHE/libpq.log" 2>&1 || source_problem postgresql-15 "$CACHE/libpq.log"
held 'libpq has SSPI' grep -q InitializeSecurityContextA \
  <(nm -D "$CACHE/libpq-build/src/interfaces/libpq/libpq.so.5")
database_start || bail_out 'PostgreSQL did not start'

held 'a ticket of Kerberos' answers "alice@$REALM" ticket user=alice
held 'the user of somebody else' turned_away 'GSSAPI authentication failed' ticket user=postgres
held 'no ticket' turned_away SSPI absent user=alice
held 'a service that the realm does not know' turned_away 'SSPI' ticket user=alice krbsrvname=nobody
held 'the server is alive' kill -0 "$SERVER_PID"
finish
