#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""curl and Apache's mod_auth_gssapi with the installed packages: Negotiate, NTLM and Basic, what the server
knows of the user, TLS with a policy about channel bindings, and both without the module. Prints TAP.
"""
import json
import sys

import installed_apache as web
import installed_world
from installed_apache import BOTH, NEGOTIATE, TLS_URL, URL, request
from installed_world import ALICE, BEFORE, INSTALLED, LOGON_FAILURE, PRINCIPAL, REMOVED, USER, WRONG, client
from private_host import Tap, attempt

NTLM = ('--ntlm', '-u', f'{USER}:{ALICE[2]}')
BASIC = ('--basic', '-u', f'{USER}:{ALICE[2]}')
# What curl says without the module, and the server of a client that brings NTLM itself.
NO_MECHANISM = 'SPNEGO cannot find mechanisms to negotiate'
NOT_SUPPORTED = 'An unsupported mechanism was requested'
SPNEGO_NTLM = 'Negotiate/NTLM'
DOMAIN = 'urn:gss-sspi:ntlm:domain'


def only(domain):
    """Users of a domain: `Require expr` is also asked before there is a user."""
    return (*BOTH, f'GssapiNameAttributes NTLM_DOMAIN {DOMAIN}', '<RequireAll>', web.ANYBODY,
            f'Require expr "-z %{{REMOTE_USER}} || reqenv(\'NTLM_DOMAIN\') == \'{domain}\'"', '</RequireAll>')


LOCATIONS = {
    '/attributes': (*BOTH, 'GssapiNameAttributes json', 'GssapiNameAttributes NTLM_USER urn:gss-sspi:ntlm:user',
                    'Header always set X-Json "%{GSS_NAME_ATTRS_JSON}e"',
                    'Header always set X-Name "%{NTLM_USER}e"'),
    '/our-domain': only(ALICE[0]),
    '/other-domain': only('OTHER'),
    '/indicators': (*BOTH, 'GssapiRequiredNameAttributes auth-indicators=*'),
}
# name, place, options of curl: alice logs in with each of them, from her account file where they name none.
LOGINS = (
    ('Negotiate', f'{URL}/login/', NEGOTIATE, SPNEGO_NTLM),
    ('Negotiate over TLS', f'{TLS_URL}/login/', NEGOTIATE, SPNEGO_NTLM),
    ('Negotiate with a body', f'{URL}/login/', (*NEGOTIATE, '--data', 'x' * 40000), SPNEGO_NTLM),
    ('NTLM of curl', f'{URL}/login/', NTLM, 'NTLM/NTLM'),
    ('NTLM of curl over TLS', f'{TLS_URL}/login/', NTLM, 'NTLM/NTLM'),
    ('Basic', f'{URL}/basic/', BASIC, 'Basic/NTLM'),
)


def check_kerberos(tap, phase, world, apache):
    """The same in each phase."""
    for name, place, account in (('Kerberos', '/login/', None), ('Kerberos only', '/krb5/', None),
                                 ('Kerberos only, bound', '/krb5-bound/', None),
                                 ('Kerberos, a wrong NTLM account beside', '/login/', WRONG)):
        reply = request(apache, URL + place, *NEGOTIATE, env=client(world, account, ticket=True))
        web.logged_in(tap, f'{phase}: {name}', apache, reply, PRINCIPAL, 'Negotiate/krb5')


def check_logins(tap, world, apache):
    for name, place, options, mech in LOGINS:
        account = None if 'of curl' in name or name == 'Basic' else ALICE
        reply = request(apache, place, *options, env=client(world, account))
        web.logged_in(tap, f'{name}: alice', apache, reply, USER, mech)
        if account:
            tap.check(f'{name}: the token is NTLM in SPNEGO', all(map(web.is_ntlm, reply.sent)), reply.sent)
        wrong = [option.replace(ALICE[2], WRONG[2]) for option in options]
        reply = request(apache, place, *wrong, env=client(world, account and WRONG))
        web.refused(tap, f'{name}: wrong password', apache, reply, f'{LOGON_FAILURE}: TESTDOM\\\\alice')
    reply = request(apache, f'{URL}/login/', *NEGOTIATE, env=client(world))
    # SPNEGO does not say why, so this is what curl says without the module as well.
    tap.check('no account at all: curl sends nothing', not reply.sent and NO_MECHANISM in reply.errors, reply)
    apache.log()


def check_absent(tap, phase, world, apache):
    """Both ends without the module, and a server without it whose client has NTLM of its own."""
    reply = request(apache, f'{URL}/login/', *NEGOTIATE, env=client(world, ALICE))
    web.refused(tap, f'{phase}: no NTLM in Negotiate', apache, reply)
    tap.check(f'{phase}: curl says why', NO_MECHANISM in reply.errors and not reply.sent, reply)
    reply = request(apache, f'{URL}/login/', *NTLM, env=client(world))
    web.refused(tap, f'{phase}: no NTLM of curl, and the server says why', apache, reply, NOT_SUPPORTED)
    reply = request(apache, f'{URL}/basic/', *BASIC, env=client(world))
    web.refused(tap, f'{phase}: no Basic, and the server says why', apache, reply, NOT_SUPPORTED)


def check_kerberos_only(tap, world, apache):
    """GssapiAllowedMech of mod_auth_gssapi 1.6.4 says nothing about the scheme NTLM; what keeps that out is that
    logins are not bound to the connection."""
    for place, options, account, good in (('/krb5/', NEGOTIATE, ALICE, False), ('/krb5/', NTLM, None, False),
                                          ('/krb5-bound/', NEGOTIATE, ALICE, False),
                                          ('/krb5-bound/', NTLM, None, True)):
        reply = request(apache, URL + place, *options, env=client(world, account))
        name = f'GssapiAllowedMech krb5, {place} by {options[0]}'
        if good:
            web.logged_in(tap, f'{name}: does not keep NTLM out', apache, reply, USER, 'NTLM/NTLM')
        else:
            web.refused(tap, f'{name}: no NTLM', apache, reply)


def check_still_running(tap, world, apache):
    """An Apache that has used the module keeps it when the package goes, until it is started again."""
    reply = request(apache, f'{URL}/login/', *NTLM, env=client(world))
    web.logged_in(tap, 'removed beside an Apache that runs: NTLM of curl', apache, reply, USER, 'NTLM/NTLM')


def check_attributes(tap, world, apache):
    reply = request(apache, f'{URL}/attributes/', *NEGOTIATE, env=client(world, ALICE))
    web.logged_in(tap, 'name attributes: alice', apache, reply, USER, SPNEGO_NTLM)
    # Escaped here, since mod_auth_gssapi does not escape the backslash of the name.
    told = json.loads(reply.headers.get('X-Json', '{}').replace('\\', '\\\\')).get('attributes', {})
    got = {name.rpartition(':')[2]: (facts['authenticated'], facts['values'][0]['display'])
           for name, facts in told.items()}
    tap.check('GssapiNameAttributes json has them', got == {
        'user': (True, 'alice'), 'domain': (True, ALICE[0]), 'workstation': (False, 'WWW'),
        'target': (True, f'HTTP/{installed_world.HOST}')}, reply.headers.get('X-Json'))
    tap.check('GssapiNameAttributes gives one of them', reply.headers.get('X-Name') == 'alice', reply.headers)
    for name, place, account, status in (
            ('her domain is the one that is required', '/our-domain/', ALICE, '200'),
            ('it is another', '/other-domain/', ALICE, '401'),
            ('a Kerberos user has none', '/our-domain/', None, '401'),
            ('GssapiRequiredNameAttributes of Kerberos', '/indicators/', ALICE, '403')):
        reply = request(apache, URL + place, *NEGOTIATE, env=client(world, account, ticket=account is None))
        tap.check(f'required attributes: {name}', reply.status == status, reply, *apache.log().splitlines()[-3:])


def check_required_syntax(tap, world):
    """mod_auth_gssapi's expressions know no colon, so ours cannot be named there."""
    for name, good in (('auth-indicators', True), (DOMAIN, False)):
        text = (f'LoadModule mpm_event_module {web.MODULES}/mod_mpm_event.so\n'
                f'LoadModule authz_core_module {web.MODULES}/mod_authz_core.so\n'
                f'LoadModule auth_gssapi_module {web.MODULES}/mod_auth_gssapi.so\nErrorLog /dev/null\n'
                f'<Location />\nGssapiRequiredNameAttributes "{name}=x"\n</Location>\n')
        done = attempt('apache2', '-t', '-d', world.folder, '-f', world.write('syntax.conf', text))
        tap.check(f'GssapiRequiredNameAttributes {name}: {"is" if good else "is not"} understood',
                  (done.returncode == 0) == good and ('required name attribute' in done.stderr) != good, done)


def check_bindings(tap, world, apache):
    """mod_auth_gssapi 1.6.4 gives no bindings of its TLS, so a policy that insists on them lets nobody in by
    NTLM; Kerberos has no such policy."""
    for value, good in (('when-supported', True), ('always', False), ('off', True)):
        installed_world.policy(f'channel_bindings = {value}')
        apache.restart()
        reply = request(apache, f'{TLS_URL}/login/', *NEGOTIATE, env=client(world, ALICE))
        if good:
            web.logged_in(tap, f'channel_bindings = {value}', apache, reply, USER, SPNEGO_NTLM)
        else:
            web.refused(tap, f'channel_bindings = {value}', apache, reply, 'this program gives none to compare')
    installed_world.policy()


def check_installed_while_running(tap, world, apache):
    """An Apache that runs notices the new module."""
    reply = web.until_logged_in(lambda: request(apache, f'{URL}/login/', *NEGOTIATE, env=client(world, ALICE)))
    web.logged_in(tap, 'installed beside an Apache that runs: it needs no restart', apache, reply, USER, SPNEGO_NTLM)


def main():
    installed_world.enter((*web.PROGRAMS, web.CURL))
    tap = Tap()
    with installed_world.open_world('HTTP', group=web.WORKERS) as world:
        apache = web.Apache(world, LOCATIONS)
        for phase in installed_world.phases():
            if phase == REMOVED:
                check_still_running(tap, world, apache)
            apache.restart()
            check_kerberos(tap, phase, world, apache)
            if phase == INSTALLED:
                check_logins(tap, world, apache)
                check_kerberos_only(tap, world, apache)
                check_attributes(tap, world, apache)
                check_bindings(tap, world, apache)
            else:
                check_absent(tap, phase, world, apache)
            if phase == BEFORE:
                check_required_syntax(tap, world)
        check_installed_while_running(tap, world, apache)
        tap.check('Apache had no crash', not apache.crashes(), *apache.crashes())
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
