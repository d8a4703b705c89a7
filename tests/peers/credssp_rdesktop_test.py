# SPDX-License-Identifier: MIT
"""rdesktop logs on to our acceptor with Kerberos inside CredSSP of version 2 (C3, C14, C138). Prints TAP.
GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules."""
import contextlib
import itertools
import os
import subprocess
import sys
import time

import credssp_world  # finds private_host for credssp_realm
import credssp_realm

HOST = 'rdphost'
credssp_world.enter(credssp_world.XVFB, ('rdesktop', 'rdesktop'), *credssp_realm.PROGRAMS)

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_ends as ends
import credssp_rdp as rdp
from credssp_front import Front
from credssp_realm import REALM, Realm
from credssp_world import MODES, TLS, Listener, expect, expect_text, works
from private_host import Tap

# rdesktop types its password nowhere but into TSCredentials; the login is by ticket.
ACCOUNT = ('TESTDOM', 'testuser', 'Passw0rd!')
PRINCIPAL = f'testuser@{REALM}'
CONNECTED = 'Connection established using CredSSP'


class Rdesktop:
    def __init__(self, world, port, cache, user=ACCOUNT[1]):
        self.log = world.path('rdesktop.log')
        # It asks about the certificate, ends when its standard input does, and does not end when its
        # server is gone.
        with open(self.log, 'wb') as output:
            self.process = subprocess.Popen(
                ['stdbuf', '-o0', 'rdesktop', '-d', ACCOUNT[0], '-u', user, '-p', ACCOUNT[2],
                 f'{HOST}:{port}'], stdin=subprocess.PIPE, stdout=output, stderr=output,
                env={**os.environ, 'KRB5CCNAME': cache})
        self.process.stdin.write(b'yes\n')
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def output(self):
        with open(self.log, encoding='utf-8', errors='replace') as file:
            return file.read()

    def expect(self, text):
        """It prints this, now or soon."""
        limit = time.monotonic() + credssp_world.LIMIT
        while text not in self.output() and time.monotonic() < limit and self.process.poll() is None:
            time.sleep(0.05)
        expect_text(text, self.output())

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Scene:
    def __init__(self, world):
        self.world, self.front = world, Front(world)
        realm = Realm(world, HOST, 'TERMSRV', ACCOUNT[1:])
        self.ticket, self.none = realm.ticket(), 'FILE:' + world.path('none')

    @contextlib.contextmanager
    def client(self, cache=None, user=ACCOUNT[1], **options):
        """rdesktop and our acceptor. A port of its own: it connects again when it was refused."""
        self.front.listener.close()
        self.front.listener = Listener()
        with Rdesktop(self.world, self.front.listener.port, cache or self.ticket, user) as process, \
                self.front.listener.next() as sock:
            end = self.front.acceptor(sock, **options)
            try:
                yield process, end
            finally:
                end.close()


def expect_login(process, end, delegated=ACCOUNT):
    end.run()
    expect(end.number(ends.VERSION), 2)
    expect(end.ask(ends.INNER)[0], bytes(ends.KRB5))
    expect(end.client, PRINCIPAL)
    expect(end.delegated(), delegated)
    assert end.flags & ends.MUTUAL, end.flags
    expect(rdp.first_message(end.receive)[4:9], rdp.CONNECT_INITIAL)
    process.expect(CONNECTED)


def expect_refusal(end, text):
    try:
        end.run()
    except raw.GSSError as error:
        expect_text(text, str(error))
    else:
        raise AssertionError('not refused')
    with contextlib.suppress(raw.GSSError):
        raise AssertionError(f'delegated: {end.ask(ends.DELEGATED)}')


def logins(tap, scene):
    for mode, tls in itertools.product(MODES, TLS):
        with works(tap, f'C138 {mode}, TLS {tls}: a ticket inside version 2'), \
                scene.client(mode=mode, tls=tls, min_version='2') as (process, end):
            expect_login(process, end)
    with works(tap, 'C83 allow-ntlm=no leaves Kerberos'), \
            scene.client(min_version='2', allow_ntlm='no') as (process, end):
        expect_login(process, end)
    with works(tap, 'C20 read and written in pieces of 40 octets'), \
            scene.client(min_version='2', size=40) as (process, end):
        expect_login(process, end)


def refusals(tap, scene):
    with works(tap, 'C14 default minimum, both ends say so'), scene.client() as (process, end):
        expect_refusal(end, 'the peer speaks CredSSP 2, the minimum is 5')
        end.close()
        process.expect('TLS connection was non-properly terminated')
        assert CONNECTED not in process.output()
    with works(tap, 'C19 no ticket, both ends say so'), \
            scene.client(scene.none, min_version='2') as (process, end):
        expect_refusal(end, 'the peer closed the stream before the login was done')
        process.expect('Failed to initialize NLA')
    with works(tap, 'C12 another key: our acceptor refuses, no credentials arrive'), \
            scene.client(min_version='2', mode='tsrequest', bound='EC') as (process, end):
        expect_refusal(end, 'server key does not match')
        end.close()
        process.expect('TLS connection was non-properly terminated')
        assert CONNECTED not in process.output()


def delegation(tap, scene):
    other = (ACCOUNT[0], 'other', ACCOUNT[2])
    with works(tap, 'C53 C160 another user is delegated: both names are visible'), \
            scene.client(user='other', min_version='2') as (process, end):
        expect_login(process, end, other)
    with works(tap, 'C53 C74 require-same-user=yes: the same by the realm of the policy'), \
            scene.client(min_version='2', require_same_user='yes') as (process, end):
        expect_login(process, end)
    with works(tap, 'C53 C160 require-same-user=yes: another user is refused'), \
            scene.client(user='other', min_version='2', require_same_user='yes') as (process, end):
        expect_refusal(end, 'the delegated user is not the one that logged on')
    for mech, name in ((ends.KRB5, 'Kerberos'), (ends.SPNEGO, 'SPNEGO')):
        with works(tap, f'C70 C74 the delegated credential logs on by {name}, with a ticket of its own'), \
                scene.client(min_version='2') as (process, end):
            expect_login(process, end)
            expect(ends.name_at_next_server(end.delegated_cred, scene.world.accounts, mech,
                                            f'TERMSRV@{HOST}'), PRINCIPAL)


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        world.replace('/etc/hosts', f'127.0.0.1 localhost {HOST}\n')
        world.write('sspi.conf', f'[credssp]\n    realms = {ACCOUNT[0]}={REALM}\n')
        credssp_world.start_display(world)
        scene = Scene(world)
        for part in (logins, refusals, delegation):
            part(tap, scene)
        scene.front.listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
