# SPDX-License-Identifier: MIT
"""xfreerdp logs on to our acceptor, behind X.224 of the test's own (C134). Prints TAP.

xfreerdp ends with the same code when the server closes behind a good login, so what it says next is the
proof: MCS Connect-Initial. GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules.
"""
import contextlib
import itertools
import sys
import time

import credssp_world

credssp_world.enter(credssp_world.XVFB, credssp_world.XFREERDP)

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_ends as ends
import credssp_rdp as rdp
from credssp_front import Front
from credssp_world import ALICE, MODES, TLS, WRONG, ZOE, Xfreerdp, expect, expect_text, shown, works
from private_host import Tap

NOBODY = ('TESTDOM', 'nobody', 'Passw0rd!')
STREAM = sum(map(int, (raw.RequirementFlag.replay_detection, raw.RequirementFlag.confidentiality,
                       raw.RequirementFlag.out_of_sequence_detection, raw.RequirementFlag.integrity,
                       raw.RequirementFlag.protection_ready)))
REFUSAL = 'STATUS_LOGON_FAILURE [0xC000006D]'  # in FreeRDP's log


def expect_login(client, end, account):
    end.run()
    expect(end.client, shown(account))
    expect(end.delegated(), account)
    expect(end.number(ends.VERSION), 6)
    expect(bytes(ends.NTLM), end.ask(ends.INNER)[0])
    expect(end.flags, ends.DELEG | (STREAM if end.full else 0))
    message = rdp.first_message(end.receive)
    expect(message[4:9], rdp.CONNECT_INITIAL)
    end.close()
    # It got so far that nothing but the end of the stream was wrong.
    expect(client.end(), Xfreerdp.CLOSED)


def expect_refusal(client, end, account):
    try:
        end.run()
    except raw.GSSError as error:
        expect_text('logon failure', str(error))
        expect_text(shown(account), str(error))
    else:
        raise AssertionError('not refused')
    end.close()
    expect(client.end(), Xfreerdp.LOGON_FAILURE)
    expect_text(REFUSAL, client.output)


def logins(tap, front):
    for mode, tls in itertools.product(MODES, TLS):
        name = f'C134 {mode}, TLS {tls}'
        for kind, account in (('right password', ALICE), ('non-ASCII user and password', ZOE)):
            with works(tap, f'{name}: {kind}'), front.client(account, mode, tls) as (client, end):
                expect_login(client, end, account)
                if end.full:
                    expect_text(f'TLSv{tls}', end.ask(ends.TLS)[0].decode())
        for kind, account in (('wrong password', WRONG), ('unknown user', NOBODY)):
            with works(tap, f'{name}: {kind}, both ends say so'), \
                    front.client(account, mode, tls) as (client, end):
                expect_refusal(client, end, account)


def certificates(tap, front):
    for key, mode in itertools.product(('EC', None), MODES):
        if key is None and mode == 'tsrequest':
            continue
        kind = key or 'our own'
        with works(tap, f'C12 C62 {mode}: {kind} certificate'), \
                front.client(ALICE, mode, key=key) as (client, end):
            expect_login(client, end, ALICE)


def binding(tap, front):
    """The login is bound to one key and TLS has another: a relay in the middle."""
    with works(tap, 'C146 another key: our acceptor refuses, no credentials arrive'), \
            front.client(ALICE, 'tsrequest', bound='EC') as (client, end):
        try:
            end.run()
        except raw.GSSError as error:
            expect_text('server key does not match', str(error))
        else:
            raise AssertionError('not refused')
        expect_no_credentials(end)
        end.close()
        expect(client.end(), Xfreerdp.LOGON_FAILURE, Xfreerdp.CLOSED)


def expect_no_credentials(end):
    with contextlib.suppress(raw.GSSError):
        raise AssertionError(f'delegated: {end.ask(ends.DELEGATED)}')


class Late:
    """A socket whose reader comes late, so that it finds all at once that the peer sends."""

    def __init__(self, sock):
        self.sock = sock

    def recv(self, size):
        time.sleep(0.3)
        return self.sock.recv(size)

    def __getattr__(self, name):
        return getattr(self.sock, name)


def pieces(tap, front):
    for mode, tls in itertools.product(MODES, TLS):
        with works(tap, f'C20 C44 {mode}, TLS {tls}: read and written in pieces of 40 octets'), \
                front.client(ALICE, mode, tls, size=40) as (client, end):
            expect_login(client, end, ALICE)
    for tls in TLS:
        with works(tap, f'C23 C45 full, TLS {tls}: Connect-Initial comes with the last TSRequest'), \
                front.client(ALICE, 'full', tls) as (client, end):
            end.sock = Late(end.sock)
            end.run()
            expect(end.left[4:9], rdp.CONNECT_INITIAL)
            expect(rdp.first_message(end.receive)[4:9], rdp.CONNECT_INITIAL)
            end.close()
            expect(client.end(), Xfreerdp.CLOSED)


def early_result(tap, front):
    """HYBRID_EX, whose result the server sends as application data (C133, V17)."""
    name = 'C133 HYBRID_EX: the client goes on when it is let in'
    with front.client(ALICE, security='ext', protocol=rdp.HYBRID_EX) as (client, end):
        try:
            end.run()
        except ends.PeerClosed:
            end.close()
            client.end()
            if 'no protocol has been selected' not in client.output:
                raise
            tap.skip(name, 'this xfreerdp asks for HYBRID_EX and gives up when it gets it')
            return
        with works(tap, name):
            end.send(rdp.GRANTED)
            expect(rdp.first_message(end.receive)[4:9], rdp.CONNECT_INITIAL)


def no_ntlm(tap, front):
    """It sends NTLM as such, and `logins` has shown that this works where it is allowed."""
    with works(tap, 'C83 allow-ntlm=no: both ends fail, no credentials arrive'), \
            front.client(ALICE, allow_ntlm='no') as (client, end):
        try:
            end.run()
        except raw.GSSError as error:
            expect_text('NTLM, which is not allowed', str(error))
        else:
            raise AssertionError('not refused')
        expect_no_credentials(end)
        end.close()
        expect(client.end(), Xfreerdp.LOGON_FAILURE)


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        credssp_world.start_display(world)
        front = Front(world)
        for part in (logins, certificates, binding, pieces, early_result, no_ntlm):
            part(tap, front)
        front.listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
