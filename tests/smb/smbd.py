# SPDX-License-Identifier: MIT
"""Debian's smbd as a standalone server with accounts of its own; it signs everything."""
import os
import re

from private_host import run

ADDRESS = '127.0.0.1'
SHARE, ENCRYPTED_SHARE = 'files', 'secret'
# What smbd needs at the least: root, the owner of guests, and the accounts of the test.
UNIX_ACCOUNTS = ('root:0', 'nobody:65534', 'alice:20001', 'zoë:20002')
UNIX_IDS = {name: int(number) for name, number in (row.split(':') for row in UNIX_ACCOUNTS)}
SETTINGS = '''[global]
workgroup = DOM
server role = standalone server
netbios name = SMBD
disable netbios = yes
smb ports = 445
interfaces = {address}/8
bind interfaces only = yes
server signing = mandatory
client signing = mandatory
# NTLMv1 too, for initiators whose level is lowered.
ntlm auth = ntlmv1-permitted
map to guest = never
passdb backend = tdbsam:{folder}/private/passdb.tdb
private dir = {folder}/private
lock directory = {folder}/lock
state directory = {folder}/state
cache directory = {folder}/cache
pid directory = {folder}/pid
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log.smbd
log level = 1 auth_audit:3
max log size = 0
load printers = no
disable spoolss = yes
store dos attributes = no
[files]
path = {folder}/files
read only = no
[secret]
path = {folder}/files
read only = no
smb encrypt = required
'''
AUDIT = re.compile(r'Auth: \[SMB2.*?\] user \[(.*?)\]\\\[(.*?)\] '
                   r'.*? with \[(.*?)\] status \[(.*?)\]')


def _add_unix_accounts(world, own_root):
    """In the place of the host's, or beside them in a root folder of the test's own, where dpkg needs them."""
    for path, line in (('/etc/passwd', '{0}:x:{1}:{1}::/:/bin/false\n'), ('/etc/group', '{0}:x:{1}:\n')):
        if own_root:
            with open(path, 'r+', encoding='utf-8') as file:
                known = {row.split(':')[0] for row in file}
                file.write(''.join(line.format(*row) for row in UNIX_IDS.items() if row[0] not in known))
        else:
            world.replace(path, ''.join(line.format(*row) for row in UNIX_IDS.items()))


class Smbd:
    def __init__(self, world, accounts, own_root=False):
        self.folder = world.path('smbd')
        for name in ('private', 'lock', 'state', 'cache', 'pid', 'ncalrpc', 'files'):
            os.makedirs(os.path.join(self.folder, name), mode=0o755)
        os.chmod(self.path('files'), 0o1777)
        _add_unix_accounts(world, own_root)
        self.config = world.write('smbd/smb.conf',
                                  SETTINGS.format(address=ADDRESS, folder=self.folder))
        for account in accounts:
            run('smbpasswd', '-c', self.config, '-s', '-a', account.user,
                input=f'{account.password}\n{account.password}\n')
        self.server = world.start('smbd', '-F', '--no-process-group', '-s', self.config,
                                  address=ADDRESS, port=445)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def logins(self):
        """Name, kind of the response, and status of each login, as the server says."""
        return [(f'{row[1]}\\{row[2]}', row[3], row[4]) for row in AUDIT.finditer(self.log())]

    def log(self):
        with open(self.path('log.smbd'), encoding='utf-8', errors='replace') as file:
            return self.server.tail() + file.read()
