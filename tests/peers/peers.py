# SPDX-License-Identifier: MIT
"""The ends that peers_test.py joins: one process each, behind the protocol of peer_protocol.h."""
import base64
import contextlib
import dataclasses
import os
import shutil
import struct
import subprocess

import curl_end
import impacket_end
import ntlm_tokens
from peer_errors import Died, Refused, Unsupported

NTLM_OID = '1.3.6.1.4.1.311.2.2.10'
TARGET = 'HTTP@server.example.com'
# Nothing of the caller's surroundings reaches a peer.
FOREIGN_VARIABLES = ('KRB5CCNAME', 'KRB5_KTNAME', 'NTLM_USER_FILE', 'NTLMUSER', 'LM_COMPAT_LEVEL',
                     'NETBIOS_COMPUTER_NAME', 'NETBIOS_DOMAIN_NAME', 'GSSNTLMSSP_DEBUG',
                     'GSS_MECH_CONFIG', 'OPENSSL_CONF')
PACKAGES = {'gss-ntlmssp': 'gss-ntlmssp', 'WinPR': 'libwinpr2-dev', 'ntlm_auth': 'winbind',
            'impacket': 'python3-impacket', 'curl': 'curl, with NTLM'}
# Which take domain and user apart, and not a name of GSSAPI.
APART = ('WinPR', 'ntlm_auth', 'impacket', 'curl')
# The end of a NegTokenResp: [3], OCTET STRING, the version of an NTLM signature.
MECH_LIST_MIC = b'\xa3\x12\x04\x10\1\0\0\0'
# gss-ntlmssp takes MD4 and RC4 from OpenSSL, which has them in its legacy provider only.
LEGACY_PROVIDER = '''openssl_conf = all
[all]
providers = providers
[providers]
default = active
legacy = active
[active]
activate = 1
'''


@dataclasses.dataclass(frozen=True)
class Peer:
    """A kind of end: the driver's command and what its process finds in the environment."""
    name: str
    command: str
    variables: tuple = ()

    def start(self, role, variables=(), **options):
        kinds = {'ntlm_auth': NtlmAuthEnd, 'impacket': impacket_end.ImpacketEnd,
                 'curl': curl_end.CurlEnd}
        return kinds.get(self.name, End)(self, role, variables, **options)


@dataclasses.dataclass(frozen=True)
class Account:
    """Who logs in. `gss_name` is the user as GSS peers get it; None: domain and user go apart."""
    domain: str = 'DOM'
    user: str = 'alice'
    password: str = 'Passw0rd-alice'
    gss_name: str = ''

    def shown(self):
        return f'{self.domain}\\{self.user}' if self.domain else self.user

    def line(self):
        return f'{self.domain}:{self.user}:{self.password}\n'


def octets(value):
    return value if isinstance(value, bytes) else value.encode()


class End:
    """One process: one end of one security context."""

    def __init__(self, peer, role, variables=(), **options):
        self.peer, self.role = peer, role
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        env.update(peer.variables)
        env.update(variables)
        self.process = subprocess.Popen([peer.command], stdin=subprocess.PIPE, env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.ask('start', f'role={role}',
                     *(octets(f'{key}=') + octets(value) for key, value in options.items()
                       if value is not None))
        except Exception:
            self.close()
            raise

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def ask(self, *fields):
        """Sends a command and returns (status, result) of a good answer."""
        fields = [octets(field) for field in fields]
        frame = struct.pack('>I', len(fields))
        frame += b''.join(struct.pack('>I', len(field)) + field for field in fields)
        try:
            self.process.stdin.write(frame)
            self.process.stdin.flush()
            status, result = self._read_answer()
        except (BrokenPipeError, EOFError):
            self.process.wait(timeout=20)
            raise Died(f'{self.peer.name} ended with {self.process.returncode} '
                       f'at {fields[0].decode()}') from None
        if status == 'failed':
            raise Refused(f'{self.peer.name}: {result.decode(errors="replace")}')
        if status == 'unsupported':
            raise Unsupported(f'{self.peer.name}: {result.decode(errors="replace")}')
        return status, result

    def _read(self, size):
        data = self.process.stdout.read(size)
        if len(data) != size:
            raise EOFError
        return data

    def _read_answer(self):
        count, = struct.unpack('>I', self._read(4))
        fields = []
        for _ in range(count):
            size, = struct.unpack('>I', self._read(4))
            fields.append(self._read(size))
        return fields[0].decode(), fields[1]

    def call(self, *fields):
        return self.ask(*fields)[1]

    def step(self, token):
        """(done, token) of one step."""
        status, token = self.ask('step', token)
        return status == 'complete', token


class NtlmAuthEnd:
    """Samba's ntlm_auth, which speaks lines of base64, in the place of a driver."""
    PROTOCOLS = {('initiator', 'ntlm'): 'ntlmssp-client-1',
                 ('initiator', 'spnego'): 'gss-spnego-client',
                 ('acceptor', 'ntlm'): 'squid-2.5-ntlmssp', ('acceptor', 'spnego'): 'gss-spnego'}

    def __init__(self, peer, role, variables=(), **options):
        self.peer, self.role, self.carrier = peer, role, options['carrier']
        self.client, self.tokens, self.messages = '', [], None
        if options.get('bindings') is not None:
            raise Unsupported(f'{peer.name}: no channel bindings')
        if 'neg_flags' in options:
            raise Unsupported(f'{peer.name}: no switch for single NEGOTIATE flags')
        command = [peer.command, '--configfile=' + dict(peer.variables)['NTLM_AUTH_CONFIG'],
                   '--helper-protocol=' + self.PROTOCOLS[role, self.carrier]]
        if role == 'initiator':
            service, host = options['target'].lower().split('@')
            command += ['--username=' + options['user'], '--domain=' + options['domain'],
                        '--password=' + options['password'], '--target-service=' + service,
                        '--target-hostname=' + host]
        else:
            # Without winbindd it knows one password, whoever comes.
            with open(options['accounts'], encoding='utf-8') as lines:
                account = list(lines)[-1].rstrip('\n')
            command.append('--password=' + account.split(':', 2)[2])
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        env.update(peer.variables)
        env.update(variables)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        words = options['flags'].split()
        features = ['NTLMSSP_FEATURE_SESSION_KEY',
                    *('NTLMSSP_FEATURE_' + feature for feature, word in
                      (('SIGN', 'integ'), ('SEAL', 'conf')) if word in words)]
        self._ask('SF ' + ' '.join(features))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def _ask(self, line):
        """The words of the answer."""
        try:
            self.process.stdin.write(line + '\n')
            self.process.stdin.flush()
            words = self.process.stdout.readline().split()
        except BrokenPipeError:
            words = []
        if not words:
            raise Died(f'{self.peer.name} ended at {line[:2]}')
        if words[0] in ('NA', 'BH', 'ERR'):
            raise Refused(f'{self.peer.name}: {" ".join(words)}')
        return words

    def step(self, token):
        """(done, token) of one step."""
        text = base64.b64encode(token).decode()
        if self.role == 'initiator':
            words = self._ask(f'TT {text}' if self.tokens else 'YR')
        else:
            words = self._ask(f'{"KK" if self.tokens else "YR"} {text}')
        done = words[0] == 'AF'
        if done and self.role == 'acceptor':
            self.client = words[-1]
            words = words[:-1]
        answer = base64.b64decode(words[1]) if words[1:] and words[1] != '*' else b''
        self.tokens += [token, answer]
        return done, answer

    def call(self, command, *fields):
        if command == 'key':
            return base64.b64decode(self._ask('GK')[1])
        if command == 'name':
            return self.client.encode()
        if command not in ('wrap', 'unwrap', 'mic', 'verify'):
            raise Unsupported(f'{self.peer.name}: no command for {command}')
        if self.messages is None:
            self.messages = self._make_messages()
        return getattr(self.messages, command)(*fields)

    def _make_messages(self):
        """It leaves messages to its callers and gives them key and flags. Here that is impacket."""
        # SPNEGO's mechListMIC took number 0.
        first = 1 if any(MECH_LIST_MIC in token for token in self.tokens) else 0
        flags = int(self._ask('GF')[1], 16)
        return impacket_end.Messages(flags, self.call('key'), self.role, first)


@dataclasses.dataclass
class Login:
    """What a login is made of; the two ends get what concerns them."""
    initiator: Peer
    acceptor: Peer
    account: Account = Account()
    accounts: str = ''  # file of the acceptor
    carrier: str = 'ntlm'
    flags: str = 'integ conf replay sequence'
    password: str = None  # another one than the account's
    by_hash: bool = False  # the initiator has the NT hash of the password only
    initiator_bindings: bytes = None
    acceptor_bindings: bytes = None
    neg_flags: int = None
    initiator_variables: tuple = ()
    acceptor_variables: tuple = ()

    def initiator_options(self):
        account = self.account
        options = {'carrier': self.carrier, 'password': account.password, 'flags': self.flags,
                   'target': TARGET, 'bindings': self.initiator_bindings}
        if self.password is not None:
            options['password'] = self.password
        if self.by_hash:
            options['by_hash'] = 'yes'
        if self.neg_flags is not None:
            options['neg_flags'] = hex(self.neg_flags)
        if self.initiator.name in APART or account.gss_name is None:
            options.update(user=account.user, domain=account.domain)
        else:
            options['user'] = account.gss_name or account.shown()
        return options

    def acceptor_options(self):
        return {'carrier': self.carrier, 'accounts': self.accounts, 'flags': self.flags,
                'bindings': self.acceptor_bindings}


class Session:
    """Both ends of a login and the tokens that went between them. `hook` may change a token on its
    way."""

    def __init__(self, login, hook=None):
        self.login, self.hook, self.tokens = login, hook, []
        self.initiator = self.acceptor = None

    def __enter__(self):
        login = self.login
        with contextlib.ExitStack() as stack:
            self.initiator = login.initiator.start('initiator', login.initiator_variables,
                                                   **login.initiator_options())
            stack.callback(self.initiator.close)
            self.acceptor = login.acceptor.start('acceptor', login.acceptor_variables,
                                                 **login.acceptor_options())
            stack.callback(self.acceptor.close)
            self.closing = stack.pop_all()
        return self

    def __exit__(self, *unused):
        self.closing.close()

    def run(self):
        """The handshake; raises where an end refuses."""
        token, initiator_done, acceptor_done = b'', False, False
        while True:
            if not initiator_done:
                initiator_done, token = self.initiator.step(token)
                token = self._carry(token)
            if acceptor_done or not token:
                break
            acceptor_done, token = self.acceptor.step(token)
            token = self._carry(token)
            if initiator_done and not token:
                break
            if initiator_done and token:
                raise Refused('the acceptor has a token more than the initiator wants')
        if not (initiator_done and acceptor_done):
            raise Refused('the handshake stops before both ends are done')
        return self

    def _carry(self, token):
        if token:
            self.tokens.append(token)
            if self.hook is not None:
                token = self.hook(token)
        return token

    def message(self, kind):
        """The last NTLM message of this type, decoded, also out of SPNEGO, or None."""
        found = None
        for token in self.tokens:
            message = ntlm_tokens.find(token)
            if message is not None and message.type == kind:
                found = message
        return found

    def directions(self):
        return ((self.initiator, self.acceptor), (self.acceptor, self.initiator))


def make_peers(work, module, gss_driver, winpr_driver):
    """The peers by name; those whose program is missing are left out."""
    def mech_config(name, path):
        config = os.path.join(work, name + '.conf')
        with open(config, 'w', encoding='utf-8') as out:
            out.write(f'ntlm {NTLM_OID} {path}\n')
        return ('GSS_MECH_CONFIG', config)

    openssl = os.path.join(work, 'openssl.cnf')
    with open(openssl, 'w', encoding='utf-8') as out:
        out.write(LEGACY_PROVIDER)
    quiet = (('KRB5_CONFIG', '/dev/null'), ('KRB5CCNAME', 'FILE:' + os.path.join(work, 'none')),
             ('LC_ALL', 'C.UTF-8'), ('WLOG_LEVEL', 'OFF'))
    peers = {'ours': Peer('ours', gss_driver, quiet + (mech_config('ours', module),))}
    other = gss_ntlmssp_module()
    if other:
        peers['gss-ntlmssp'] = Peer('gss-ntlmssp', gss_driver, quiet + (
            mech_config('gss-ntlmssp', other), ('OPENSSL_CONF', openssl)))
    if winpr_driver:
        peers['WinPR'] = Peer('WinPR', winpr_driver, quiet)
    ntlm_auth = shutil.which('ntlm_auth')
    if ntlm_auth:
        peers['ntlm_auth'] = Peer('ntlm_auth', ntlm_auth,
                                  quiet + (('NTLM_AUTH_CONFIG', samba_config(work)),))
    if impacket_end.is_there():
        peers['impacket'] = Peer('impacket', '', quiet)
    curl = curl_end.find()
    if curl:
        peers['curl'] = Peer('curl', curl, quiet)
    return peers


def samba_config(work):
    """A private smb.conf, so that nothing of the machine's Samba is looked at."""
    folder = os.path.join(work, 'samba')
    os.makedirs(folder)
    path = os.path.join(folder, 'smb.conf')
    with open(path, 'w', encoding='utf-8') as out:
        out.write('[global]\nntlm auth = yes\nclient ntlmv2 auth = yes\n')
        for name in ('private dir', 'lock directory', 'state directory', 'cache directory',
                     'pid directory'):
            out.write(f'{name} = {folder}\n')
    return path


def gss_ntlmssp_module():
    """The path in the mech.d line of the package, '' without it."""
    try:
        with open('/etc/gss/mech.d/mech.ntlmssp.conf', encoding='utf-8') as lines:
            for line in lines:
                words = line.split()
                if len(words) >= 3 and words[1] == NTLM_OID and os.access(words[2], os.R_OK):
                    return words[2]
    except OSError:
        pass
    return ''
