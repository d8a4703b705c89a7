# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Runs the programs of docs/examples against each other, in a sandbox of lib.sh. EXAMPLES is the folder where
# they are built; the output of both sides is in `client` and `server` of the sandbox.

# server_port: of the server that writes to `server`.
server_port() {
  local port
  for _ in {1..600}; do
    port=$(sed -n 's/^port //p' "$WORK/server")
    [ -z "$port" ] || break
    sleep 0.05
  done
  echo "$port"
}

# example PACKAGE TEXT [USER DOMAIN]: one login of sspi_client to sspi_server, whose mechanisms are those of
# SERVER_MECH, if that is set.
example() {
  local package=$1 text=$2 status
  shift 2
  : >"$WORK/server" # the port of the last server must not be read
  NTLM_USER_FILE=$WORK/accounts GSS_MECH_CONFIG=${SERVER_MECH:-$GSS_MECH_CONFIG} \
    timeout 60 "$EXAMPLES/sspi_server" 0 "$package" >"$WORK/server" 2>&1 &
  SERVER_PIDS+=($!)
  timeout 20 "$EXAMPLES/sspi_client" "$(server_port)" "$package" "HTTP/$HOST" "$text" "$@" \
    >"$WORK/client" 2>&1
  status=$?
  wait "${SERVER_PIDS[-1]}"
  return $status
}

# credssp SERVER CLIENT TEXT: one login of the programs for CredSSP, which speak with each other.
credssp() {
  local server=$1 client=$2 status
  local -a user=("$DOMAIN" alice)
  [ "$client" = credssp_sspi ] || user=("$DOMAIN\\alice")
  : >"$WORK/server"
  NTLM_USER_FILE=$WORK/accounts timeout 60 "$EXAMPLES/$server" accept 0 >"$WORK/server" 2>&1 &
  SERVER_PIDS+=($!)
  timeout 20 "$EXAMPLES/$client" connect "$(server_port)" "${user[@]}" "$3" >"$WORK/client" 2>&1
  status=$?
  wait "${SERVER_PIDS[-1]}"
  return $status
}

# example_arrived WHO MECH PACKAGE TEXT [USER DOMAIN]
example_arrived() {
  local expected="$1 by $2: $4"
  shift 2
  example "$@" && [ "$(tail -n 1 "$WORK/server")" = "$expected" ] && [ "$(cat "$WORK/client")" = 'thank you' ]
}

# credssp_arrived SERVER CLIENT TEXT
credssp_arrived() {
  credssp "$1" "$2" "$3" && [ "$(cat "$WORK/client")" = 'thank you' ] &&
    [ "$(tail -n 1 "$WORK/server")" = "$DOMAIN\\alice by CREDSSP, delegates $DOMAIN\\alice: $3" ]
}

# credssp_refused SERVER CLIENT: the client knows why, and sends nothing.
credssp_refused() {
  ! credssp "$1" "$2" 'not for your eyes' && ! grep -q 'not for your eyes' "$WORK/server" &&
    grep -q -e C000006D -e 0x8009030c "$WORK/client"
}
