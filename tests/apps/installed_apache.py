# SPDX-License-Identifier: MIT
"""Apache with mod_auth_gssapi on the host of `installed_world`, and curl as its client."""
import base64
import dataclasses
import os
import re
import shutil
import sys
import time

import installed_world
from installed_world import HOST
from private_host import attempt, run

MODULES = '/usr/lib/apache2/modules'
PROGRAMS = (('apache2', 'apache2-bin'), (f'{MODULES}/mod_auth_gssapi.so', 'libapache2-mod-auth-gssapi'),
            ('openssl', 'openssl'))
CURL = ('curl', 'curl')
WORKERS = 'www-data'
BOUND_PORT = 8443
URL, TLS_URL = f'http://{HOST}', f'https://{HOST}'
NEGOTIATE = ('--negotiate', '-u', ':')
LOADED = ('mpm_event', 'alias', 'dir', 'authn_core', 'authz_core', 'authz_user', 'auth_basic', 'headers', 'mime',
          'env', 'setenvif', 'cgid', 'ssl', 'socache_shmcb', 'auth_gssapi')
BOTH = ('GssapiAllowedMech krb5', 'GssapiAllowedMech ntlmssp')
# A path, and directives of its own.
LOCATIONS = {
    '/login': BOTH,
    '/krb5': ('GssapiAllowedMech krb5', 'GssapiConnectionBound Off'),
    '/krb5-bound': ('GssapiAllowedMech krb5',),
    '/basic': (*BOTH, 'GssapiBasicAuth On', 'GssapiBasicAuthMech ntlmssp'),
}
# The reply says what the acceptor found.
CONFIGURATION = '''ServerName {host}
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
Listen 127.0.0.1:80
Listen 127.0.0.1:443
User {workers}
Group {workers}
ErrorLog {folder}/error.log
LogLevel info auth_gssapi:debug ssl:error
ScriptSock {folder}/cgi
GracefulShutdownTimeout 1
TypesConfig /dev/null
DocumentRoot {folder}/htdocs
DirectoryIndex index.html
SSLSessionCache shmcb:{folder}/tls
<VirtualHost 127.0.0.1:443>
  ServerName {host}
  SSLEngine On
  SSLCertificateFile {folder}/cert.pem
  SSLCertificateKeyFile {folder}/key.pem
</VirtualHost>
Header always set X-User "expr=%{{REMOTE_USER}}"
Header always set X-Mech "%{{GSS_MECH}}e"
Header always set Cache-Control no-store
'''
LOCATION = '''<Location {path}>
  AuthType GSSAPI
  AuthName "test"
  GssapiConnectionBound On
  GssapiPublishMech On
  {directives}
</Location>
'''
ANYBODY = 'Require valid-user'


class Apache:
    """Started as `start` is called. `locations` are added to LOCATIONS, `directives` to the end."""

    def __init__(self, world, locations=(), directives=()):
        self.world, self.server = world, None
        self.folder = world.path('web')
        places = {**LOCATIONS, **dict(locations)}
        for path in places:
            world.write(f'web/htdocs{path}/index.html', f'hello from {path}\n')
        self.config = world.write('web/httpd.conf', ''.join(
            [f'LoadModule {name}_module {MODULES}/mod_{name}.so\n' for name in LOADED] +
            [CONFIGURATION.format(host=HOST, folder=self.folder, workers=WORKERS)] +
            [_location(path, own) for path, own in places.items()] +
            [line + '\n' for line in directives]))
        shutil.chown(self.folder, WORKERS)
        self.certificate, self.key = certificate(world, 'web')
        self.mark = 0

    def start(self):
        self.server = self.world.start('apache2', '-D', 'FOREGROUND', '-f', self.config, port=443)

    def restart(self):
        if self.server:
            self.world.stop(self.server)
        self.start()

    def log(self):
        """What came to its log since the last call."""
        with open(os.path.join(self.folder, 'error.log'), encoding='utf-8', errors='replace') as file:
            file.seek(self.mark)
            text = file.read()
            self.mark = file.tell()
        return text

    def crashes(self):
        with open(os.path.join(self.folder, 'error.log'), encoding='utf-8', errors='replace') as file:
            return [line for line in file if re.search('exit signal|Segmentation|Assertion', line)]


def certificate(world, name):
    """A self-signed certificate of HOST, and its key: two files."""
    paths = [world.write(f'{name}/{part}.pem', '', mode=0o600) for part in ('cert', 'key')]
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-sha256', '-subj', f'/CN={HOST}', '-addext', f'subjectAltName=DNS:{HOST}', '-addext',
        'basicConstraints=critical,CA:false', '-out', paths[0], '-keyout', paths[1])
    return paths


def start_bound(world, *files):
    """A server on BOUND_PORT that gives channel bindings of its certificate."""
    return world.start(sys.executable, os.path.join(installed_world.HERE, 'installed_gss_server.py'),
                       str(BOUND_PORT), *files, port=BOUND_PORT)


def _location(path, own):
    """Whoever logged in may read it, but where `own` says who."""
    who = () if any(line.startswith('Require') for line in own) else (ANYBODY,)
    return LOCATION.format(path=path, directives='\n  '.join((*own, *who)))


def reasons(log):
    """The errors of mod_auth_gssapi in a piece of the log, without time, process and client."""
    return re.findall(r'auth_gssapi:error[^\n]*\[client [^]]*\] ([^\n]*)', log)


@dataclasses.dataclass(frozen=True)
class Reply:
    """The last reply to a request, and what the client sent and printed."""
    exit: int
    status: str
    user: str
    mech: str
    body: str
    headers: dict
    sent: tuple
    errors: str


def request(apache, url, *options, env=None):
    """By curl."""
    headers, body = apache.world.write('headers', ''), apache.world.write('body', '')
    done = attempt('curl', '-q', '-sS', '-v', '-D', headers, '-o', body, '--max-time', '20', '--cacert',
                   apache.certificate, *options, url, env=env)
    with open(headers, encoding='utf-8', newline='\r\n') as file:
        last = re.split(r'\r\n\r\n(?=HTTP/)', file.read())[-1]
    fields = dict(re.findall(r'^([^:\r\n]+): ([^\r\n]*)', last, re.M))
    status = (re.findall(r'^HTTP/\S+ (\d+)', last) or ['none'])[0]
    sent = tuple(re.findall(r'^> Authorization: ([^\r\n]*)', done.stderr, re.M))
    errors = '\n'.join(line for line in done.stderr.splitlines() if line[:1] not in '<>{}')
    with open(body, encoding='utf-8') as file:
        return Reply(done.returncode, status, fields.get('X-User', ''), fields.get('X-Mech', ''), file.read(),
                     fields, sent, errors)


def is_ntlm(authorization):
    """A header's token has an NTLM message in it."""
    return b'NTLMSSP\0' in base64.b64decode(authorization.partition(' ')[2])


def until_logged_in(attempt_once, seconds=10):
    """The first reply of 200, or the last of all."""
    limit = time.monotonic() + seconds
    while (reply := attempt_once()).status != '200' and time.monotonic() < limit:
        time.sleep(0.2)
    return reply


def logged_in(tap, name, apache, reply, user, mech):
    """The server let `user` in, by `mech`."""
    log = apache.log()
    good = (reply.exit, reply.status, reply.user, reply.mech) == (0, '200', user, mech)
    return tap.check(name, good, reply, *reasons(log)[-3:])


def refused(tap, name, apache, reply, reason=''):
    """401, and the server's log has the reason."""
    log = apache.log()
    good = reply.status == '401' and not reply.user and reason in '\n'.join(reasons(log))
    return tap.check(name, good, reply, f'expected: {reason}', *reasons(log)[-3:])
