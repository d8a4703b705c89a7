# SPDX-License-Identifier: MIT
"""A host with our packages and Debian's Apache, as docs/admin.md and the manual pages have it: accounts, a login
of the session, a server, what the policy does, and the command."""
import glob
import os
import subprocess
import time

import installed_host
import private_host
from steps import KEYRING, Copy, Do, Probe, Run, Serve, ServerSays

NAME = 'admin'
ADMIN, NTLM_PAGE, POLICY_PAGE = 'docs/admin.md', 'docs/man/gss_ntlm.8', 'docs/man/sspi.conf.5'
# Packages that the machine does not have, because they would start a server or give rights away.
FETCHED = ('apache2', 'apache2-data', 'apache2-utils', 'sudo')
APACHE, SUDO = ('/usr/sbin/a2enmod', 'apache2'), ('sudo', 'sudo')
GIT = ('git', 'git')
MODULE = ('/usr/lib/apache2/modules/mod_auth_gssapi.so', 'libapache2-mod-auth-gssapi')
POLICY = '/etc/gss/sspi.conf'
PRIVATE_CONF = '/etc/apache2/conf-enabled/private.conf'
URL = 'http://www.example.com/private/'
PRIVATE = (('.com/', '.com/private/'),)
PASSWORD = 'Wonder-land1'
SMBPASSWD_LINE = f'carol:1003:{"X" * 32}:8846F7EAEE8FB117AD06BDD830B7586C:[U          ]:LCT-00000000:'
LOG_IN = "curl -s -o /dev/null -w '%{http_code}' --negotiate -u : "
# A policy shows within a second, says sspi.conf(5).
NOTICED = Do('programs notice the policy', lambda world: time.sleep(1.5))


def fetched_folder():
    return os.path.join(os.environ['GSS_SSPI_BUILD'], 'tests', 'docs', 'fetched')


def fetch():
    """Once; without a network there is nothing, and what needs it is a SKIP."""
    folder = fetched_folder()
    os.makedirs(folder, exist_ok=True)
    lost = [name for name in FETCHED if not glob.glob(f'{folder}/{name}_*.deb')]
    if lost:
        subprocess.run(['apt-get', '-q', 'download', *lost], cwd=folder, capture_output=True, check=False)


def install_fetched():
    """No server starts: policy-rc.d forbids it in this root folder."""
    private_host.run('sh', '-c', 'printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d; '
                                 'chmod 755 /usr/sbin/policy-rc.d')
    packages = sorted(glob.glob(fetched_folder() + '/*.deb'))
    if packages:
        private_host.attempt('dpkg', '--force-unsafe-io', '--force-depends', '--force-confnew', '--install', *packages,
                             env=dict(os.environ, DEBIAN_FRONTEND='noninteractive'))


def know_hosts(world):
    """A file of ours in the place of /etc/hosts, which may be a mount of the machine's."""
    path = os.path.join(world.folder, 'hosts')
    with open(path, 'w', encoding='ascii') as file:
        file.write('127.0.0.1 localhost www.example.com intranet.example\n')
    private_host.run('mount', '--bind', path, '/etc/hosts')


def make_site(_):
    os.makedirs('/var/www/html/private', exist_ok=True)
    with open('/var/www/html/private/index.html', 'w', encoding='ascii') as file:
        file.write('the private page\n')


def start_apache(world):
    """With /etc/apache2/envvars, as the service would be."""
    with open(os.path.join(world.folder, 'apache.log'), 'w', encoding='ascii') as log:
        world.servers.append(subprocess.Popen(  # pylint: disable=consider-using-with
            ['apache2ctl', '-D', 'FOREGROUND'], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={'PATH': os.environ['PATH'] + ':/usr/sbin'}))
    limit = time.monotonic() + 30
    while not private_host.listens('127.0.0.1', 80):
        if time.monotonic() > limit:
            raise OSError(open(log.name, encoding='ascii').read())
        time.sleep(0.1)


def answers(label, code, url=URL, accounts='~/.ntlm'):
    """What Apache says to the user of these accounts."""
    return Probe(f'{label}: {code}', f'NTLM_USER_FILE={accounts} {LOG_IN} {url}', says=f'^{code}$', needs=APACHE)


def user_is(name):
    return Probe(f'the server says that it was {name}', 'tail -n 1 /var/log/apache2/access.log',
                 says=f'^[0-9.]+ - {name} ', needs=APACHE)


ACCOUNTS = (
    Copy('DOMAIN:user:password', '/etc/apache2/ntlm-accounts', document='README.md',
         given=(('user', 'alice'), ('password', PASSWORD))),
    Copy('user:uid:LMHASH:NTHASH:[flags]:...', '/etc/apache2/ntlm-accounts', document=ADMIN, append=True,
         given=(('user:uid:LMHASH:NTHASH:[flags]:...', SMBPASSWD_LINE), ('DOMAIN:', 'EXAMPLE:'),
                ('user:password', f'alice:{PASSWORD}'))),
    Run('chown root:www-data FILE; chmod 640 FILE', given=(('FILE', '/etc/apache2/ntlm-accounts'),)),
    Probe('it is so', 'stat -c "%U:%G %a" /etc/apache2/ntlm-accounts', says='^root:www-data 640$'),
    Probe('there is another file', 'cp /etc/apache2/ntlm-accounts /srv/accounts'),
    Run('chown root:root FILE; chmod 600 FILE', given=(('FILE', '/srv/accounts'),)),
    Probe('it is so', 'stat -c "%U:%G %a" /srv/accounts', says='^root:root 600$'),
    Copy('user:uid:LMHASH:NTHASH:[flags]:...', '~/.ntlm', document=NTLM_PAGE,
         given=(('user:uid:LMHASH:NTHASH:[flags]:...', SMBPASSWD_LINE), ('user:password', f'alice:{PASSWORD}'))),
    Run('chmod 600 ~/.ntlm'),
    Probe('an account with a hash', "echo 'DOMAIN:carol:password' >~/.carol; chmod 600 ~/.carol"),
    Probe('an account of another domain', 'sed s/DOMAIN/EXAMPLE/ ~/.ntlm >~/.example; chmod 600 ~/.example'),
)

APACHE_STEPS = (
    Copy('<Location /private>', PRIVATE_CONF, needs=APACHE),
    Copy('export NTLM_USER_FILE=/etc/apache2/ntlm-accounts', '/etc/apache2/envvars', append=True, needs=APACHE),
    Run('a2enmod auth_gssapi', needs=APACHE),
    Do('there is a page', make_site, needs=APACHE),
    Do('Apache starts', start_apache, needs=APACHE),
    answers('no account', 401, accounts='/nonexistent'),
    Run('NTLM_USER_FILE=~/.ntlm curl --negotiate -u : URL', given=(('URL', URL),), says='the private page',
        needs=APACHE),
    user_is(r'DOMAIN\\\\alice'),
    answers('an account with a hash', 200, accounts='~/.carol'),
    Run('curl -v', more=f'-s --negotiate -u : {URL} 2>&1 | grep -i www-authenticate', says='WWW-Authenticate',
        needs=APACHE),
)

RESTART = Probe('Apache reads it', 'kill -USR1 $(cat /run/apache2/apache2.pid); sleep 2', needs=APACHE)
REPOSITORY = 'http://www.example.com/private/repository.git'
GIT_STEPS = (
    Probe('there is a repository', 'cd /var/www/html/private && git init -q --bare repository.git && '
                                   'git -C repository.git update-server-info; cd ~', needs=GIT),
    Probe('git asks for a user', f'GIT_TERMINAL_PROMPT=0 NTLM_USER_FILE=~/.ntlm git ls-remote {REPOSITORY}',
          says='could not read Username', status=128, needs=GIT),
    Copy('emptyAuth = true', '~/.gitconfig'),
    Probe('git logs in', f'GIT_TERMINAL_PROMPT=0 NTLM_USER_FILE=~/.ntlm git ls-remote {REPOSITORY}', needs=GIT),
    user_is(r'DOMAIN\\\\alice'),
    Copy('<RequireAll>', '/srv/required'),
    Probe('a domain is required', f"cp {PRIVATE_CONF} /srv; sed -i '/Require valid-user/{{r /srv/required\nd}}' "
                                  f'{PRIVATE_CONF}', needs=APACHE), RESTART,
    answers('a user of another domain', 401), answers('one of that', 200, accounts='~/.example'),
    Probe('it is not required any more', f'cp /srv/private.conf {PRIVATE_CONF}', needs=APACHE), RESTART,
)

SESSION = (
    Probe('there is no login', LOG_IN + URL, says='^401$', needs=APACHE),
    Run(r"gss-sspi login 'DOMAIN\alice'", types=PASSWORD, says='logged in', needs=KEYRING),
    Run('curl --negotiate -u : http://www.example.com/', given=PRIVATE, says='the private page', needs=APACHE),
    user_is(r'DOMAIN\\\\alice'),
    Run('gss-sspi list', says=r'DOMAIN\\alice', needs=KEYRING),
    Run('gss-sspi logout', needs=KEYRING),
    Probe('it is over', LOG_IN + URL, says='^401$', needs=APACHE),
    Run(r"gss-sspi login 'EXAMPLE\alice' && curl --negotiate -u : http://intranet.example/", types=PASSWORD,
        given=(('.example/', '.example/private/'),), says='the private page', needs=APACHE),
    Probe('it ends', 'gss-sspi logout --all', needs=KEYRING),
    Run('gss-sspi login', types=PASSWORD, says='root', needs=KEYRING),
    Probe('it ends', 'gss-sspi logout --all', needs=KEYRING),
)

COMMAND = (
    Run('gss-sspi doctor', says=r'(?s)NTLM is .*gss_ntlm\.so.*CredSSP is .*gss_credssp\.so', more='|| true'),
    Run('sudo -u www-data NTLM_USER_FILE=/etc/apache2/ntlm-accounts gss-sspi doctor', says='ntlm-accounts', needs=SUDO),
    Probe('there are accounts', 'export NTLM_USER_FILE=~/.ntlm'),
    Serve('gss-sspi test server --http', more='--port 8088', says='^listening on 127.0.0.1 port 8088'),
    Run('gss-sspi test client --http HOST:PORT', given=(('HOST:PORT', '127.0.0.1:8088'),), says='logged in|200'),
    Run('curl --negotiate -u :', more='-s http://127.0.0.1:8088/', says=r'DOMAIN\\alice'),
    Run('curl --negotiate', more='-s -u : http://127.0.0.1:8088/', says=r'DOMAIN\\alice'),
    ServerSays('the server says who it was', r'DOMAIN\\alice', ends=False),
    Probe('a token', "TOKEN=$(curl -sv --negotiate -u : -o /dev/null http://127.0.0.1:8088/ 2>&1 | "
                     "sed -n 's/^< WWW-Authenticate: Negotiate \\(oY[^\\r]*\\).*/\\1/p' | head -n 1); export TOKEN; "
                     '[ ${#TOKEN} -gt 100 ]'),
    Run("gss-sspi token 'WWW-Authenticate: Negotiate oYHO...'", says='CHALLENGE',
        given=(("'WWW-Authenticate: Negotiate oYHO...'", '"WWW-Authenticate: Negotiate $TOKEN"'),)),
    Run('gss-sspi token', more='"$TOKEN"', says='CHALLENGE'),
    Run('GSS_MECH_CONFIG=build/tests/gss_mech.conf curl ...', says=r'DOMAIN\\alice',
        given=(('build/', '$GSS_SSPI_BUILD/'), ('...', '-s --negotiate -u : http://127.0.0.1:8088/'))),
    Copy('ntlm 1.3.6.1.4.1.311.2.2.10 gss_ntlm.so', '/etc/gss/mech.d/zz-gss-sspi-ntlm.conf', document=ADMIN),
    Copy('credssp 2.25.7309953812226743153 gss_credssp.so', '/etc/gss/mech.d/zz-gss-sspi-credssp.conf',
         document=ADMIN),
    Run('curl --negotiate -u :', more='-s http://127.0.0.1:8088/', says=r'DOMAIN\\alice'),
    Probe('there is the group', 'groupadd -f winbindd_priv'),
    Run('usermod -a -G winbindd_priv www-data'),
    Probe('the user is in it', 'id -nG www-data', says='winbindd_priv'),
)

CURLS_OWN = f"-s -o /dev/null -w '%{{http_code}}' -u 'DOMAIN\\alice:{PASSWORD}' {URL}"
AT_INTRANET = 'http://intranet.example/private/'
POLICIES = (
    Probe('no policy', f'rm -f {POLICY}; sleep 1.5; curl --ntlm {CURLS_OWN}', says='^200$', needs=APACHE),
    answers('no policy', 200),
    answers('no policy, the other name', 200, AT_INTRANET),
    Copy('offer_in_negotiate = no', POLICY), NOTICED,
    answers('NTLM is not in Negotiate', 401),
    Copy('outgoing_except = *.example.com cifs/nas', POLICY), NOTICED,
    answers('an exception', 200), answers('no exception', 401, AT_INTRANET),
    Copy('outgoing = deny\noutgoing_except = *.example.com', POLICY, document=POLICY_PAGE), NOTICED,
    answers('an exception', 200), answers('no exception', 401, AT_INTRANET),
    Copy(r'incoming_except = EXAMPLE\*', POLICY), NOTICED,
    answers('another domain', 401), answers('the domain of the exception', 200, accounts='~/.example'),
    Run('install -m 0622 /dev/null /var/log/gss-sspi.log'),
    Copy('outgoing_audit_only = yes', POLICY), NOTICED,
    answers('audit only', 200), answers('audit only', 200, AT_INTRANET),
    Probe('the log says what would be refused', 'cat /var/log/gss-sspi.log', needs=APACHE,
          says=r'(?s)audit: NTLM to HTTP/intranet\.example would be refused.*audit: .*alice'),
    Copy('require_mic = always', POLICY), NOTICED,
    answers('a client that can', 200), answers('another name of the server', 401, AT_INTRANET),
    Run('curl --ntlm', more=CURLS_OWN, says='^401$', needs=APACHE),
    Copy('channel_bindings = always', POLICY), NOTICED,
    answers('a program that gives no bindings', 401),
    Probe('a local account', f'rm -f {POLICY}; useradd alice'), NOTICED,
    Probe('local names are asked for', f"sed -i '/AuthName/a GssapiLocalName On' {PRIVATE_CONF}",
          needs=APACHE), RESTART,
    answers('a user of a domain is no local account', 401, accounts='~/.example'),
    Copy('local_domains = EXAMPLE example.com', POLICY), NOTICED,
    answers('a user of that domain', 200, accounts='~/.example'), user_is('alice'),
    Probe('no policy', f'rm -f {POLICY}; gss-sspi doctor --delegate-to WSMAN/host.example.org || true',
          says='program to WSMAN/host.example.org: (yes|if)'),
    Copy('allow_fresh = WSMAN/*.example.com', POLICY),
    Run('gss-sspi doctor --delegate-to WSMAN/host.example.com', more='|| true',
        says='(?s)versions from 6 on.*program to WSMAN/host.example.com: (yes|if)'),
    Probe('to others nothing goes', 'gss-sspi doctor --delegate-to WSMAN/host.example.org || true',
          says='program to WSMAN/host.example.org: no'),
)
STEPS = (*ACCOUNTS, *APACHE_STEPS, *GIT_STEPS, *SESSION, *COMMAND, *POLICIES)


def enter():
    if not os.environ.get(private_host.INSIDE):
        fetch()
    installed_host.enter('www', [('curl', 'curl'), MODULE])
    install_fetched()


def prepare(world):
    know_hosts(world)
    home = os.path.join(world.folder, 'home')
    os.mkdir(home, 0o700)
    world.environment.update(HOME=home, USER='root')
    world.join_keyring()
