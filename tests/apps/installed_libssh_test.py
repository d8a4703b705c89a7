#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An SSH server with libssh (ssh_server.c, the first argument) with the packages installed: OpenSSH's client
logs in by gssapi-with-mic and NTLM. libssh itself calls the GSSAPI, or the server does. Prints TAP."""
import sys

import installed_ssh as ssh
import installed_world as installed
import private_host
from installed_ssh import Client

if len(sys.argv) < 2:
    private_host.skip_all('missing packages: libssh-dev')
installed.enter(ssh.PROGRAMS)

# pylint: disable=wrong-import-position
from installed_servers import Service

NTLM = '{ 1 3 6 1 4 1 311 2 2 10 }'
OTHER = ('OTHERDOM', 'alice', 'Off-with-their-heads4')
LOCAL = f'local_domains = {installed.DOMAIN}'
# What the client gets to see of a login: libssh knows no mechanism.
SEEN = {'builtin': f'{installed.USER} as {ssh.ACCOUNT}',
        'calls': f'{installed.USER} by {NTLM} as {ssh.ACCOUNT}'}
OWNERS = (f'{installed.USER}={ssh.ACCOUNT}', f'{installed.PRINCIPAL}={ssh.ACCOUNT}')


def start(world, key, mode, **variables):
    server = Service(world, sys.argv[1], '127.0.0.1', str(ssh.PORT), key, mode, *OWNERS, port=ssh.PORT,
                     variables=variables)
    server.mode = mode
    return server


def check_login(tap, world, server):
    mode = server.mode
    got = Client(world, account=installed.ALICE)
    tap.check(f'{mode}: the server sees the user of NTLM', (got.code, got.output) == (0, SEEN[mode]), got,
              server.said())
    tap.check(f'{mode}: by gssapi-with-mic', 'using "gssapi-with-mic"' in got.debug, got)
    got = Client(world, config=ssh.DEBIAN, account=installed.ALICE)
    tap.check(f'{mode}: with the configuration of the package too',
              (got.code, got.output) == (0, SEEN[mode]), got)
    got = Client(world, '-o', 'GSSAPIDelegateCredentials=yes', account=installed.ALICE)
    tap.check(f'{mode}: GSSAPIDelegateCredentials does not disturb', (got.code, got.output) == (0, SEEN[mode]), got)
    tap.check(f'{mode}: the server has loaded the module of the package', server.loaded())


def check_beside_kerberos(tap, world, key):
    """The client has a ticket, and the server no key for it. It tries one mechanism after the other."""
    with start(world, key, 'builtin', KRB5_KTNAME='FILE:' + world.path('absent')) as server:
        got = Client(world, account=installed.ALICE, ticket=True)
        tap.check('a ticket that is of no use here: NTLM follows', (got.code, got.output) == (0, SEEN['builtin']), got,
                  server.said())
        got = Client(world, ticket=True)
        tap.check('a ticket that is of no use here, and no NTLM: refused', got.refused(), got)


def check_refusals(tap, world, server):
    mode = server.mode
    got = Client(world, account=installed.WRONG)
    tap.check(f'{mode}: wrong password: refused', got.refused(), got)
    tap.check(f'{mode}: wrong password: the server says why',
              f'{installed.LOGON_FAILURE}: {installed.USER}' in server.said(), server.said())
    tap.figure(f'{mode}, wrong password, client', got.text())
    for title, user, account in (('the account of somebody else', 'root', installed.ALICE),
                                 ('the same user of another domain', ssh.ACCOUNT, OTHER)):
        got = Client(world, user=user, account=account)
        tap.check(f'{mode}: {title}: refused', got.refused(), got)
        name = f'not the owner of the account: {account[0]}\\{account[1]}'
        tap.check(f'{mode}: {title}: only because of that', name in server.said(), server.said())
    got = Client(world)
    tap.check(f'{mode}: no credential: refused', got.refused(), got)


def check_local_domains(tap, world, key):
    """gss_authorize_localname: a user of a domain owns a local account only where the policy says so."""
    installed.policy()
    with start(world, key, 'calls') as server:
        got = Client(world, account=installed.ALICE)
        tap.check('without local_domains: refused',
                  got.refused() and 'not the owner of the account' in server.said(), got, server.said())
    installed.policy(LOCAL)


def check_absent_at_server(tap, world, key):
    with start(world, key, 'builtin', GSS_MECH_CONFIG='/dev/null') as server:
        got = Client(world, account=installed.ALICE)
        tap.check('a server without the module: refused', got.refused(), got)
        tap.check('a server without the module says so', 'GSSAPI: no OID match' in server.said(), server.said())


def check_absent(tap, world, key, phase):
    with start(world, key, 'builtin') as server:
        got = Client(world, account=installed.ALICE)
        tap.check(f'{phase}: refused', got.refused() and 'login:' not in server.said(), got)
        tap.check(f'{phase}: -v says what the client has tried',
                  'No Kerberos credentials available' in got.debug, got)
        tap.figure(f'{phase}, client', got.text())


def kerberos(world, key):
    with start(world, key, 'builtin') as server:
        got = [Client(world, ticket=True, account=account) for account in (None, installed.ALICE)]
        return [(client.code, client.output) for client in got], server.said()


def main():
    tap, results = private_host.Tap(), {}
    with installed.open_world('host') as world:
        key = ssh.prepare(world)
        for phase in installed.phases():
            results[phase], said = kerberos(world, key)
            expected = (0, f'{installed.PRINCIPAL} as {ssh.ACCOUNT}')
            tap.check(f'{phase}: Kerberos', results[phase] == [expected] * 2, results[phase], said)
            if phase != installed.INSTALLED:
                check_absent(tap, world, key, phase)
                continue
            with open(installed.ACCOUNTS, 'a', encoding='utf-8') as file:
                file.write(installed.lines(OTHER))
            installed.policy(LOCAL)
            for mode in SEEN:
                with start(world, key, mode) as server:
                    check_login(tap, world, server)
                    check_refusals(tap, world, server)
                    check_login(tap, world, server)
            check_beside_kerberos(tap, world, key)
            check_local_domains(tap, world, key)
            check_absent_at_server(tap, world, key)
        with start(world, key, 'builtin') as server:
            got = Client(world, account=installed.ALICE)
            tap.check('installed again: NTLM', (got.code, got.output) == (0, SEEN['builtin']), got, server.said())
    return tap.finish()


sys.exit(main())
