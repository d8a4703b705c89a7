# SPDX-License-Identifier: MIT
"""The examples credssp_sspi and credssp_gssapi, which know nothing of RDP, with clients and servers of RDP:
the test does X.224 and passes on what follows (C42). So libsspi meets other implementations. Prints TAP.

The argument is the folder of the examples; GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules.
"""
import contextlib
import os
import pathlib
import select
import socket
import subprocess
import sys
import time

import credssp_world

RDP_CHECK = '/usr/share/doc/python3-impacket/examples/rdp_check.py'
credssp_world.enter(*(getattr(credssp_world, name) for name in ('XVFB', 'XFREERDP', 'SHADOW', 'HASH')),
                    (RDP_CHECK, 'python3-impacket'), modules=(('impacket', 'python3-impacket'),))

# pylint: disable=wrong-import-position
import credssp_rdp as rdp
from credssp_world import ALICE, WRONG, Listener, Xfreerdp, expect, expect_text, shown, works
from private_host import Tap

PORT = 3389
EXAMPLES = pathlib.Path(sys.argv[1])
ACCEPTORS = ('credssp_sspi', 'credssp_gssapi')
REFUSED = {'credssp_sspi': '0x8009030c', 'credssp_gssapi': 'logon failure'}
TOO_OLD = {'credssp_sspi': '0x80090302', 'credssp_gssapi': 'the peer speaks CredSSP 2, the minimum is 5'}


def who(account):
    return f'{shown(account)} by CREDSSP, delegates {shown(account)}'


# It goes behind its login; one of them has said by then who it was.
LET_IN = {'credssp_sspi': who(ALICE), 'credssp_gssapi': 'the other side has gone'}


class Example:
    """An example and what it prints. To be used in a `with` statement."""

    def __init__(self, world, name, *arguments, **variables):
        self.log = world.path('example.log')
        with open(self.log, 'wb') as output:
            self.process = subprocess.Popen([str(EXAMPLES / name), *arguments], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, env={**os.environ, **variables})

    def __enter__(self):
        return self

    def output(self):
        return pathlib.Path(self.log).read_text(encoding='utf-8', errors='replace')

    def port(self):
        limit = time.monotonic() + credssp_world.LIMIT
        while '\n' not in self.output() and time.monotonic() < limit:
            time.sleep(0.02)
        return int(self.output().split()[1])

    def end(self):
        return self.process.wait(timeout=credssp_world.LIMIT)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def pass_on(one, other):
    """Octets both ways as they come, until a side ends."""
    there = {one: other, other: one}
    while True:
        ready = select.select(list(there), (), (), credssp_world.LIMIT)[0]
        assert ready, 'both sides are silent'
        for sock in ready:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                data = sock.recv(65536)
                if data:
                    there[sock].sendall(data)
                    continue
            for end in there:
                end.close()
            return


def serve(listener, example):
    """One client of RDP and this acceptor."""
    client = listener.next()
    rdp.accept(client)
    pass_on(client, socket.create_connection(('127.0.0.1', example.port())))


def with_xfreerdp(tap, world, listener):
    for name in ACCEPTORS:
        def start():
            return Example(world, name, 'accept', '0', NTLM_USER_FILE=world.accounts)
        with works(tap, f'C134 {name} and xfreerdp: right password'), start() as example, \
                Xfreerdp(listener.port, ALICE) as client:
            serve(listener, example)
            expect(example.end(), 0)
            # The message begins with the first octet of TPKT, and a NUL follows.
            expect(example.output().splitlines()[-1], who(ALICE) + ': \x03')
            expect(client.end(), Xfreerdp.CLOSED)
        with works(tap, f'C134 {name} and xfreerdp: wrong password, both ends say so'), \
                start() as example, Xfreerdp(listener.port, WRONG) as client:
            serve(listener, example)
            expect(example.end(), 1)
            expect_text(REFUSED[name], example.output().lower())
            expect(client.end(), Xfreerdp.LOGON_FAILURE)


def with_impacket(tap, world):
    """rdp_check.py knows one port only. It ends behind its login, without a message."""
    listener = Listener(PORT)
    for name in ACCEPTORS:
        for policy, is_let_in in (('min_version = 2', True), ('', False)):
            variables = {'NTLM_USER_FILE': world.accounts,
                         'GSS_SSPI_CONFIG': world.write('sspi.conf.example', f'[credssp]\n{policy}\n')}
            with works(tap, f'C14 C137 {name} and impacket, {policy or "no policy"}'), \
                    Example(world, name, 'accept', '0', **variables) as example:
                client = subprocess.Popen(
                    [sys.executable, RDP_CHECK, f'{ALICE[0]}/{ALICE[1]}:{ALICE[2]}@127.0.0.1'],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                serve(listener, example)
                output = client.communicate(timeout=credssp_world.LIMIT)[0]
                expect(example.end(), 1)
                expect_text((LET_IN if is_let_in else TOO_OLD)[name], example.output())
                expect('Access Granted' in output, is_let_in)
    listener.close()


def with_shadow(tap, world, listener):
    """FreeRDP's server takes no SPNEGO, which is what these initiators begin with (C28)."""
    server = credssp_world.start_shadow(world, PORT, ALICE)
    rows = (('credssp_sspi', ALICE[:2], '0x8009030c'),
            ('credssp_gssapi', (shown(ALICE),), 'credssp:inner=ntlm'))
    for name, user, text in rows:
        with works(tap, f'C17 {name} and freerdp-shadow: SPNEGO is refused, and it says so', server.tail), \
                Example(world, name, 'connect', str(listener.port), *user, 'secret',
                        CREDSSP_PASSWORD=ALICE[2]) as example:
            pass_on(listener.next(), rdp.connect(('127.0.0.1', PORT)))
            expect(example.end(), 1)
            expect_text(text, example.output())
    server.stop()


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        credssp_world.start_display(world)
        listener = Listener()
        with_xfreerdp(tap, world, listener)
        with_impacket(tap, world)
        with_shadow(tap, world, listener)
        listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
