#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""PostgreSQL with the packages installed: logins and encryption by Kerberos are as before, and an NTLM login
at hand does not get in the way of passwords. psql never sends NTLM; what the server makes of a client that
does. Prints TAP."""
import os
import socket
import struct
import subprocess
import sys

import installed_world as installed

SERVER = '/usr/lib/postgresql/15/bin'
installed.enter(((f'{SERVER}/postgres', 'postgresql-15'), (f'{SERVER}/psql', 'postgresql-client-15'),
                 ('setpriv', 'util-linux')), (('gssapi', 'python3-gssapi'),))

# pylint: disable=wrong-import-position
import private_host
from gssapi import raw
from installed_servers import Service, check_same, last_line
from private_host import NTLM_OID, attempt, run

AS_POSTGRES = ('setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups')
SSL_REQUEST, GSSENC_REQUEST = 80877103, 80877104
PORT, PASSWORD = 5432, 'Cheshire-cat5'
# Which login a database wants.
HBA = f'''local all all trust
host plain all 127.0.0.1/32 gss include_realm=0 krb_realm={installed.REALM}
host realm all 127.0.0.1/32 gss include_realm=1
hostgssenc encrypted all 127.0.0.1/32 gss include_realm=0
host mapped all 127.0.0.1/32 gss map=ntlm
host password all 127.0.0.1/32 scram-sha-256
'''
IDENT = f'ntlm {installed.USER} alice\n'
DATABASES = ('plain', 'realm', 'encrypted', 'mapped', 'password')
ROLES = ('alice', installed.PRINCIPAL, installed.USER)
WHO = ('SELECT session_user, gss_authenticated, principal, encrypted FROM pg_stat_gssapi '
       'WHERE pid = pg_backend_pid()')
# A title, a database, a role and a gssencmode, and what a user with a ticket then is.
TICKETS = (('include_realm=0', 'plain', 'alice', 'disable', f'alice|t|{installed.PRINCIPAL}|f'),
           ('include_realm=0, encrypted', 'plain', 'alice', 'require', f'alice|t|{installed.PRINCIPAL}|t'),
           ('include_realm=0, by default', 'plain', 'alice', 'prefer', f'alice|t|{installed.PRINCIPAL}|t'),
           ('include_realm=1', 'realm', installed.PRINCIPAL, 'disable',
            f'{installed.PRINCIPAL}|t|{installed.PRINCIPAL}|f'),
           ('hostgssenc', 'encrypted', 'alice', 'require', f'alice|t|{installed.PRINCIPAL}|t'))


def as_postgres(*command, **options):
    return run(*AS_POSTGRES, *command, **options)


class Server:
    """With the files of a database cluster in the folder of the test."""

    def __init__(self, world):
        self.world, self.folder, self.server = world, world.path('pg'), None
        os.mkdir(self.folder)
        run('chown', 'postgres:postgres', self.folder)
        os.chdir(self.folder)
        as_postgres(f'{SERVER}/initdb', '-D', f'{self.folder}/data', '-A', 'trust', '-U', 'postgres',
                    '--no-sync', '--locale=C')
        for name, text in (('pg_hba.conf', HBA), ('pg_ident.conf', IDENT)):
            with open(f'{self.folder}/data/{name}', 'w', encoding='utf-8') as file:
                file.write(text)

    def start(self, **variables):
        settings = {'listen_addresses': '127.0.0.1', 'fsync': 'off', 'unix_socket_directories': self.folder,
                    'krb_server_keyfile': self.world.path('keytab')}
        self.server = Service(
            self.world, *AS_POSTGRES, f'{SERVER}/postgres', '-D', f'{self.folder}/data', '-p', str(PORT),
            *(word for name, value in settings.items() for word in ('-c', f'{name}={value}')),
            port=PORT, variables=variables)
        ready = (f'{SERVER}/pg_isready', '-q', '-h', self.folder)
        self.server.process.wait_for(lambda: attempt(*ready).returncode == 0)

    def stop(self):
        self.server.stop()

    def fill(self):
        statements = [f'CREATE DATABASE {name}' for name in DATABASES]
        statements += [f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'" for name in ROLES]
        as_postgres(f'{SERVER}/psql', '-q', '-h', self.folder, '-p', str(PORT), '-d', 'postgres', '-U',
                    'postgres', input=';\n'.join(statements) + ';\n')

    def said(self):
        return self.server.said()


class Client:
    """psql with a query, to its end."""

    def __init__(self, world, database, role, gssencmode, account=None, ticket=False, **variables):
        env = {**installed.client(world, account, ticket), 'PGCONNECT_TIMEOUT': '20', **variables}
        parameters = (f'host={installed.HOST} hostaddr=127.0.0.1 port={PORT} dbname={database} '
                      f"user='{role.replace(chr(92), chr(92) * 2)}' gssencmode={gssencmode}")
        done = attempt(f'{SERVER}/psql', '-X', '-w', '-A', '-t', '-c', WHO, parameters, env=env, stdin=0)
        self.code, self.output, self.errors = done.returncode, done.stdout.strip(), done.stderr.strip()

    def __str__(self):
        return f'status {self.code}, {self.output}: {self.errors}'


def results(world):
    """What becomes of users with and without a ticket; an NTLM login at hand changes nothing."""
    found = {}
    for title, database, role, mode, _ in TICKETS:
        for other, account in (('', None), (' beside NTLM', installed.ALICE)):
            got = Client(world, database, role, mode, ticket=True, account=account)
            found[title + other] = (got.code, got.output, got.errors)
        got = Client(world, database, role, mode)
        found[f'{title}, no ticket'] = (got.code, got.output, got.errors)
    got = Client(world, 'plain', 'postgres', 'prefer', ticket=True)
    found['the role of somebody else'] = (got.code, got.output, got.errors)
    for other, account in (('', None), (' beside NTLM', installed.ALICE)):
        for mode in ('disable', 'prefer'):
            got = Client(world, 'password', 'alice', mode, account=account, PGPASSWORD=PASSWORD)
            found[f'a password, gssencmode={mode}{other}'] = (got.code, got.output, got.errors)
    return found


def check_before(tap, found):
    for title, *_, expected in TICKETS:
        tap.check(f'before: {title}', found[title] == (0, expected, ''), found[title])
        without = found[f'{title}, no ticket']
        tap.check(f'before: {title}: no ticket, no login', without[0] == 2 and not without[1], without)
    tap.check('before: the role of somebody else: refused', found['the role of somebody else'][0] == 2,
              found['the role of somebody else'])
    tap.check('before: a password', found['a password, gssencmode=prefer'][:2] == (0, 'alice|f||f'),
              found['a password, gssencmode=prefer'])


def first_request(world, account):
    """The first code that psql sends to a server, by default."""
    with socket.create_server(('127.0.0.1', PORT + 1)) as listener:
        listener.settimeout(20)
        server = f'host={installed.HOST} hostaddr=127.0.0.1 port={PORT + 1} user=alice'
        with subprocess.Popen((f'{SERVER}/psql', '-X', server), env=installed.client(world, account), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            peer, _ = listener.accept()
            with peer:
                code = struct.unpack('>II', peer.recv(8, socket.MSG_WAITALL))[1]
            client.kill()
    return code


def check_first_request(tap, world, phase):
    """gssencmode=prefer takes any credential for one of Kerberos, and wants encryption first; then it connects
    again without. That the login succeeds is among `results`."""
    tap.check(f'{phase}: without a credential psql does not ask for encryption by GSSAPI',
              first_request(world, None) == SSL_REQUEST)
    present = phase == installed.INSTALLED
    tap.check(f'{phase}: with an NTLM login it {"does" if present else "does not"}',
              first_request(world, installed.ALICE) == (GSSENC_REQUEST if present else SSL_REQUEST))


def check_psql(tap, world, phase):
    """psql asks for the default mechanism, which is Kerberos. With gssencmode=require it looks for a credential
    of any mechanism first."""
    no_ticket = no_credential = 'No Kerberos credentials available'
    if phase != installed.INSTALLED:
        no_credential = 'GSSAPI encryption required but was impossible'
    for title, database, role, mode, _ in TICKETS:
        got = Client(world, database, role, mode, account=installed.ALICE)
        reason = no_credential if mode == 'require' else no_ticket
        tap.check(f'{phase}: {title}: NTLM alone is refused, and psql says why',
                  got.code == 2 and not got.output and reason in got.errors, got)
    tap.figure(f'{phase}, psql', last_line(got.errors))


class Wire:
    """A client that sends NTLM where the server asks for GSSAPI; `answer` is its last word."""

    def __init__(self, world, database, role, account):
        self.server = socket.create_connection((installed.HOST, PORT), 20)
        self.answer = None
        path = world.write('credential', installed.lines(account), mode=0o600)
        cred = raw.acquire_cred_from({b'ntlmssp_keyfile': path.encode()}, usage='initiate',
                                     mechs=[raw.OID.from_int_seq(NTLM_OID)]).creds
        target = raw.import_name(f'postgres@{installed.HOST}'.encode(), raw.NameType.hostbased_service)
        with self.server:
            self.send(b'', struct.pack('>I', 196608) + b''.join(
                text.encode() + b'\0' for text in ('user', role, 'database', database, '')))
            self.log_in(cred, target)

    def log_in(self, cred, target):
        context = None
        while True:
            kind, body = self.receive()
            code = struct.unpack('>I', body[:4])[0] if kind == b'R' else None
            if code not in (7, 8):  # AuthenticationGSS, AuthenticationGSSContinue
                break
            step = raw.init_sec_context(target, cred, context, raw.OID.from_int_seq(NTLM_OID),
                                        input_token=body[4:] or None)
            context = step.context
            self.send(b'p', step.token)
        self.answer = 'logged in' if code == 0 else body.replace(b'\0', b' ').decode()

    def send(self, kind, body):
        self.server.sendall(kind + struct.pack('>I', len(body) + 4) + body)

    def receive(self):
        kind = self.exactly(1)
        return kind, self.exactly(struct.unpack('>I', self.exactly(4))[0] - 4)

    def exactly(self, size):
        data = b''
        while len(data) < size:
            more = self.server.recv(size - len(data))
            if not more:
                raise EOFError('the server has closed the connection')
            data += more
        return data


def check_wire(tap, world, server):
    """The server takes what its GSSAPI takes. The user of NTLM is DOMAIN\\user and never a principal."""
    no = 'GSSAPI authentication failed'
    rows = (('the role DOMAIN\\user', 'realm', installed.USER, installed.ALICE, 'logged in'),
            ('a role that pg_ident.conf maps', 'mapped', 'alice', installed.ALICE, 'logged in'),
            ('the role user', 'realm', 'alice', installed.ALICE, no),
            ('the role of the principal', 'realm', installed.PRINCIPAL, installed.ALICE, no),
            ('krb_realm', 'plain', installed.USER, installed.ALICE, no),
            ('wrong password', 'realm', installed.USER, installed.WRONG, no))
    for title, database, role, account, expected in rows:
        got = Wire(world, database, role, account)
        tap.check(f'NTLM on the wire, {title}: {"taken" if expected == "logged in" else "refused"}',
                  expected in got.answer, got.answer, server.said()[-1500:])
    tap.check('wrong password: the server\'s log says why', f'{installed.LOGON_FAILURE}: {installed.USER}' in
              server.said(), server.said()[-1500:])
    installed.policy('incoming = deny')
    got = Wire(world, 'realm', installed.USER, installed.ALICE)
    tap.check('NTLM on the wire, incoming = deny: refused', got.answer != 'logged in', got.answer)
    installed.policy()
    server.stop()
    server.start(GSS_MECH_CONFIG='/dev/null')
    got = Wire(world, 'realm', installed.USER, installed.ALICE)
    tap.check('NTLM on the wire, a server without the module: refused', got.answer != 'logged in', got.answer)
    tap.check('and its log says why', 'An unsupported mechanism was requested' in server.said(),
              server.said()[-1500:])


def main():
    tap, found = private_host.Tap(), {}
    with installed.open_world('postgres', group='postgres') as world:
        server = Server(world)
        for phase in installed.phases():
            server.start()
            if phase == installed.BEFORE:
                server.fill()
            found[phase] = results(world)
            check_psql(tap, world, phase)
            check_first_request(tap, world, phase)
            if phase == installed.INSTALLED:
                check_wire(tap, world, server)
            server.stop()
        check_before(tap, found[installed.BEFORE])
        check_same(tap, found)
    return tap.finish()


sys.exit(main())
