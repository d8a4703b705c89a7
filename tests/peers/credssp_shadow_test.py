# SPDX-License-Identifier: MIT
"""Our initiator logs on to freerdp-shadow-cli (C136). Prints TAP.

The proof of a login is the server's MCS Connect-Response; the Connect-Initial that it answers is
xfreerdp's. GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules.
"""
import contextlib
import itertools
import pathlib
import sys
import time

import credssp_world

credssp_world.enter(*(getattr(credssp_world, name) for name in ('XVFB', 'XFREERDP', 'SHADOW', 'HASH')))

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_ends as ends
import credssp_rdp as rdp
from credssp_front import Front
from credssp_world import (
    ALICE, MODES, TLS, WRONG, Xfreerdp, expect, expect_text, works)
from credssp_world import ZOE as FOREIGN
from private_host import Tap

PORT = 3389
TARGET = 'TERMSRV@rdphost'
NO_DELEGATION = int(raw.RequirementFlag.confidentiality)
CLOSED = 'logon denied, or the peer closed'  # C19
REFUSED = 'client authentication failure'  # in the server's log
# The server finds no user with a letter beyond ASCII, xfreerdp's neither (`control`).
ZOE = ('TESTDOM', 'zoe', FOREIGN[2])
NOBODY = ('TESTDOM', 'nobody', 'Passw0rd!')
VERSION_6 = b'\xa0\x03\x02\x01\x06'  # of a TSRequest


class Shadow:
    def __init__(self, world, front):
        self.connect_initial = front.connect_initial()
        self.other_key = certificate_of(front.pems['RSA'])
        self.server = credssp_world.start_shadow(world, PORT, ALICE, ZOE, FOREIGN)

    def refusals(self):
        return pathlib.Path(self.server.log).read_text(encoding='utf-8', errors='replace').count(REFUSED)

    @contextlib.contextmanager
    def login(self, account=ALICE, mode='full', tls='1.3', inner='ntlm', **options):
        """Our initiator, at the point where CredSSP begins."""
        with rdp.connect(('127.0.0.1', PORT)) as sock:
            end = ends.initiator(sock, account, TARGET, mode, tls, inner=inner, **options)
            try:
                yield end
            finally:
                end.close()

    def expect_login(self, end):
        end.run()
        expect(end.number(ends.VERSION), 6)
        expect(end.ask(ends.INNER)[0], bytes(ends.NTLM))
        self.expect_session(end)

    def expect_session(self, end):
        end.send(self.connect_initial)
        expect(rdp.first_message(end.receive)[4:9], rdp.CONNECT_RESPONSE)

    def expect_refusal(self, end, known):
        """The server says no behind pubKeyAuth. `known`: its refusals so far."""
        try:
            end.run()
        except (raw.GSSError, ends.PeerClosed) as error:
            expect_text(CLOSED, str(error))
        else:
            raise AssertionError('not refused')
        end.close()
        limit = time.monotonic() + credssp_world.LIMIT
        while self.refusals() == known and time.monotonic() < limit:
            time.sleep(0.05)
        assert self.refusals() > known, self.server.tail()


def certificate_of(pem):
    text = pathlib.Path(pem).read_text(encoding='ascii')
    return ends.ssl.PEM_cert_to_DER_cert(text[text.index('-----BEGIN CERTIFICATE'):])


def control(tap, shadow):
    for name, account, code in (('right password', ALICE, Xfreerdp.GOOD),
                                ('non-ASCII password', ZOE, Xfreerdp.GOOD),
                                ('wrong password', WRONG, Xfreerdp.CLOSED),
                                ('non-ASCII user', FOREIGN, Xfreerdp.CLOSED)):
        with works(tap, f'control: xfreerdp, {name}', shadow.server.tail), \
                Xfreerdp(PORT, account) as client:
            expect(client.end(), code)


def logins(tap, shadow):
    for mode, tls in itertools.product(MODES, TLS):
        name = f'C136 {mode}, TLS {tls}'
        for kind, account in (('right password', ALICE), ('non-ASCII password', ZOE)):
            with works(tap, f'{name}: {kind}', shadow.server.tail), \
                    shadow.login(account, mode, tls) as end:
                shadow.expect_login(end)
                assert end.flags & ends.DELEG
        for kind, account in (('wrong password', WRONG), ('unknown user', NOBODY)):
            with works(tap, f'C19 {name}: {kind}, both ends say so', shadow.server.tail), \
                    shadow.login(account, mode, tls) as end:
                shadow.expect_refusal(end, shadow.refusals())
    with works(tap, 'C66 without delegation', shadow.server.tail), \
            shadow.login(flags=NO_DELEGATION) as end:
        shadow.expect_login(end)
        assert not end.flags & ends.DELEG


def inner_mechanisms(tap, shadow):
    """The server takes NTLM as such only (C28)."""
    with works(tap, 'C28 inner=auto without a ticket', shadow.server.tail), \
            shadow.login(inner='auto') as end:
        shadow.expect_login(end)
    for mode in MODES:
        with works(tap, f'C9 C17 {mode}: SPNEGO is refused, the text says what helps',
                   shadow.server.tail), shadow.login(mode=mode, inner='spnego') as end:
            try:
                end.run()
            except raw.GSSError as error:
                expect_text('credssp:inner=ntlm', str(error))
                expect_text('0xC00700EA', str(error))
            expect(end.peer_status(), 0xC00700EA)


def pieces(tap, shadow):
    for mode, tls, size in itertools.product(MODES, TLS, (1, 40)):
        with works(tap, f'C20 C44 {mode}, TLS {tls}: read and written in pieces of {size}',
                   shadow.server.tail), shadow.login(mode=mode, tls=tls, size=size) as end:
            shadow.expect_login(end)


def binding(tap, shadow):
    """C12, C146: a key that is not the server's, as a relay in the middle would have."""
    with works(tap, 'C146 another key: the server refuses, no credentials leave', shadow.server.tail), \
            shadow.login(mode='tsrequest') as end:
        end.set_server_key(shadow.other_key)
        shadow.expect_refusal(end, shadow.refusals())
        # NEGOTIATE, then AUTHENTICATE with pubKeyAuth.
        expect(len(end.sent()), 2)


def versions(tap, shadow):
    """C14. The server speaks version 6; in tsrequest mode the octets are ours to change."""
    def speaks(version):
        def change(data):
            if VERSION_6 not in data[:16]:
                return data  # the tail of a message
            return data.replace(VERSION_6, VERSION_6[:-1] + bytes([version]), 1)
        return change

    with works(tap, 'C14 minimum 6', shadow.server.tail), shadow.login(min_version='6') as end:
        shadow.expect_login(end)
    with works(tap, 'control: the server seems to speak version 5', shadow.server.tail), \
            shadow.login(mode='tsrequest') as end:
        end.change = speaks(5)
        end.run()
        expect(end.number(ends.VERSION), 5)
        shadow.expect_session(end)
    for version, least in ((5, 6), (4, 5), (2, 5)):
        with works(tap, f'C14 version {version}, minimum {least}: refused before pubKeyAuth'), \
                shadow.login(mode='tsrequest', min_version=str(least)) as end:
            end.change = speaks(version)
            try:
                end.run()
            except raw.GSSError as error:
                expect_text(f'the peer speaks CredSSP {version}, the minimum is {least}', str(error))
            else:
                raise AssertionError('not refused')
            expect(len(end.sent()), 1)


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        credssp_world.start_display(world)
        front = Front(world)
        shadow = Shadow(world, front)
        for part in (control, logins, inner_mechanisms, pieces, binding, versions):
            part(tap, shadow)
        front.listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
