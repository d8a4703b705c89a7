# SPDX-License-Identifier: MIT
"""The second hop (C135): xfreerdp delegates to our acceptor, whose host logs on with what it got to
freerdp-shadow-cli by our initiator, and relays the session. Prints TAP.

xfreerdp ends with 0 only when a whole session stands, which the second server grants for the password
that was delegated and for no other. GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules.
"""
import itertools
import select
import sys

import credssp_world

credssp_world.enter(*(getattr(credssp_world, name) for name in ('XVFB', 'XFREERDP', 'SHADOW', 'HASH')))

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_ends as ends
import credssp_rdp as rdp
from credssp_front import Front
from credssp_world import ALICE, MODES, Xfreerdp, expect, expect_text, shown, works
from private_host import Tap

PORT = 3389
# The first server and the second one know the same user with different passwords.
MOVED = ('TESTDOM', 'moved', 'Passw0rd!')
MOVED_THERE = ('TESTDOM', 'moved', 'Passw0rd2')


def log_on_to_second(first, mode, tls):
    """Our initiator with the credentials that the acceptor got."""
    sock = rdp.connect(('127.0.0.1', PORT))
    second = ends.initiator(sock, first.delegated(), 'TERMSRV@rdphost', mode, tls, inner='ntlm')
    try:
        return second.run()
    except BaseException:
        second.close()
        raise


def has_octets(end):
    return bool(end.left) or (not end.full and end.sock.pending() > 0)


def relay(first, second):
    """Both ways, until one side has nothing more to say."""
    other = {first: second, second: first}
    while True:
        ready = [end for end in other if has_octets(end)]
        if not ready:
            sockets = {end.sock: end for end in other}
            ready = [sockets[sock] for sock in select.select(list(sockets), (), (), ends.LIMIT)[0]]
        assert ready, 'both sides are silent'
        for end in ready:
            try:
                message = end.receive()
            except raw.ExpiredContextError:  # close_notify
                message = b''
            if not message:
                return
            other[end].send(message)


def hops(tap, front, server):
    for mode, second_mode, tls in (*((*modes, '1.3') for modes in itertools.product(MODES, MODES)),
                                   ('full', 'full', '1.2'), ('tsrequest', 'tsrequest', '1.2')):
        name = f'C135 {mode}, then {second_mode}, TLS {tls}'
        with works(tap, name, server.tail), front.client(ALICE, mode, tls) as (client, first):
            first.run()
            expect(first.client, shown(ALICE))
            second = log_on_to_second(first, second_mode, tls)
            try:
                relay(first, second)
            finally:
                second.close()
            first.close()
            expect(client.end(), Xfreerdp.GOOD)


def other_password(tap, front, server):
    """The relay is no proof by itself."""
    with works(tap, 'C135 a password that is right at the first server only', server.tail), \
            front.client(MOVED) as (client, first):
        first.run()
        expect(first.client, shown(MOVED))
        try:
            log_on_to_second(first, 'full', '1.3').close()
        except raw.GSSError as error:
            expect_text('logon denied', str(error))
        else:
            raise AssertionError('not refused')
        first.close()
        expect(client.end(), Xfreerdp.CLOSED)


def handle(tap, front, world):
    """C70: the delegated GSS credential logs on by itself, with each mechanism that can."""
    for mech, name in ((ends.NTLM, 'NTLM'), (ends.SPNEGO, 'SPNEGO')):
        with works(tap, f'C70 the delegated credential logs on by {name}'), \
                front.client(ALICE) as (client, first):
            first.run()
            expect(ends.name_at_next_server(first.delegated_cred, world.accounts, mech), shown(ALICE))
            first.close()
            client.end()


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        credssp_world.start_display(world)
        world.accounts = world.write('accounts', credssp_world.lines(ALICE, MOVED), mode=0o600)
        front = Front(world)
        server = credssp_world.start_shadow(world, PORT, ALICE, MOVED_THERE)
        hops(tap, front, server)
        other_password(tap, front, server)
        handle(tap, front, world)
        front.listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
