#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Chromium with the installed packages: Negotiate where the command line or a policy of the administrator lists
the server, and what is seen without the module. Prints TAP.

Chromium has NTLM of its own, but for the scheme NTLM only; what the server sees by Negotiate comes from the
GSSAPI.
"""
import os
import sys

import installed_apache as web
import installed_world
from installed_apache import TLS_URL, URL
from installed_world import ALICE, HOST, INSTALLED, LOGON_FAILURE, PRINCIPAL, WRONG, client
from private_host import Tap, attempt

POLICIES = '/etc/chromium/policies/managed'
LISTED = f'--auth-server-allowlist={HOST}'
OPTIONS = ('--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--ignore-certificate-errors',
           '--dump-dom')
REFUSED = 'net::ERR_INVALID_AUTH_CREDENTIALS'
NO_TOKEN = 'Client did not send any authentication headers'


def browse(world, url, *options, env):
    """What became of it; `stdout` is the page."""
    return attempt('chromium', *OPTIONS, f'--user-data-dir={world.path("profile")}', *options, url, env=env,
                   timeout=60)


def _said(page):
    return '\n'.join(line for line in page.stderr.splitlines() if 'dbus' not in line)


def _events(log):
    return [line for line in log.splitlines() if 'authenticated' in line or 'error' in line or 'NO AUTH' in line]


def logged_in(tap, name, apache, page, user, mech):
    log = apache.log()
    tap.check(name, 'hello from /login' in page.stdout
              and f'User {user} authenticated with Negotiate/{mech}' in log.replace('\\\\', '\\'),
              page.stdout, _said(page), *_events(log))


def refused(tap, name, apache, page, reason):
    """With what Chromium says of it, and the server."""
    log = apache.log()
    tap.check(name, 'hello' not in page.stdout and REFUSED in page.stderr and reason in log
              and 'authenticated' not in log, page.stdout, _said(page), *_events(log))


def check_ntlm(tap, world, apache):
    place = f'{URL}/login/'
    for name, url in (('http', place), ('https', f'{TLS_URL}/login/')):
        page = browse(world, url, LISTED, env=client(world, ALICE))
        logged_in(tap, f'{name}: alice', apache, page, installed_world.USER, 'NTLM')
        page = browse(world, url, LISTED, env=client(world, WRONG))
        refused(tap, f'{name}: wrong password', apache, page, LOGON_FAILURE)
    page = browse(world, place, env=client(world, ALICE))
    refused(tap, 'a server that is not listed gets no token', apache, page, NO_TOKEN)
    os.makedirs(POLICIES)
    with open(f'{POLICIES}/negotiate.json', 'w', encoding='ascii') as file:
        file.write(f'{{"AuthServerAllowlist": "*.{HOST.partition(".")[2]}"}}\n')
    page = browse(world, place, env=client(world, ALICE))
    logged_in(tap, 'a server that the policy AuthServerAllowlist lists', apache, page, installed_world.USER, 'NTLM')


def check_bindings(tap, world, apache):
    """Chromium gives none."""
    for value, good in (('when-supported', True), ('always', False)):
        installed_world.policy(f'channel_bindings = {value}')
        server = web.start_bound(world, apache.certificate, apache.key)
        page = browse(world, f'https://{HOST}:{web.BOUND_PORT}/', LISTED, env=client(world, ALICE))
        seen = installed_world.USER in page.stdout and 'bound=False' in page.stdout
        tap.check(f'a server with channel_bindings = {value}: {"alice, not bound" if good else "refused"}',
                  seen == good and ('the peer sent none: policy: always' in server.tail()) != good,
                  page.stdout, page.stderr[-500:], server.tail())
        world.stop(server)
    installed_world.policy()


def main():
    installed_world.enter((*web.PROGRAMS, ('chromium', 'chromium')), modules=(('gssapi', 'python3-gssapi'),))
    tap = Tap()
    with installed_world.open_world('HTTP', group=web.WORKERS) as world:
        apache = web.Apache(world)
        apache.restart()
        # The first time that a new profile is asked for a login, it sends no token.
        browse(world, f'{URL}/login/', LISTED, env=client(world))
        for phase in installed_world.phases():
            apache.restart()
            apache.log()
            page = browse(world, f'{URL}/login/', LISTED, env=client(world, ticket=True))
            logged_in(tap, f'{phase}: Kerberos', apache, page, PRINCIPAL, 'krb5')
            if phase == INSTALLED:
                check_ntlm(tap, world, apache)
                check_bindings(tap, world, apache)
            else:
                page = browse(world, f'{URL}/login/', LISTED, env=client(world, ALICE))
                refused(tap, f'{phase}: no NTLM', apache, page, NO_TOKEN)
        tap.check('Apache had no crash', not apache.crashes(), *apache.crashes())
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
