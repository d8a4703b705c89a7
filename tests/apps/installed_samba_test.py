#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Samba with the packages installed: smbd and smbclient have a GSSAPI of their own and never load the
modules, so what they do is the same before, with and after them. Prints TAP."""
import os
import re
import sys

import installed_world as installed

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, '../smb'))
installed.enter((('smbd', 'samba'), ('smbpasswd', 'samba-common-bin'), ('smbclient', 'smbclient')),
                (('impacket', 'python3-impacket'), ('gssapi', 'python3-gssapi')))

# pylint: disable=wrong-import-position
import private_host
from accounts import ALICE, REFUSED, ZOE
from installed_servers import check_same
from private_host import attempt
from smbd import ADDRESS, ENCRYPTED_SHARE, SHARE, Smbd
from steps import SMBCLIENT, smbclient, use_files_with_smbclient

MODULE = re.compile(r'\bgss_(?:ntlm|credssp)\.so')


def works(world, share, account, *options):
    try:
        use_files_with_smbclient(world, ADDRESS, share, account, *options)
    except AssertionError as error:
        return str(error)
    return 'works'


def refusal(account):
    done = smbclient(ADDRESS, SHARE, account, 'ls')
    return done.returncode, done.stdout.strip()


def by_kerberos(world, ticket):
    """smbd knows no Kerberos here: the text of the client."""
    done = attempt(*SMBCLIENT[:3], '--use-kerberos=required', f'//{installed.HOST}/{SHARE}', '-c', 'ls',
                   stdin=0, env=installed.client(world, installed.ALICE, ticket))
    return done.returncode, done.stdout.strip()


def results(world, server):
    found = {}
    for share in (SHARE, ENCRYPTED_SHARE):
        for account in (ALICE, ZOE):
            for dialect in ('SMB2_10', 'SMB3_11') if share == SHARE else ('SMB3_11',):
                found[f'{share}, {account.name()}, {dialect}'] = works(world, share, account, '-m', dialect)
    for title, account in REFUSED.items():
        found[title] = refusal(account)
    for title, ticket in (('with', True), ('without', False)):
        found[f'Kerberos {title} a ticket'] = by_kerberos(world, ticket)
    found['the server\'s log'] = server.logins()
    return found


def loads_module(*command, **variables):
    """Does this program load one of the modules?"""
    done = attempt(*command, env={**os.environ, **variables, 'LD_DEBUG': 'files'}, stdin=0)
    return bool(MODULE.search(done.stderr))


def check_not_loaded(tap, world, server, phase):
    own = installed.client(world, installed.ALICE)['NTLM_USER_FILE']
    client = loads_module(*SMBCLIENT, f'//{ADDRESS}/{SHARE}', '-U', f'{ALICE.name()}%{ALICE.password}', '-c',
                          'ls', NTLM_USER_FILE=own)
    tap.check(f'{phase}: smbclient loads no module', not client)
    maps = ''.join(open(f'/proc/{pid}/maps', encoding='utf-8').read() for pid in processes(server))
    tap.check(f'{phase}: smbd loads no module', 'libsmbd' in maps and not MODULE.search(maps))
    system = loads_module('/usr/bin/python3', '-c', 'import gssapi; gssapi.raw.indicate_mechs()')
    present = phase == installed.INSTALLED
    tap.check(f'{phase}: control: the GSSAPI of the system {"does" if present else "does not"}',
              system == present)


def processes(server):
    """The server and its children."""
    own = server.server.process.pid
    done = attempt('ps', '-o', 'pid=', '--pid', str(own), '--ppid', str(own))
    return done.stdout.split()


def check_before(tap, found):
    for title, result in found.items():
        if title.startswith((SHARE, ENCRYPTED_SHARE)):
            tap.check(f'before: {title}', result == 'works', result)
    for title in REFUSED:
        code, text = found[title]
        tap.check(f'before: {title}: refused', code == 1 and 'NT_STATUS_LOGON_FAILURE' in text, text)
    for title in ('with', 'without'):
        code, text = found[f'Kerberos {title} a ticket']
        tap.check(f'before: Kerberos {title} a ticket: refused', code == 1 and 'NT_STATUS' in text, text)
    statuses = {status for *_, status in found['the server\'s log']}
    tap.check('before: the log has good and refused logins', 'NT_STATUS_OK' in statuses and len(statuses) > 1,
              statuses)


def main():
    tap, found = private_host.Tap(), {}
    with installed.open_world('cifs') as world:
        server = Smbd(world, (ALICE, ZOE), own_root=True)
        for phase in installed.phases():
            logins = len(server.logins())
            found[phase] = results(world, server)
            found[phase]['the server\'s log'] = found[phase]['the server\'s log'][logins:]
            check_not_loaded(tap, world, server, phase)
        check_before(tap, found[installed.BEFORE])
        check_same(tap, found)
    return tap.finish()


sys.exit(main())
