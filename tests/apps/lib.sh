# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034  # some variables are for the scripts that read this file
# Functions shared by the demo and the application tests: a private folder, our module registered in
# it, a throw-away Kerberos realm, an Apache with mod_auth_gssapi and clients that log in to it.
#
# Nothing outside the private folder is written, and everything listens on loopback only. The
# functions end what they started by process id.

# ---- names and passwords of this private world ---------------------------------------------------

readonly DOMAIN=DEMO
readonly REALM=DEMO.TEST
readonly HOST=www.demo.test
readonly NTLM_OID=1.3.6.1.4.1.311.2.2.10
readonly CREDSSP_OID=2.25.7309953812226743153
readonly ALICE_PASSWORD='Wonder-land1'
readonly WRONG_PASSWORD='Looking-glass2'
readonly ZOE_PASSWORD='pä$swörd€'
readonly KRB5_PASSWORD='Ticket-please3'

PATH=$PATH:/usr/sbin:/sbin
APPS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# ---- private folder ------------------------------------------------------------------------------

# The folder is traversable, because a server started by root runs its workers as www-data; every
# file with a secret in it has its own strict mode. It is the working folder, so that a core file of
# a client is found, and goes, with it.
sandbox_begin() {
  unset KRB5CCNAME KRB5_KTNAME KRB5_CLIENT_KTNAME KRB5_TRACE NTLM_USER_FILE NTLMUSER LM_COMPAT_LEVEL \
    NETBIOS_COMPUTER_NAME NETBIOS_DOMAIN_NAME GSS_MECH_CONFIG GSS_SSPI_CONFIG GSSNTLMSSP_DEBUG \
    http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY no_proxy NO_PROXY \
    SSL_CERT_FILE CURL_CA_BUNDLE CURL_HOME XDG_CONFIG_HOME
  umask 022
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/gss-sspi.XXXXXX") || return 1
  chmod 0711 "$WORK"
  mkdir "$WORK/home" "$WORK/cred"
  chmod 0700 "$WORK/home" "$WORK/cred"
  export HOME=$WORK/home LC_ALL=C.UTF-8
  ulimit -c unlimited 2>/dev/null
  GSS_SSPI_MODULE=$(realpath "$GSS_SSPI_MODULE")
  SERVER_PIDS=()
  cd "$WORK" || return 1
  trap sandbox_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

sandbox_end() {
  local pid
  trap - EXIT
  for pid in "${SERVER_PIDS[@]}"; do
    server_stop "$pid"
  done
  if [ -n "${KEEP_SANDBOX:-}" ]; then
    echo "# kept: $WORK"
  else
    cd / && rm -rf "$WORK"
  fi
}

# Starts a server, which stays in the foreground, in the background of this script. It has a session
# of its own, because Apache signals its whole process group at its end, and it gets a signal when
# this script dies in a way that runs no trap. Sets SERVER_PID.
server_start() {
  setsid setpriv --pdeathsig TERM "$@" </dev/null &
  SERVER_PID=$!
  SERVER_PIDS+=("$SERVER_PID")
}

server_stop() {
  local pid=$1 kept=() other tries=0
  kill -TERM "$pid" 2>/dev/null
  # A server that does not end within 10 seconds is ended the hard way.
  while kill -0 "$pid" 2>/dev/null && [ $((tries += 1)) -le 100 ]; do
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  for other in "${SERVER_PIDS[@]}"; do
    [ "$other" = "$pid" ] || kept+=("$other")
  done
  SERVER_PIDS=("${kept[@]}")
}

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A loopback port below the range that the system gives out by itself.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + RANDOM % 12000))
    port_is_open "$port" || { echo "$port"; return 0; }
  done
  return 1
}

# Waits until the server with this process id listens on the port.
wait_for_port() {
  local port=$1 pid=$2
  for _ in {1..150}; do
    port_is_open "$port" && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# ---- what must be there --------------------------------------------------------------------------

readonly WEB_MODULES=/usr/lib/apache2/modules

# Prints the packages whose program is missing, one line, nothing when all are there (P1).
missing_packages() {
  local row name file # the file is a program or a path
  local rows=(
    "apache2-bin|apache2"
    "libapache2-mod-auth-gssapi|$WEB_MODULES/mod_auth_gssapi.so"
    "curl|curl"
    "krb5-kdc|krb5kdc"
    "krb5-admin-server|kadmin.local"
    "krb5-user|kinit"
    "openssl|openssl"
    "$@"
  )
  for row in "${rows[@]}"; do
    name=${row%%|*} file=${row#*|}
    command -v "$file" >/dev/null || [ -e "$file" ] || printf '%s ' "$name"
  done
}

# ---- our module ----------------------------------------------------------------------------------

# The module is copied: mechglue opens it in the server's worker, which may be another user and not
# able to read a build folder below a private home. The three other files are the forms of "module
# removed" (P5).
module_register() {
  mkdir "$WORK/mech"
  cp "$GSS_SSPI_MODULE" "$WORK/mech/gss_ntlm.so" || return 1
  chmod 0755 "$WORK/mech/gss_ntlm.so"
  echo 'this is no ELF file' >"$WORK/mech/no-elf.so"
  echo "gss_ntlm $NTLM_OID $WORK/mech/gss_ntlm.so" >"$WORK/mech/installed.conf"
  [ -z "${GSS_SSPI_CREDSSP:-}" ] ||
    echo "credssp $CREDSSP_OID $GSS_SSPI_CREDSSP" >>"$WORK/mech/installed.conf"
  echo '# no mechanism' >"$WORK/mech/no-line.conf"
  echo "gss_ntlm $NTLM_OID $WORK/mech/absent.so" >"$WORK/mech/no-file.conf"
  echo "gss_ntlm $NTLM_OID $WORK/mech/no-elf.so" >"$WORK/mech/no-elf.conf"
  module_use installed
}

# installed | no-line | no-file | no-elf, for all programs that start from now on.
module_use() { export GSS_MECH_CONFIG=$WORK/mech/$1.conf; }

# ---- accounts ------------------------------------------------------------------------------------

# secret_file FILE MODE: content from standard input, never readable by others in between.
secret_file() {
  (umask 077 && cat >"$1") && chmod "$2" "$1"
}

# A file that the server reads: root:www-data 0640 where the workers are www-data, else our own 0600
# (N428).
server_file() {
  if [ "$(id -u)" = 0 ]; then
    secret_file "$1" 0640 && chgrp www-data "$1"
  else
    secret_file "$1" 0600
  fi
}

accounts_create() {
  server_file "$WORK/accounts" <<END
# format: DOMAIN:user:password
$DOMAIN:alice:$ALICE_PASSWORD
$DOMAIN:zoë:$ZOE_PASSWORD
END
  client_credential alice "$DOMAIN:alice:$ALICE_PASSWORD"
  client_credential wrong "$DOMAIN:alice:$WRONG_PASSWORD"
  client_credential nobody "$DOMAIN:nobody:$ALICE_PASSWORD"
  client_credential zoe "$DOMAIN:zoë:$ZOE_PASSWORD"
  client_credential wrong-zoe "$DOMAIN:zoë:$WRONG_PASSWORD"
}

client_credential() { echo "$2" | secret_file "$WORK/cred/$1" 0600; }

# ---- Kerberos ------------------------------------------------------------------------------------

# The one encryption type of keys and sessions; empty for the usual ones.
KDC_ENCTYPE=

kdc_config() {
  KDC_PORT=$(free_port) || return 1
  mkdir "$WORK/kdc"
  export KRB5_CONFIG=$WORK/krb5.conf KRB5RCACHETYPE=none
  cat >"$KRB5_CONFIG" <<END
[libdefaults]
  default_realm = $REALM
  default_ccache_name = FILE:$WORK/home/ccache
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  ${KDC_ENCTYPE:+permitted_enctypes = $KDC_ENCTYPE}
[realms]
  $REALM = {
    kdc = 127.0.0.1:$KDC_PORT
  }
[domain_realm]
  $HOST = $REALM
[logging]
  kdc = FILE:$WORK/kdc/kdc.log
END
  cat >"$WORK/kdc/kdc.conf" <<END
[realms]
  $REALM = {
    database_name = $WORK/kdc/principal
    key_stash_file = $WORK/kdc/stash
    acl_file = $WORK/kdc/acl
    kdc_listen = 127.0.0.1:$KDC_PORT
    kdc_tcp_listen = 127.0.0.1:$KDC_PORT
    ${KDC_ENCTYPE:+supported_enctypes = $KDC_ENCTYPE:normal}
    ${KDC_ENCTYPE:+master_key_type = $KDC_ENCTYPE}
  }
END
}

# The variable that names kdc.conf is for the KDC's own programs only.
kdc_tool() { env KRB5_KDC_PROFILE="$WORK/kdc/kdc.conf" "$@"; }

kdc_start() {
  kdc_config || return 1
  {
    kdc_tool kdb5_util create -s -r "$REALM" -P "master-$RANDOM$RANDOM" &&
      kdc_tool kadmin.local -r "$REALM" addprinc -pw "$KRB5_PASSWORD" alice &&
      kdc_tool kadmin.local -r "$REALM" addprinc -randkey "HTTP/$HOST" &&
      kdc_tool kadmin.local -r "$REALM" addprinc -randkey "host/$HOST" &&
      kdc_tool kadmin.local -r "$REALM" ktadd -k "$WORK/keytab.new" "HTTP/$HOST" "host/$HOST"
  } >"$WORK/kdc/create.log" 2>&1 || return 1
  server_file "$WORK/keytab" <"$WORK/keytab.new"
  rm -f "$WORK/keytab.new"
  server_start env KRB5_KDC_PROFILE="$WORK/kdc/kdc.conf" krb5kdc -n >"$WORK/kdc/out.log" 2>&1
  wait_for_port "$KDC_PORT" "$SERVER_PID"
}

krb5_login() {
  echo "$KRB5_PASSWORD" | kinit -c "FILE:$WORK/cred/ticket" alice >"$WORK/kdc/kinit.log" 2>&1
}

# ---- Apache --------------------------------------------------------------------------------------

# web_location PATH DIRECTIVE...: a folder with GSSAPI login.
web_location() {
  local path=$1
  shift
  mkdir -p "$WORK/web/htdocs$path"
  echo "hello from $path" >"$WORK/web/htdocs$path/index.html"
  echo "<Location $path>"
  printf '  %s\n' 'AuthType GSSAPI' 'AuthName "demo"' 'Require valid-user' \
    'GssapiConnectionBound On' 'GssapiPublishMech On' 'GssapiPublishErrors On' "$@"
  echo '</Location>'
}

web_modules() {
  local name
  for name in "mpm_$1" alias dir authn_core authz_core authz_user auth_basic headers mime env \
    setenvif ssl socache_shmcb auth_gssapi; do
    echo "LoadModule ${name}_module $WEB_MODULES/mod_$name.so"
  done
}

# The reply tells what the acceptor found: user, mechanism and GSS statuses (P2).
web_config() {
  local both=('GssapiAllowedMech krb5' 'GssapiAllowedMech ntlmssp')
  web_modules "$1"
  cat <<END
ServerName $HOST
ServerRoot $WORK/web
PidFile $WORK/web/run/pid
DefaultRuntimeDir $WORK/web/run
Mutex file:$WORK/web/run
CoreDumpDirectory $WORK/web/cores
Listen 127.0.0.1:$WEB_PORT
Listen 127.0.0.1:$WEB_TLS_PORT
ErrorLog $WORK/web/error.log
LogLevel info auth_gssapi:debug ssl:error
KeepAlive On
MaxKeepAliveRequests 0
GracefulShutdownTimeout 1
TypesConfig /dev/null
DocumentRoot $WORK/web/htdocs
DirectoryIndex index.html
SSLSessionCache shmcb:$WORK/web/run/tls
<VirtualHost 127.0.0.1:$WEB_TLS_PORT>
  ServerName $HOST
  SSLEngine On
  SSLCertificateFile $WORK/web/cert.pem
  SSLCertificateKeyFile $WORK/web/key.pem
</VirtualHost>
Header always set X-User "expr=%{REMOTE_USER}"
Header always set X-Mech "%{GSS_MECH}e"
Header always set X-Error "%{GSS_ERROR_MAJ}e/%{GSS_ERROR_MIN}e"
END
  if [ "$(id -u)" = 0 ]; then
    printf '%s\n' 'User www-data' 'Group www-data'
  fi
  web_location /login "${both[@]}"
  web_location /krb5 'GssapiAllowedMech krb5'
  web_location /store "${both[@]}" "GssapiCredStore keytab:$WORK/keytab"
  web_location /basic "${both[@]}" 'GssapiBasicAuth On' 'GssapiBasicAuthMech ntlmssp'
  web_location /once "${both[@]}" 'GssapiNegotiateOnce On' 'GssapiSignalPersistentAuth On'
  web_location /local "${both[@]}" 'GssapiLocalName On'
  [ ${#WEB_DIRECTIVES[@]} = 0 ] || printf '%s\n' "${WEB_DIRECTIVES[@]}"
}

web_folders() {
  mkdir -p "$WORK/web/htdocs" "$WORK/web/run" "$WORK/web/cores"
  if [ "$(id -u)" = 0 ]; then
    chown www-data "$WORK/web/cores"
  fi
  [ -e "$WORK/web/key.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
    -nodes -days 2 -subj "/CN=$HOST" -addext "subjectAltName=DNS:$HOST" \
    -addext "basicConstraints=critical,CA:false" \
    -keyout "$WORK/web/key.pem" -out "$WORK/web/cert.pem" 2>"$WORK/web/openssl.log"
}

# web_start [MPM] [ACCOUNT FILE]. The variables are for this server only, the clients have their own;
# WEB_ENV may hold more of them, and WEB_DIRECTIVES what the configuration ends with.
WEB_ENV=()
WEB_DIRECTIVES=()
web_start() {
  local mpm=${1:-event} accounts=${2:-$WORK/accounts}
  web_folders || return 1
  WEB_PORT=$(free_port) || return 1
  WEB_TLS_PORT=$(free_port) || return 1
  web_config "$mpm" >"$WORK/web/httpd.conf"
  : >>"$WORK/web/error.log"
  server_start env KRB5_KTNAME="FILE:$WORK/keytab" NTLM_USER_FILE="$accounts" LC_ALL=C \
    "${WEB_ENV[@]}" apache2 -D FOREGROUND -f "$WORK/web/httpd.conf" >>"$WORK/web/out.log" 2>&1
  WEB_PID=$SERVER_PID
  wait_for_port "$WEB_PORT" "$WEB_PID"
}

web_stop() { server_stop "$WEB_PID"; }

# web_restart is a new server with other variables; the log goes on.
web_restart() {
  web_stop
  web_start "$@"
}

log_mark() { LOG_MARK=$(wc -c <"$WORK/web/error.log"); }

log_since_mark() { tail -c +$((LOG_MARK + 1)) "$WORK/web/error.log"; }

# The reason the server gave for its last refusal since the mark, without time, process and client.
log_reason() {
  log_since_mark | sed -n 's/.*auth_gssapi:error[^]]*\].*\[client [^]]*\] //p' | tail -n 1
}

# Prints what the log or the folders say about a crash; nothing when there was none (P3).
web_crashes() {
  grep -E 'exit signal|Segmentation|Assertion' "$WORK/web/error.log" "$WORK/web/out.log"
  find "$WORK" -name 'core*' -type f
}

# ---- clients -------------------------------------------------------------------------------------

# client_env CREDENTIAL: sets CLIENT_ENV for one of
#   alice wrong nobody zoe ...  an account of accounts_create, no Kerberos ticket
#   ticket                      a Kerberos ticket and no NTLM account
#   alice+ticket ...            both
#   none                        neither
client_env() {
  local account=${1%+ticket} ticket=$WORK/cred/absent
  case $1 in
    ticket | *+ticket) ticket=$WORK/cred/ticket ;;
  esac
  CLIENT_ENV=(KRB5CCNAME="FILE:$ticket")
  case $account in
    ticket | none) ;;
    *) CLIENT_ENV+=(NTLM_USER_FILE="$WORK/cred/$account") ;;
  esac
}

# web_request CREDENTIAL PATH [CURL OPTION...]: sets STATUS, REMOTE, MECH, CURL_EXIT from the last
# reply. A request that takes over 20 seconds has failed (P4). PATH may begin with https:.
web_request() {
  local credential=$1 url=http://$HOST:$WEB_PORT$2 headers=$WORK/headers
  [[ $2 == https:* ]] && url=https://$HOST:$WEB_TLS_PORT${2#https:}
  shift 2
  client_env "$credential"
  : >"$headers"
  env "${CLIENT_ENV[@]}" "${CURL:-curl}" -q -sS --noproxy '*' --max-time 20 --cacert "$WORK/web/cert.pem" \
    --resolve "$HOST:$WEB_PORT:127.0.0.1" --resolve "$HOST:$WEB_TLS_PORT:127.0.0.1" \
    -D "$headers" -o "$WORK/body" "$@" "$url" >"$WORK/curl.out" 2>"$WORK/curl.err"
  CURL_EXIT=$?
  STATUS=$(sed -n 's/^HTTP\/[0-9.]* \([0-9]*\).*/\1/p' "$headers" | tail -n 1)
  REMOTE=$(reply_header X-User)
  MECH=$(reply_header X-Mech)
}

reply_header() { sed -n "s/^$1: \(.*\)\r\$/\1/p" "$WORK/headers" | tail -n 1; }

# ---- checks --------------------------------------------------------------------------------------

# The script that uses these functions defines `report RESULT NAME`: RESULT is 0 when it held.

reply_summary() {
  printf 'curl exit %s, status %s, user %s, mechanism %s' "$CURL_EXIT" "${STATUS:-none}" \
    "${REMOTE:-none}" "${MECH:-none}"
}

# login_says USER MECH: the last reply is a 200, and the server found this user by this mechanism.
# MECH is a piece of mod_auth_gssapi's "Negotiate/krb5".
login_says() {
  [ "$CURL_EXIT" = 0 ] && [ "$STATUS" = 200 ] && [ "$REMOTE" = "$1" ] && [[ $MECH == *"$2"* ]]
}

# login NAME CREDENTIAL PATH USER MECH CURL-OPTION...
login() {
  local name=$1 credential=$2 path=$3 user=$4 mech=$5
  shift 5
  log_mark
  web_request "$credential" "$path" "$@"
  login_says "$user" "$mech"
  report $? "$name"
}

# refused NAME CREDENTIAL PATH REASON CURL-OPTION...: 401, and the server's log gives a reason that
# matches the regular expression; "-" when none is asked for.
refused() {
  local name=$1 credential=$2 path=$3 reason=$4
  shift 4
  log_mark
  web_request "$credential" "$path" "$@"
  [ "$CURL_EXIT" = 0 ] && [ "$STATUS" = 401 ] &&
    { [ "$reason" = - ] || log_reason | grep -qE "$reason"; }
  report $? "$name"
}

# held NAME COMMAND...: for everything that is not a login.
held() {
  local name=$1
  shift
  "$@"
  report $? "$name"
}

web_is_well() { kill -0 "$WEB_PID" 2>/dev/null && [ -z "$(web_crashes)" ]; }
