# SPDX-License-Identifier: MIT
"""What the tests of CredSSP with other implementations have in common: a private host with both modules,
accounts, certificates, and FreeRDP's programs."""
import contextlib
import os
import pathlib
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

import private_host  # pylint: disable=wrong-import-position

ALICE = ('TESTDOM', 'testuser', 'Passw0rd!')
WRONG = ('TESTDOM', 'testuser', 'Passw0rd?')
ZOE = ('TESTDOM', 'zoë', 'pä$swörd€')
MODES, TLS = ('full', 'tsrequest'), ('1.2', '1.3')
XVFB, XFREERDP = ('Xvfb', 'xvfb'), ('xfreerdp', 'freerdp2-x11')
SHADOW, HASH = ('freerdp-shadow-cli', 'freerdp2-shadow-x11'), ('winpr-hash', 'winpr-utils')
OPENSSL, GSSAPI = ('openssl', 'openssl'), ('gssapi', 'python3-gssapi')
LIMIT = 30  # seconds
DISPLAY = ':99'


def enter(*programs, modules=()):
    private_host.enter('rdphost', (*programs, OPENSSL), (GSSAPI, *modules))


@contextlib.contextmanager
def open_world():
    with private_host.World() as world:
        world.register(os.environ['GSS_SSPI_MODULE'], os.environ['GSS_SSPI_CREDSSP'])
        # No policy of the host.
        os.environ['GSS_SSPI_CONFIG'] = world.write('sspi.conf', '')
        os.environ['KRB5CCNAME'] = 'FILE:' + world.path('absent')
        world.accounts = world.write('accounts', lines(ALICE, ZOE), mode=0o600)
        yield world


def lines(*accounts):
    return ''.join(':'.join(account) + '\n' for account in accounts)


def shown(account):
    return f'{account[0]}\\{account[1]}'


def certificate(world, name, *options):
    """A file with a key and its self-signed certificate."""
    path, part = world.path(name), world.path(name + '.part')
    private_host.run('openssl', 'req', '-x509', '-nodes', '-subj', '/CN=rdphost', '-days', '2',
                     '-newkey', *options, '-keyout', path, '-out', part)
    with open(path, 'a', encoding='ascii') as out, open(part, encoding='ascii') as text:
        out.write(text.read())
    os.unlink(part)
    return path


RSA, EC = ('rsa:2048',), ('ec', '-pkeyopt', 'ec_paramgen_curve:P-256')


def start_display(world):
    """A screen for X clients, without a file or a port; it is there between two clients, too."""
    server = world.start('Xvfb', DISPLAY, '-nolisten', 'unix', '-nolisten', 'tcp', '-nolock', '-ac',
                         '-noreset')
    os.environ['DISPLAY'] = DISPLAY
    server.wait_for(display_answers)


def display_answers():
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex('\0/tmp/.X11-unix/X' + DISPLAY[1:]) == 0


class Xfreerdp:
    """xfreerdp with +auth-only: its exit code and what it prints. To be used in a `with` statement."""
    GOOD, LOGON_FAILURE, CLOSED = 0, 134, 147

    def __init__(self, port, account, security='nla'):
        domain, user, password = account
        self.process = subprocess.Popen(
            ['xfreerdp', '/cert:ignore', '+auth-only', f'/sec:{security}', f'/v:127.0.0.1:{port}',
             f'/d:{domain}', f'/u:{user}', f'/p:{password}'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = ''

    def __enter__(self):
        return self

    def end(self):
        """The exit code."""
        output = self.process.communicate(timeout=LIMIT)[0]
        self.output += output.decode(errors='replace')
        return self.process.returncode

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Listener:
    """The port of a server of the test's own."""

    def __init__(self, port=0):
        self.socket = socket.create_server(('127.0.0.1', port))
        self.socket.settimeout(LIMIT)
        self.port = self.socket.getsockname()[1]

    def next(self):
        sock, _ = self.socket.accept()
        sock.settimeout(LIMIT)
        return sock

    def close(self):
        self.socket.close()


def start_shadow(world, port, *accounts):
    """freerdp-shadow-cli, which takes these accounts and nothing but NLA; it looks at no domain."""
    records = []
    for _, user, password in accounts:
        digest = private_host.run('winpr-hash', '-u', user, '-p', password, '-f', 'default').strip()
        records.append(f'{user}:::{digest}:::\n')
    sam = world.write('sam', ''.join(records), mode=0o600)
    return world.start('freerdp-shadow-cli', f'/port:{port}', '/bind-address:127.0.0.1', '/sec:nla',
                       '+auth', f'/sam-file:{sam}', port=port)


@contextlib.contextmanager
def works(tap, name, *details):
    """A check that holds when the body ends without an exception; `details` are functions."""
    try:
        yield
    except Exception as error:  # pylint: disable=broad-except
        tap.check(name, False, f'{type(error).__name__}: {error}', *(detail()[-600:] for detail in details))
    else:
        tap.check(name, True)


def expect(value, *good):
    if value not in good:
        raise AssertionError(f'{value!r} instead of {" or ".join(map(repr, good))}')


def expect_text(part, text):
    if part not in text:
        raise AssertionError(f'{part!r} is not in: {text}')
