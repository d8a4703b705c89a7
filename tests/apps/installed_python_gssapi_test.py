#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""python3-gssapi with the installed packages: a client script at a server script and at Apache, with SPNEGO and
with NTLM alone, in both schemes of HTTP; what they say without the module. Prints TAP.
"""
import os
import re
import sys

import installed_apache as web
import installed_host
import installed_world
from installed_apache import URL
from installed_world import ALICE, HOST, INSTALLED, LOGON_FAILURE, PRINCIPAL, USER, WRONG
from private_host import NTLM_OID, Tap, attempt

KRB5_OID = '1.2.840.113554.1.2.2'
PORT = web.BOUND_PORT
SCRIPTS = installed_world.HERE
# Mechanism of the client and scheme of HTTP.
FORMS = (('spnego', 'Negotiate'), ('ntlm', 'NTLM'), ('ntlm', 'Negotiate'))
NO_MECHANISM = {'spnego': 'SPNEGO cannot find mechanisms to negotiate',
                'ntlm': 'An unsupported mechanism was requested'}
NO_CREDENTIAL = 'no NTLM credential'


def client(world, url, form, *options, account=None, ticket=False):
    """What it prints."""
    mech, scheme = form
    done = attempt(sys.executable, os.path.join(SCRIPTS, 'installed_gss_client.py'), url, '--mech', mech, '--scheme',
                   scheme, *options, env=installed_world.client(world, account, ticket))
    return done.stdout + done.stderr


def check_kerberos(tap, phase, world):
    said = client(world, f'http://{HOST}:{PORT}/', FORMS[0], ticket=True)
    tap.check(f'{phase}: Kerberos at a script', f'{PRINCIPAL} {KRB5_OID} bound=False signed' in said, said)
    said = client(world, f'{URL}/login/', FORMS[0], ticket=True)
    tap.check(f'{phase}: Kerberos at Apache', f'200 {PRINCIPAL} Negotiate/krb5' in said, said)


def check_ntlm(tap, world, server, apache):
    for form in FORMS:
        name = f'{form[0]} as {form[1]}'
        said = client(world, f'http://{HOST}:{PORT}/', form, account=ALICE)
        tap.check(f'{name} at a script: alice, and the reply is signed',
                  f'{USER} {NTLM_OID} bound=False signed' in said, said, server.tail())
        seen = len(server.tail())
        said = client(world, f'http://{HOST}:{PORT}/', form, account=WRONG)
        tap.check(f'{name} at a script: wrong password',
                  said.startswith('401') and f'{LOGON_FAILURE}: {USER}' in server.tail()[seen:], said, server.tail())
        said = client(world, f'{URL}/login/', form, '--then', account=ALICE)
        tap.check(f'{name} at Apache: alice, and again on the same connection',
                  said.split()[:3] == ['200', USER, f'{form[1]}/NTLM'] and said.endswith('\n200\n'), said,
                  *web.reasons(apache.log()))
        said = client(world, f'{URL}/login/', form, account=WRONG)
        log = apache.log()
        # In SPNEGO the client gets a refusal that tells no reason.
        tap.check(f'{name} at Apache: wrong password',
                  said.startswith(('401', 'GSSAPI: Major (851968)')) and LOGON_FAILURE in '\n'.join(web.reasons(log)), said, *web.reasons(log))
    said = client(world, f'{URL}/login/', ('ntlm', 'NTLM'))
    tap.check('NTLM without an account says where it was looked for',
              said.startswith('GSSAPI:') and NO_CREDENTIAL in said and 'NTLM_USER_FILE' in said, said)
    apache.log()


def check_absent(tap, phase, world, server):
    for form in FORMS:
        said = client(world, f'http://{HOST}:{PORT}/', form, account=ALICE)
        tap.check(f'{phase}: {form[0]} as {form[1]}: the client says why',
                  said.startswith('GSSAPI:') and NO_MECHANISM[form[0]] in said, said)
    seen = len(server.tail())
    attempt('curl', '-q', '-sS', '--ntlm', '-u', f'{USER}:{ALICE[2]}', f'http://{HOST}:{PORT}/')
    said = server.tail()[seen:]
    tap.check(f'{phase}: a server script says why', NO_MECHANISM['ntlm'] in said, said)


def check_calls(tap):
    """The test of many calls, with the installed file."""
    module = os.path.join(installed_host.modules_folder(), 'gss_ntlm.so')
    done = attempt(sys.executable, os.path.join(SCRIPTS, 'python_gssapi_test.py'),
                   env=dict(os.environ, GSS_SSPI_MODULE=module))
    good = len(re.findall('^ok ', done.stdout, re.M))
    tap.check('each check of python_gssapi_test.py', done.returncode == 0 and good > 20, done.stdout, done.stderr)


def main():
    installed_world.enter((*web.PROGRAMS, web.CURL), modules=(('gssapi', 'python3-gssapi'),))
    tap = Tap()
    with installed_world.open_world('HTTP', group=web.WORKERS) as world:
        apache = web.Apache(world)
        for phase in installed_world.phases():
            apache.restart()
            server = web.start_bound(world)
            check_kerberos(tap, phase, world)
            apache.log()
            if phase == INSTALLED:
                check_ntlm(tap, world, server, apache)
                check_calls(tap)
            else:
                check_absent(tap, phase, world, server)
            world.stop(server)
        tap.check('Apache had no crash', not apache.crashes(), *apache.crashes())
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
