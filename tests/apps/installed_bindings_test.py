#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Channel bindings over TLS with the installed packages: what real clients give, each value of the policy of
the server, and a man in the middle who has a certificate that the clients trust. Prints TAP.
"""
import contextlib
import dataclasses
import os
import socket
import ssl
import sys
import threading

import installed_apache as web
import installed_world
from installed_apache import BOUND_PORT, NEGOTIATE
from installed_world import ALICE, HOST, LOGON_FAILURE, PRINCIPAL, USER, WRONG
from private_host import Tap, attempt

RELAY_PORT = 9443
POLICIES = ('off', 'when-supported', 'always')
# What a server can say of a login; IN and BOUND are those that succeed.
IN, BOUND = 'bound=False', 'bound=True'
ABSENT = 'channel bindings are required, but the peer sent none'
DIFFER = 'the channel bindings of the two sides differ'
KRB5_DIFFER = 'channel bindings'


@dataclasses.dataclass(frozen=True)
class Client:
    """A client, and what becomes of it by the value of the policy. `run` takes URL, certificates to trust and an
    environment, and says what the server replied. `relayed`: its connection ends at another."""
    name: str
    run: object
    results: tuple
    ticket: bool = False
    relayed: bool = False


def curl(*options):
    def run(url, trust, environment):
        return attempt('curl', '-q', '-sS', '--cacert', trust, *options, url, env=environment).stdout
    return run


def python(*options):
    def run(url, trust, environment):
        done = attempt(sys.executable, os.path.join(installed_world.HERE, 'installed_gss_client.py'), url, '--ca',
                       trust, *options, env=environment)
        return done.stdout + done.stderr
    return run


def requests_ntlm(send, password=ALICE[2]):
    """python3-requests-ntlm, whose NTLM is not ours; it has MD4 once cryptography's back end is loaded."""
    script = ('import requests, requests_ntlm, sys\n'
              'import cryptography.hazmat.backends\n'
              'cryptography.hazmat.backends.default_backend()\n'
              f'login = requests_ntlm.HttpNtlmAuth({USER!r}, {password!r}, send_cbt={send})\n'
              'print(requests.get(sys.argv[1], auth=login, verify=sys.argv[2]).text)\n')

    def run(url, trust, environment):
        done = attempt(sys.executable, '-c', script, url, trust, env=environment)
        return done.stdout + done.stderr
    return run


CLIENTS = (
    Client('curl, which gives none', curl(*NEGOTIATE), (IN, IN, ABSENT)),
    Client('the NTLM of curl, which gives none', curl('--ntlm', '-u', f'{USER}:{ALICE[2]}'), (IN, IN, ABSENT)),
    Client('python3-gssapi with those of its connection', python('--bindings', 'own'), (IN, BOUND, BOUND)),
    Client('the same, NTLM without SPNEGO', python('--bindings', 'own', '--mech', 'ntlm'), (IN, BOUND, BOUND)),
    Client('python3-gssapi without', python(), (IN, IN, ABSENT)),
    Client('requests-ntlm', requests_ntlm(True), (IN, BOUND, BOUND)),
    Client('requests-ntlm without', requests_ntlm(False), (IN, IN, ABSENT)),
    Client('requests-ntlm, wrong password', requests_ntlm(True, WRONG[2]), (LOGON_FAILURE,) * 3),
    Client('Kerberos with bindings', python('--bindings', 'own'), (BOUND, BOUND, BOUND), ticket=True),
    Client('Kerberos without, of curl', curl(*NEGOTIATE), (IN, IN, IN), ticket=True),
    Client('relayed: curl', curl(*NEGOTIATE), (IN, IN, ABSENT), relayed=True),
    Client('relayed: python3-gssapi with bindings', python('--bindings', 'own'), (IN, DIFFER, DIFFER), relayed=True),
    Client('relayed: requests-ntlm', requests_ntlm(True), (IN, DIFFER, DIFFER), relayed=True),
    Client('relayed: Kerberos with bindings', python('--bindings', 'own'), (KRB5_DIFFER,) * 3, ticket=True,
           relayed=True),
)


class Relay:
    """Ends the TLS of clients with a certificate of its own, and has another to the server."""

    def __init__(self, certificate, key):
        self.inner = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.inner.check_hostname, self.inner.verify_mode = False, ssl.CERT_NONE
        self.outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.outer.load_cert_chain(certificate, key)
        self.listener = socket.create_server(('127.0.0.1', RELAY_PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        with contextlib.suppress(OSError), self.outer.wrap_socket(client, server_side=True) as near, \
                self.inner.wrap_socket(socket.create_connection(('127.0.0.1', BOUND_PORT))) as far:
            # A request, then its reply; with HTTP that is all there is.
            while data := near.recv(65536):
                far.sendall(data)
                near.sendall(self.reply(far))

    @staticmethod
    def reply(far):
        """Headers, and as many octets as they say."""
        data = b''
        while b'\r\n\r\n' not in data:
            data += far.recv(65536)
        head, _, body = data.partition(b'\r\n\r\n')
        length = next(int(line.split(b':')[1]) for line in head.split(b'\r\n') if line.lower().startswith(
            b'content-length:'))
        while len(body) < length:
            body += far.recv(65536)
        return head + b'\r\n\r\n' + body


def check(tap, world, server, row, value, trust):
    seen = len(server.tail())
    environment = installed_world.client(world, None if row.ticket else ALICE, ticket=row.ticket)
    reply = row.run(f'https://{HOST}:{RELAY_PORT if row.relayed else BOUND_PORT}/', trust, environment)
    refusals = server.tail()[seen:]
    want = row.results[POLICIES.index(value)]
    who = PRINCIPAL if row.ticket else USER
    if want in (IN, BOUND):
        good = who in reply and want in reply and not refusals
    else:
        good = who not in reply and want in refusals
    tap.check(f'{value}, {row.name}: {want}', good, reply, refusals)


def main():
    installed_world.enter((*web.PROGRAMS, web.CURL), modules=(
        ('gssapi', 'python3-gssapi'), ('requests_ntlm', 'python3-requests-ntlm')))
    tap = Tap()
    with installed_world.open_world('HTTP') as world:
        phase = installed_world.phases()
        while next(phase) != installed_world.INSTALLED:
            pass
        own, foreign = web.certificate(world, 'own'), web.certificate(world, 'foreign')
        with open(own[0], encoding='ascii') as one, open(foreign[0], encoding='ascii') as other:
            trust = world.write('trust.pem', one.read() + other.read())
        Relay(*foreign)
        for value in POLICIES:
            installed_world.policy(f'channel_bindings = {value}')
            server = web.start_bound(world, *own)
            for row in CLIENTS:
                check(tap, world, server, row, value, trust)
            world.stop(server)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
