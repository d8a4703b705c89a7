# SPDX-License-Identifier: MIT
"""python3-winrm opens shells over HTTP with our initiator and our acceptor (C131, C132, C139). Prints TAP.

It imports a package requests_credssp, whose place credssp_http.py takes. GSS_SSPI_MODULE and
GSS_SSPI_CREDSSP name the modules.
"""
import sys
import types

import credssp_world

credssp_world.enter(modules=(('winrm', 'python3-winrm'),))

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_http
from credssp_http import FullServer, HttpCredSSPAuth, Site, TsRequestServer
from credssp_world import ALICE, RSA, WRONG, ZOE, certificate, expect, expect_text, shown, works
from private_host import Tap

sys.modules['requests_credssp'] = types.ModuleType('requests_credssp')
sys.modules['requests_credssp'].HttpCredSSPAuth = HttpCredSSPAuth
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

SERVERS = {
    'full, TLS 1.2': {'kind': FullServer, 'tls': '1.2'},
    'full, TLS 1.3': {'kind': FullServer, 'tls': '1.3'},
    'tsrequest, TLS 1.2': {'kind': TsRequestServer, 'tls': '1.2'},
    'tsrequest, TLS 1.3': {'kind': TsRequestServer, 'tls': '1.3'},
    'tsrequest, TLS 1.3 without tickets': {'kind': TsRequestServer, 'tls': '1.3', 'tickets': 0},
}
LONG = 'x y ' * 15000  # of more than one part each way


def client(site, account=ALICE, **options):
    return Protocol(site.url, transport='credssp', username=shown(account), password=account[2], **options)


def run(protocol, command, *arguments):
    """What a command of its own shell prints."""
    shell = protocol.open_shell()
    number = protocol.run_command(shell, command, arguments)
    output, _, code = protocol.get_command_output(shell, number)
    protocol.cleanup_command(shell, number)
    protocol.close_shell(shell)
    expect(code, 0)
    return output.decode()


def shells(tap, world, pem):
    for name, options in SERVERS.items():
        for inner in ('spnego', 'ntlm'):
            HttpCredSSPAuth.keys = {'inner': inner}
            with works(tap, f'C139 {name}, {inner}: a shell, and who is there'), \
                    Site(world.accounts, pem, **options) as site:
                protocol = client(site)
                expect(run(protocol, 'whoami'), shown(ALICE))
                expect(site.logins, [(shown(ALICE), ALICE)])
                expect(site.errors, [])
                # C25: our own acceptor answers each token, by a ticket where there is no other answer.
                without = [sizes for sizes in HttpCredSSPAuth.legs if sizes[1] == 0]
                expect(bool(without), options.get('tickets') == 0)
        with works(tap, f'C132 {name}: messages of several parts'), \
                Site(world.accounts, pem, **options) as site:
            expect(run(client(site), 'print', LONG), LONG)
            assert len(site.trailers) > 6, site.trailers
            if options['tls'] == '1.2':
                expect(set(site.trailers), {16})
    HttpCredSSPAuth.keys = {}
    with works(tap, 'C139 non-ASCII user and password'), Site(world.accounts, pem) as site:
        expect(run(client(site, ZOE), 'whoami'), shown(ZOE))
        expect(site.logins, [(shown(ZOE), ZOE)])


def refusals(tap, world, pem):
    for name, options in SERVERS.items():
        with works(tap, f'C17 {name}: wrong password, both ends say so'), \
                Site(world.accounts, pem, **options) as site:
            try:
                client(site, WRONG).open_shell()
            except raw.GSSError as error:
                expect_text('STATUS_LOGON_FAILURE (0xC000006D)', str(error))
            else:
                raise AssertionError('not refused')
            expect(site.logins, [])
            expect_text('logon failure', site.errors[0])


def protection(tap, world, pem):
    with works(tap, 'control: the server takes no message that is not encrypted'), \
            Site(world.accounts, pem) as site:
        try:
            client(site, message_encryption='never').open_shell()
        except WinRMTransportError as error:
            expect(error.code, 400)
        else:
            raise AssertionError('not refused')
        expect(site.errors, ['a message that is not encrypted'])
    for name in ('full, TLS 1.2', 'full, TLS 1.3'):
        with works(tap, f'C46 {name}: a message with one changed bit is refused, and all after it'), \
                Site(world.accounts, pem, **SERVERS[name]) as site:
            protocol = client(site)
            run(protocol, 'whoami')
            auth = protocol.transport.session.auth
            whole = auth.wrap
            auth.wrap = lambda message: flipped(whole(message))
            expect(refused(protocol), 400)
            auth.wrap = whole
            expect(refused(protocol), 400)
            expect(len(site.errors), 2)


def flipped(record):
    return record[:-1] + bytes([record[-1] ^ 1])


def refused(protocol):
    try:
        protocol.open_shell()
    except WinRMTransportError as error:
        return error.code
    return None


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        pem = certificate(world, 'rsa.pem', *RSA)
        for part in (shells, refusals, protection):
            part(tap, world, pem)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
