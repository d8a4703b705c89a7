# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of the command gss-sspi for bash.

_gss_sspi() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]:-} first=2 words
  COMPREPLY=()
  if [ "$COMP_CWORD" -gt 2 ] && [ "$command" = test ]; then
    command="test ${COMP_WORDS[2]}"
    first=3
  fi
  case $previous in
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --module-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --mech) mapfile -t COMPREPLY < <(compgen -W 'spnego ntlm krb5' -- "$current"); return ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$current"); return ;;
    --domain | --lifetime | --bind | --port | --timeout | --target | --path) return ;;
  esac
  if [ "$COMP_CWORD" -lt "$first" ]; then
    case $command in
      test) words='client server' ;;
      *) words='' ;;
    esac
    [ "$COMP_CWORD" -gt 1 ] || words='doctor login logout list token test --help --version'
  else
    case $command in
      doctor) words='--config --module-dir --delegate-to --help' ;;
      login) words='--domain --lifetime --not-default --stdin --help' ;;
      logout) words='--domain --all --help' ;;
      list) words='--help' ;;
      token) words='--hex --base64 --auto --help' ;;
      test) words='client server' ;;
      'test client') words='--http --path --mech --user --stdin --target --timeout --help' ;;
      'test server') words='--http --mech --bind --port --timeout --once --help' ;;
      *) words='' ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _gss_sspi gss-sspi
