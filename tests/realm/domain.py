# SPDX-License-Identifier: MIT
"""A domain of two hosts: a Samba AD domain controller and a member server with winbindd.

The test's own private host (tests/lib/private_host.py) is the member. The controller is a host inside:
network, mounts and host name of its own, at the other end of a virtual cable. What the provision and
the join made is kept in the build folder, so that only the first test of a build waits for it.
"""
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

# pylint: disable=wrong-import-position
import private_host
from private_host import Server, World, hide, listens, run

REALM, DNS, DOMAIN = 'REALM.TEST', 'realm.test', 'REALM'
DC, MEMBER = 'dc1', 'member1'
DC_PORTS = (53, 88, 135, 389, 445, 464, 636, 49152, 49153, 49154)
DC_ADDRESS, MEMBER_ADDRESS = '10.53.0.1', '10.53.0.2'
BASE = 'DC=realm,DC=test'
ADMIN_PASSWORD = 'Adm1n-of-realm'


class Account:
    def __init__(self, user, password):
        self.user, self.password = user, password
        self.name = f'{DOMAIN}\\{user}'


ALICE, BOB = Account('alice', 'Wonder-land1'), Account('bob', 'Looking-glass2')
ZOE = Account('zoë', 'pä$swörd€')
DISABLED, LOCKED = Account('disabled', 'Dis-abled3'), Account('locked', 'Lock-ed4')
EXPIRED, MUST_CHANGE = Account('expired', 'Ex-pired5'), Account('mustchange', 'Must-change6')
ACCOUNTS = (ALICE, BOB, ZOE, DISABLED, LOCKED, EXPIRED, MUST_CHANGE)
# A group of the domain that bob is in.
GROUP = 'readers'

PROGRAMS = (('samba', 'samba'), ('/usr/share/samba/setup/provision.ldif', 'samba-ad-provision'),
            ('/usr/lib/x86_64-linux-gnu/samba/ldb/samba_dsdb.so', 'samba-dsdb-modules'),
            ('/usr/lib/x86_64-linux-gnu/samba/vfs/acl_xattr.so', 'samba-vfs-modules'),
            ('samba-tool', 'samba-common-bin'), ('net', 'samba-common-bin'), ('winbindd', 'winbind'),
            ('wbinfo', 'winbind'), ('nsenter', 'util-linux'))
MODULES = (('gssapi', 'python3-gssapi'), ('samba', 'python3-samba'))

# What Samba keeps outside of a test's folder. Its sockets have fixed places, so the mounts are private.
FOLDERS = ('/etc/samba', '/run/samba', '/var/cache/samba', '/var/lib/samba', '/var/log/samba')
PRIVILEGED = '/var/lib/samba/winbindd_privileged'
KEPT = ('/etc/samba', '/var/lib/samba')

PROVISION = (
    'samba-tool', 'domain', 'provision', f'--realm={REALM}', f'--domain={DOMAIN}', '--server-role=dc',
    f'--host-name={DC}', f'--host-ip={DC_ADDRESS}', '--dns-backend=SAMBA_INTERNAL',
    f'--adminpass={ADMIN_PASSWORD}', '--use-rfc2307',
    f'--option=interfaces={DC_ADDRESS}/24', '--option=bind interfaces only=yes',
    # Not the services that look after other controllers; some start programs now and then.
    '--option=server services=s3fs rpc ldap cldap kdc winbindd dns',
    # Lets logins over LDAPS do without a layer of SASL's, and has NTLMv1 verified as well.
    '--option=ldap server require strong auth=allow_sasl_over_tls',
    '--option=ntlm auth=ntlmv1-permitted',
    '--option=dns forwarder=', '--option=winbind enum users=no',
    # Access lists in a file of Samba's, for file systems without security attributes.
    '--option=vfs objects=dfs_samba4 acl_xattr xattr_tdb')

PASSWORD_RULES = (
    'samba-tool', 'domain', 'passwordsettings', 'set', '--complexity=off', '--min-pwd-age=0',
    '--max-pwd-age=0')

# One process for all accounts: each samba-tool needs a second to start.
MAKE_ACCOUNTS = f"""
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load_default()
db = SamDB(url=lp.samdb_url(), session_info=system_session(), lp=lp)
for line in sys.stdin.read().splitlines():
    user, password = line.split('\\t')
    db.newuser(user, password, force_password_change_at_next_login_req=user == {MUST_CHANGE.user!r})
db.newgroup({GROUP!r})
db.add_remove_group_members({GROUP!r}, [{BOB.user!r}], add_members_operation=True)
db.disable_account('(sAMAccountName={DISABLED.user})')
db.setexpiry('(sAMAccountName={EXPIRED.user})', -86400)
# What the service dnsupdate would do.
db.modify_ldif('''dn: CN={DC.upper()},OU=Domain Controllers,{BASE}
changetype: modify
add: servicePrincipalName
servicePrincipalName: ldap/{DC}.{DNS}
''')
"""

MEMBER_CONF = f'''[global]
workgroup = {DOMAIN}
realm = {REALM}
netbios name = {MEMBER}
security = ads
interfaces = {MEMBER_ADDRESS}/24
bind interfaces only = yes
kerberos method = dedicated keytab
dedicated keytab file = /etc/samba/member.keytab
machine password timeout = 0
idmap config * : backend = tdb
idmap config * : range = 3000-7999
idmap config {DOMAIN} : backend = rid
idmap config {DOMAIN} : range = 100000-999999
winbind use default domain = no
template shell = /bin/sh
'''
KEYTAB = '/etc/samba/member.keytab'

HOSTS = f'''127.0.0.1 localhost
{DC_ADDRESS} {DC}.{DNS} {DC}
{MEMBER_ADDRESS} {MEMBER}.{DNS} {MEMBER}
'''

KRB5_CONF = f'''[libdefaults]
    default_realm = {REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    {REALM} = {{
        kdc = {DC_ADDRESS}
    }}
[domain_realm]
    .{DNS} = {REALM}
    {DNS} = {REALM}
'''


def succeeds(*command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def hide_folders():
    for folder in FOLDERS:
        hide(folder)
    for folder in ('/run/samba/ncalrpc', '/var/lib/samba/private', '/var/lib/samba/sysvol'):
        os.makedirs(folder)


class Trees:
    """What Samba has on the disks of both hosts, archived in the build folder. The archives are of this
    source and these packages, and of today: Samba's tickets and passwords age."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.folder = pathlib.Path(os.environ.get('REALM_TREES', HERE))
        version = run('samba', '--version')
        mark = hashlib.sha256(pathlib.Path(__file__).read_bytes() + version.encode()).hexdigest()
        self.archives = {name: self.folder / f'{name}-{mark[:12]}.tar' for name in hosts}

    def exist(self):
        with contextlib.suppress(FileNotFoundError):
            return all(time.time() - archive.stat().st_mtime < 86400
                       for archive in self.archives.values())
        return False

    def save(self):
        for old in self.folder.glob('*-????????????.tar'):
            old.unlink()
        for name, command in self.hosts.items():
            part = self.folder / f'{name}.part'
            command('tar', '--xattrs', '-C', '/', '-cf', str(part), *(kept[1:] for kept in KEPT))
            os.chmod(part, 0o600)
            part.rename(self.archives[name])

    def restore(self):
        for name, command in self.hosts.items():
            command('tar', '--xattrs', '-C', '/', '-xf', str(self.archives[name]))


class Controller:
    """The domain controller's host. Its commands run through `run`."""

    def __init__(self, world):
        self.world = world
        self.samba = None
        self.host = world.start(
            'unshare', '--net', '--mount', '--uts', '--ipc', '--propagation', 'private', 'sh', '-c',
            f'hostname {DC}; echo ready; exec sleep infinity')
        self.host.wait_for(lambda: 'ready' in self.host.tail())
        self.inside = ('nsenter', '--net', '--mount', '--uts', '--ipc', '--target',
                       str(self.host.process.pid))
        self._connect()
        self.run(sys.executable, '-c', f'import sys; sys.path[:0] = {sys.path!r}; import domain; '
                                       'domain.hide_folders()')

    def run(self, *command, **options):
        return run(*self.inside, *command, **options)

    def _connect(self):
        run('ip', 'link', 'add', 'realm0', 'type', 'veth', 'peer', 'name', 'realm0', 'netns',
            str(self.host.process.pid))
        for command in (run, self.run):
            address = MEMBER_ADDRESS if command is run else DC_ADDRESS
            command('ip', 'address', 'add', f'{address}/24', 'dev', 'realm0')
            for device in ('lo', 'realm0'):
                command('ip', 'link', 'set', device, 'up')

    def provision(self):
        self.run('rm', '-f', '/etc/samba/smb.conf')
        self.run(*PROVISION)
        self.run(*PASSWORD_RULES)
        lines = ''.join(f'{account.user}\t{account.password}\n' for account in ACCOUNTS)
        self.run(sys.executable, '-c', MAKE_ACCOUNTS, input=lines)

    def start(self):
        """Every process of Samba's is in a process namespace that ends with its first one."""
        self.samba = self.world.start(*self.inside, 'unshare', '--pid', '--fork', '--kill-child',
                                      '--mount-proc', 'samba', '-F', '-M', 'standard',
                                      '--debug-stdout')
        self.samba.wait_for(self.answers, 60)

    def answers(self):
        return all(listens(DC_ADDRESS, port) for port in DC_PORTS)

    def stop(self):
        """At once, as with a power failure; connections are reset."""
        self.samba.process.kill()
        self.samba.process.wait()
        for _ in range(200):
            if not any(listens(DC_ADDRESS, port) for port in DC_PORTS):
                break
            time.sleep(0.05)

    def silence(self, on):
        """Its answers to the member get lost, as with a broken network."""
        self.run('ip', 'route', 'add' if on else 'del', 'blackhole', f'{MEMBER_ADDRESS}/32')


class Member:
    """This host, as member of the domain."""

    def __init__(self, world):
        self.world = world
        self.winbindd = None
        # As Debian's package does.
        os.makedirs(PRIVILEGED, 0o750)
        shutil.chown(PRIVILEGED, group='winbindd_priv')
        with open('/etc/samba/smb.conf', 'w', encoding='utf-8') as file:
            file.write(MEMBER_CONF)

    def join(self):
        run('net', 'ads', 'join', '--no-dns-updates', '-U', f'Administrator%{ADMIN_PASSWORD}')
        run('net', 'ads', 'keytab', 'create', '-P')

    def start(self, joined=True):
        self.winbindd = self.world.start('winbindd', '-F', '--no-process-group', '--debug-stdout')
        self.winbindd.wait_for(lambda: succeeds('wbinfo', '-t' if joined else '-p'), 60)

    def stop(self):
        self.winbindd.stop()


class Domain:
    """Both hosts, running; to be used in a `with` statement."""

    def __init__(self):
        self.world = World()
        self.module = os.environ['GSS_SSPI_MODULE']

    def __enter__(self):
        self.world.__enter__()
        self.world.replace('/etc/hosts', HOSTS)
        self.world.replace('/etc/resolv.conf', f'search {DNS}\nnameserver {DC_ADDRESS}\n')
        os.environ['KRB5_CONFIG'] = self.world.write('krb5.conf', KRB5_CONF)
        self.no_ticket()
        self.world.register(self.module)
        hide_folders()
        self.member, self.controller = Member(self.world), Controller(self.world)
        trees = Trees({'controller': self.controller.run, 'member': run})
        if trees.exist():
            trees.restore()
        else:
            self.make()
            trees.save()
        self.controller.start()
        self.member.start()
        return self

    def make(self):
        self.controller.provision()
        self.controller.start()
        self.member.join()
        self.controller.stop()

    def __exit__(self, *error):
        self.controller.stop()
        self.world.__exit__(*error)

    def no_ticket(self):
        os.environ['KRB5CCNAME'] = 'FILE:' + self.world.path('no-ticket')


    def account_file(self, name, password):
        """Of one initiator; `name` is DOMAIN\\user."""
        return self.world.write(f'account{next(self.world.count)}',
                                f"{name.replace(chr(92), ':')}:{password}\n", 0o600)

    def policy(self, text):
        """For what is acquired from now on; without text the default."""
        os.environ.pop('GSS_SSPI_CONFIG', None)
        if text:
            os.environ['GSS_SSPI_CONFIG'] = self.world.write(
                f'policy{next(self.world.count)}', f'[ntlm]\n{text}\n')

    def ticket(self, account, password=None):
        """kinit; False when it is refused. The ticket is the default until no_ticket()."""
        os.environ['KRB5CCNAME'] = 'FILE:' + self.world.path(f'ticket{next(self.world.count)}')
        done = subprocess.run(['kinit', f'{account.user}@{REALM}'], text=True, capture_output=True,
                              input=f'{password or account.password}\n', check=False)
        return done.returncode == 0


def sid_of(name):
    return run('wbinfo', '-n', name).split()[0]


def enter(programs=(), modules=()):
    """The test runs again as the member, or is skipped."""
    private_host.enter(MEMBER, (*PROGRAMS, *programs), (*MODULES, *modules))
