#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""OpenSSH's server and client with the packages installed: logins and key exchange by Kerberos are as
before. What the client does with NTLM: it offers it, and this server takes Kerberos only. Prints TAP."""
import os
import re
import sys

import installed_ssh as ssh
import installed_world as installed
from installed_ssh import Client

installed.enter((*ssh.PROGRAMS, ('sshd', 'openssh-server')))

# pylint: disable=wrong-import-position
import private_host
from installed_servers import Service, check_same

# Methods, as the client and the server's log name them.
KERBEROS = {'gssapi-with-mic': ('-o', 'GSSAPIKeyExchange=no'), 'gssapi-keyex': ('-o', 'GSSAPIKeyExchange=yes')}
KEX = re.compile(r'kex: algorithm: (\S+)')
OFFERED = re.compile(r'Offering GSSAPI proposal: (\S+)')
TICKET = ['Kerberos', 'IAKERB']  # what a ticket is good for
CONF = '''ListenAddress 127.0.0.1
Port {port}
HostKey {key}
GSSAPIAuthentication yes
GSSAPIKeyExchange yes
PasswordAuthentication no
UsePAM no
LogLevel DEBUG1
PidFile none
'''


class Server(Service):
    def __init__(self, world, config):
        os.makedirs('/run/sshd', exist_ok=True)
        super().__init__(world, '/usr/sbin/sshd', '-D', '-e', '-f', config, port=ssh.PORT)

    def accepted(self):
        """Method, account and principal of each login."""
        return re.findall(r'^Accepted (\S+) for (\S+) from .*: (\S+)\s*$', self.said(), re.M)

    def attempts(self):
        """How often a client that was refused asked for a login by GSSAPI. What is said of it comes by way of
        another process, in order."""
        self.process.wait_for(lambda: re.search(r'^Connection .* by authenticating user', self.said(), re.M))
        return len(re.findall(r'userauth-request for user \S+ service \S+ method gssapi', self.said()))


def offered(client):
    """The mechanisms that the client names for the key exchange, best first."""
    found = OFFERED.search(client.debug)
    names = [re.sub(r'^gss-(group|gex|nistp|curve)\d*\w*-sha\d+-', '', name)
             for name in (found[1].split(',') if found else ())]
    known = {ssh.kex_name(der): mech for mech, der in ssh.MECHS.items()}
    return [known.get(name, name) for name in dict.fromkeys(names)]


def chosen(client):
    found = KEX.search(client.debug)
    return found[1] if found else None


def kerberos(world, config):
    """What becomes of a user with a ticket, beside an NTLM login or not, and of one without either."""
    result = {}
    with Server(world, config) as server:
        for method, options in KERBEROS.items():
            for title, account in (('', None), (' beside NTLM', installed.ALICE)):
                got = Client(world, *options, ticket=True, account=account)
                result[method + title] = (got.code, got.output, chosen(got))
            got = Client(world, *options)
            result[f'{method} without a ticket'] = (got.code, got.output, chosen(got), got.text())
        result['accepted'] = server.accepted()
    return result


def check_kerberos(tap, results):
    before = results[installed.BEFORE]
    expected = [(method, ssh.ACCOUNT, installed.PRINCIPAL) for method in KERBEROS for _ in range(2)]
    tap.check('before: Kerberos, login and key exchange', before['accepted'] == expected, before)
    for method in KERBEROS:
        tap.check(f'before: {method}', before[method][:2] == (0, ssh.ACCOUNT), before[method])
        without = before[f'{method} without a ticket']
        tap.check(f'before: no ticket, no {method}', without[0] == 255 and not without[1], without)
    own = ssh.kex_name(ssh.MECHS['Kerberos'])
    tap.check('before: the key exchange was that of Kerberos', own in before['gssapi-keyex'][2], before)
    check_same(tap, results)


def check_offers(tap, world, config, phase):
    """What the client tells each server that has GSSAPI switched on, and what this server makes of it."""
    present = phase == installed.INSTALLED
    rows = (('no credential', {}, []), ('a ticket', {'ticket': True}, TICKET),
            ('an NTLM login', {'account': installed.ALICE}, ['NTLM'] if present else []),
            ('both', {'account': installed.ALICE, 'ticket': True},
             [*TICKET, 'NTLM'] if present else TICKET))
    for title, have, mechs in rows:
        with Server(world, config) as server:
            got = Client(world, *KERBEROS['gssapi-keyex'], **have)
            tap.check(f'{phase}: key exchange, {title}: offered {" and ".join(mechs) or "nothing"}',
                      offered(got) == mechs, offered(got), got)
            tap.check(f'{phase}: key exchange, {title}: NTLM is never chosen',
                      ssh.kex_name(ssh.MECHS['NTLM']) not in (chosen(got) or ''), got)
    for account in (installed.ALICE, installed.WRONG):
        with Server(world, config) as server:
            got = Client(world, *KERBEROS['gssapi-with-mic'], account=account)
            asked = server.attempts()
            tap.check(f'{phase}: an NTLM login is refused by sshd',
                      got.refused() and not server.accepted(), got)
            tap.check(f'{phase}: it is offered {"once, by its OID" if present else "not at all"}',
                      asked == int(present), asked, server.said())
            tap.figure(f'{phase}, client', got.text())


def check_limits(tap, world, config):
    """The keys of the policy that keep the client from offering NTLM."""
    for keys in (('outgoing = deny',), ('outgoing = deny', 'outgoing_except = HTTP/*')):
        installed.policy(*keys)
        with Server(world, config) as server:
            got = Client(world, *KERBEROS['gssapi-keyex'], account=installed.ALICE)
            tap.check(f'{"; ".join(keys)}: nothing is offered', got.refused() and not offered(got) and
                      not server.attempts(), got, server.said())
    installed.policy()


def main():
    tap, results = private_host.Tap(), {}
    with installed.open_world('host') as world:
        config = world.write('sshd_config', CONF.format(port=ssh.PORT, key=ssh.prepare(world)))
        for phase in installed.phases():
            results[phase] = kerberos(world, config)
            check_offers(tap, world, config, phase)
            if phase == installed.INSTALLED:
                check_limits(tap, world, config)
        check_kerberos(tap, results)
    return tap.finish()


sys.exit(main())
