# SPDX-License-Identifier: MIT
"""What the tests of real programs with the installed packages have in common: a host on which they are
installed, removed and installed again, its accounts, a Kerberos realm, and the policy file.

    installed_world.enter((('curl', 'curl'),))
    with installed_world.open_world() as world:
        for phase in installed_world.phases():
            ...
"""
import contextlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / 'lib'), str(HERE.parent / 'peers')]

import credssp_realm  # pylint: disable=wrong-import-position
import installed_host  # pylint: disable=wrong-import-position
import private_host  # pylint: disable=wrong-import-position

DOMAIN, HOST, REALM = 'TESTDOM', 'www.testdom.test', credssp_realm.REALM
ALICE = (DOMAIN, 'alice', 'Wonder-land1')
WRONG = (DOMAIN, 'alice', 'Looking-glass2')
KERBEROS = ('alice', 'Ticket-please3')  # another password, so nobody can mistake one for the other
USER, PRINCIPAL = f'{DOMAIN}\\alice', f'alice@{REALM}'
MODULE = ('gss-sspi-mech', 'gss-sspi')
POLICY, ACCOUNTS = '/etc/gss/sspi.conf', '/etc/gss/ntlm-accounts'
BEFORE, INSTALLED, REMOVED = 'before', 'installed', 'removed'
LOGON_FAILURE = 'logon failure: unknown user or wrong password'


def enter(programs=(), modules=()):
    """See installed_host.enter; nothing is installed before `phases` does it."""
    installed_host.enter('www', (*credssp_realm.PROGRAMS, *programs), modules, installed=False)
    installed_host.clear_mechanisms()


@contextlib.contextmanager
def open_world(*services, group=None):
    """With a realm that has keys of `services`, and the key table of this process. `group` may read the key
    table and the account file of servers, ACCOUNTS, which root owns."""
    with private_host.World() as world:
        world.replace('/etc/hosts', f'127.0.0.1 {HOST} localhost\n')
        world.realm = credssp_realm.Realm(world, HOST, services[0] if services else 'HTTP', KERBEROS)
        for service in services[1:]:
            world.realm.add_service(service)
        world.ticket = world.realm.ticket()
        os.environ['KRB5CCNAME'] = 'FILE:' + world.path('absent')
        _write(ACCOUNTS, lines(ALICE), group)
        share(world.path('keytab'), group)
        yield world


def phases():
    """What the host has meanwhile: no module yet; the module, and the policy of `policy`; none any more. At
    the end it is there again."""
    yield BEFORE
    installed_host.install(*MODULE)
    policy()
    yield INSTALLED
    installed_host.remove(*MODULE)
    yield REMOVED
    installed_host.install(*MODULE)


def policy(*keys):
    """The policy file of the host, with these lines beside the one of the account file of servers."""
    text = '\n'.join(('[ntlm]', f'acceptor_user_file = {ACCOUNTS}', *keys))
    with open(POLICY, 'w', encoding='utf-8') as file:
        file.write(text + '\n')


def lines(*accounts):
    return ''.join(':'.join(account) + '\n' for account in accounts)


def share(path, group=None):
    """For root and the group only."""
    os.chmod(path, 0o600)
    if group:
        private_host.run('chgrp', group, path)
        os.chmod(path, 0o640)


def _write(path, text, group):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
        file.write(text)
    share(path, group)


def client(world, account=None, ticket=False):
    """The environment of a program of a user who has this account in a file of his own, or none, and a
    Kerberos ticket or none."""
    environment = dict(os.environ)
    environment.pop('KRB5_KTNAME', None)
    if account:
        environment['NTLM_USER_FILE'] = world.write('credential', lines(account), mode=0o600)
    if ticket:
        environment['KRB5CCNAME'] = world.ticket
    return environment
