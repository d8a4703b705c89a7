# SPDX-License-Identifier: MIT
"""impacket's rdp_check.py, which speaks version 2, logs on to our acceptor where the minimum allows it
(C14, C137). Prints TAP. GSS_SSPI_MODULE and GSS_SSPI_CREDSSP name the modules."""
import contextlib
import itertools
import os
import subprocess
import sys
import time

import credssp_world

RDP_CHECK = '/usr/share/doc/python3-impacket/examples/rdp_check.py'
credssp_world.enter((RDP_CHECK, 'python3-impacket'),
                    modules=(('impacket', 'python3-impacket'), ('OpenSSL', 'python3-openssl'),
                             ('Cryptodome', 'python3-pycryptodome')))

# pylint: disable=wrong-import-position
from gssapi import raw

import credssp_ends as ends
from credssp_front import Front
from credssp_world import ALICE, MODES, TLS, WRONG, expect, expect_text, shown, works
from private_host import Tap

PORT = 3389  # rdp_check.py knows no other
GRANTED = 'Access Granted'
TOO_OLD = 'the peer speaks CredSSP 2, the minimum is 5'


class RdpCheck:
    def __init__(self, account):
        domain, user, password = account
        self.process = subprocess.Popen(
            [sys.executable, RDP_CHECK, f'{domain}/{user}:{password}@127.0.0.1'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def output(self):
        return self.process.communicate(timeout=credssp_world.LIMIT)[0]

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def client(front, account, **options):
    with RdpCheck(account) as process, front.listener.next() as sock:
        end = front.acceptor(sock, **options)
        try:
            yield process, end
        finally:
            end.close()


def expect_login(process, end):
    end.run()
    expect(end.number(ends.VERSION), 2)
    expect(end.client, shown(ALICE))
    expect(end.delegated(), ALICE)
    end.close()
    expect_text(GRANTED, process.output())


def expect_refusal(process, end, text):
    try:
        end.run()
    except raw.GSSError as error:
        expect_text(text, str(error))
    else:
        raise AssertionError('not refused')
    with contextlib.suppress(raw.GSSError):
        raise AssertionError(f'delegated: {end.ask(ends.DELEGATED)}')
    end.close()
    # It knows a refusal by the end of the stream only: there is no errorCode in version 2.
    output = process.output()
    assert GRANTED not in output, output
    expect_text('EOF', output)


def logins(tap, front):
    for mode, tls in itertools.product(MODES, TLS):
        name = f'C137 {mode}, TLS {tls}'
        with works(tap, f'{name}: minimum 2'), \
                client(front, ALICE, mode=mode, tls=tls, min_version='2') as (process, end):
            expect_login(process, end)
        with works(tap, f'{name}: minimum 2, wrong password, both ends say so'), \
                client(front, WRONG, mode=mode, tls=tls, min_version='2') as (process, end):
            expect_refusal(process, end, 'logon failure')
        with works(tap, f'C14 {name}: default minimum, both ends say so'), \
                client(front, ALICE, mode=mode, tls=tls) as (process, end):
            expect_refusal(process, end, TOO_OLD)
            # No CHALLENGE was sent, and in full mode nothing but TLS.
            expect([len(token) for token in end.sent() if not end.full], [])


def binding(tap, front):
    with works(tap, 'C12 version 2, another key: our acceptor refuses, no credentials arrive'), \
            client(front, ALICE, mode='tsrequest', min_version='2', bound='EC') as (process, end):
        expect_refusal(process, end, 'server key does not match')


def pieces(tap, front):
    with works(tap, 'C20 version 2, read and written in pieces of one octet'), \
            client(front, ALICE, min_version='2', size=1) as (process, end):
        expect_login(process, end)


# Policy, key of the credential: whether version 2 is let in (C80).
POLICIES = (
    ('encryption_oracle = mitigated', None, True),
    ('encryption_oracle = vulnerable', None, True),
    ('encryption_oracle = force', '2', False),
    ('min_version = 2', None, True),
    ('min_version = 2', '5', False),
    ('min_version = 5', '2', False),
    ('', '2', True),
    ('', None, False),
)


def policies(tap, front, world):
    for policy, key, is_let_in in POLICIES:
        # Written anew and moved, which is seen within a second (sspi.conf(5)).
        os.rename(world.write('sspi.conf.new', f'[credssp]\n    {policy}\n'),
                  os.environ['GSS_SSPI_CONFIG'])
        time.sleep(1.1)
        options = {} if key is None else {'min_version': key}
        name = f'C80 {policy or "no policy"}, credssp:min-version {key or "absent"}'
        with works(tap, f'{name}: {"let in" if is_let_in else "refused"}'), \
                client(front, ALICE, **options) as (process, end):
            if is_let_in:
                expect_login(process, end)
            else:
                expect_refusal(process, end, TOO_OLD)


def main():
    tap = Tap()
    with credssp_world.open_world() as world:
        front = Front(world, PORT)
        logins(tap, front)
        binding(tap, front)
        pieces(tap, front)
        policies(tap, front, world)
        front.listener.close()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
