# SPDX-License-Identifier: MIT
"""What the tests of SSH have in common: host key, the account, and OpenSSH's client."""
import base64
import hashlib
import socket

import installed_world as installed
from private_host import attempt, run

PROGRAMS = (('ssh', 'openssh-client'), ('ssh-keygen', 'openssh-client'), ('useradd', 'passwd'))
ACCOUNT, PORT = 'alice', 22
MECHS = {'Kerberos': bytes.fromhex('06092a864886f712010202'), 'IAKERB': bytes.fromhex('06062b0601050205'),
         'NTLM': bytes.fromhex('060a2b06010401823702020a')}
DEBIAN = ('-F', '/etc/ssh/ssh_config')  # as the package configures the client
PLAIN = ('-F', 'none', '-o', 'GSSAPIAuthentication=yes', '-o',
         'PreferredAuthentications=gssapi-keyex,gssapi-with-mic')
# No question to anybody.
OPTIONS = ('-p', str(PORT), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o',
           'UserKnownHostsFile=/dev/null')


def prepare(world):
    """The local account, and the host's name in full, of which servers make the name of their key."""
    socket.sethostname(installed.HOST)
    run('useradd', '--password', '*', '--shell', '/bin/sh', '--create-home', ACCOUNT)
    key = world.path('host-key')
    run('ssh-keygen', '-q', '-t', 'ecdsa', '-N', '', '-f', key)
    return key


def kex_name(der):
    """Of a mechanism in the names of key exchanges: RFC 4462, 2.3."""
    return base64.b64encode(hashlib.md5(der).digest()).decode()


class Client:
    """OpenSSH's client with a command, to its end."""

    def __init__(self, world, *options, user=ACCOUNT, account=None, ticket=False, config=PLAIN):
        done = attempt('ssh', '-v', *config, *OPTIONS, *options, f'{user}@{installed.HOST}', 'id -un',
                       env=installed.client(world, account, ticket), stdin=0)
        self.code, self.output, self.debug = done.returncode, done.stdout.strip(), done.stderr

    def text(self):
        """What the user sees without -v."""
        return [line for line in self.debug.splitlines() if 'Permission denied' in line]

    def refused(self):
        return self.code == 255 and not self.output and bool(self.text())

    def __str__(self):
        return f'status {self.code}, {self.output}\n{self.debug[-1500:]}'
