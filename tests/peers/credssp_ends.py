# SPDX-License-Identifier: MIT
"""Both ends of CredSSP on a socket: gss_credssp.so through python3-gssapi.

Mode "full": the socket carries our octets. Mode "tsrequest": it is one of Python's ssl, whose key the
mechanism is told. Contexts begin with the seed of gssapi_credssp.h, and an acceptor gives its credential
to each call, else libgssapi would choose a mechanism by the token (C34, C38). The peers are what NTLM's
messages must please (C31); one that is missing is a SKIP (C142).
"""
import contextlib
import ssl
import struct

from gssapi import raw

CREDSSP = raw.OID.from_int_seq('2.25.7309953812226743153')
NTLM = raw.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')
SPNEGO = raw.OID.from_int_seq('1.3.6.1.5.5.2')
KRB5 = raw.OID.from_int_seq('1.2.840.113554.1.2.2')
SEED = struct.pack('>I', len(bytes(CREDSSP))) + bytes(CREDSSP) + b'seed'
# Last octets of the options.
SERVER_KEY, STATUS, VERSION, INNER, TLS, DELEGATED, CLOSE, PENDING = 1, 2, 3, 4, 5, 9, 12, 14
MUTUAL, DELEG = int(raw.RequirementFlag.mutual_authentication), int(raw.RequirementFlag.delegate_to_peer)
LOGON_FAILURE = 0xC000006D
LIMIT = 20  # seconds


class PeerClosed(Exception):
    """The stream ended before both ends were done."""


def option(number):
    return raw.OID(elements=bytes(CREDSSP) + bytes([number]))


def display(name):
    return raw.display_name(name, name_type=False).name.decode()


def hostbased(text):
    return raw.import_name(text.encode(), raw.NameType.hostbased_service)


def encoded(keys):
    return {key.encode(): value.encode() for key, value in keys.items()}


class End:
    """One end: `run()` logs on, then `receive()` and `send()` carry what the application says."""

    def __init__(self, sock, keys, size=65536):
        self.sock, self.size = sock, size  # `size`: of the pieces that are read and written
        self.full = keys.get('credssp:mode', 'full') == 'full'
        self.context = raw.import_sec_context(SEED)
        self.done, self.flags, self.tokens, self.left = False, 0, [], b''
        self.change = lambda data: data  # of what is received, until the end of the login
        if sock is not None:
            sock.settimeout(LIMIT)

    def ask(self, number):
        return raw.inquire_sec_context_by_oid(self.context, option(number))

    def number(self, number):
        return int.from_bytes(self.ask(number)[0], 'little')

    def peer_status(self):
        return self.number(STATUS)

    def waits_for(self):
        return self.ask(STATUS)[1].decode()

    def set_server_key(self, certificate):
        raw.set_sec_context_option(option(SERVER_KEY), self.context, certificate)

    def run(self):
        """Raises GSSError, or PeerClosed."""
        data = self.first()
        while True:
            try:
                token = self.step(data) or b''
            except raw.GSSError as error:
                self.write(error.token or b'')
                raise
            self.write(token)
            if self.done:
                # C23, C45: what came with the last TSRequest.
                self.left = b''.join(self.ask(PENDING))
                return self
            data = self.read()

    def first(self):
        return None

    def read(self):
        data = self.sock.recv(self.size)
        if not data:
            raise PeerClosed(self.waits_for())
        data = self.change(data)
        self.tokens.append(('<', data))
        return data

    def sent(self):
        return [data for way, data in self.tokens if way == '>']

    def write(self, token):
        if token:
            self.tokens.append(('>', token))
        for start in range(0, len(token), self.size):
            self.sock.sendall(token[start:start + self.size])

    def receive(self):
        """Some octets of the application; none when the peer has ended the stream."""
        message, self.left = self.left, b''
        while not message:
            data = self.sock.recv(self.size)
            if not data or not self.full:
                return data
            message = raw.unwrap(self.context, data).message
        return message

    def send(self, message):
        self.sock.sendall(raw.wrap(self.context, message).message if self.full else message)

    def close(self):
        if self.sock.fileno() < 0:
            return
        if self.full and self.done:
            with contextlib.suppress(OSError):
                self.sock.sendall(self.ask(CLOSE)[0])
        self.sock.close()


class Acceptor(End):
    def __init__(self, sock, accounts, size=65536, **keys):
        keys = {'credssp:' + key.replace('_', '-'): value for key, value in keys.items()}
        super().__init__(sock, keys, size)
        self.cred = raw.acquire_cred_from(encoded({**keys, 'ntlmssp_keyfile': accounts}),
                                          mechs=[CREDSSP], usage='accept').creds
        self.client = self.delegated_cred = None

    def first(self):
        return self.read()

    def step(self, token):
        result = raw.accept_sec_context(token, self.cred, self.context)
        self.context, self.done = result.context, not result.more_steps
        self.flags = int(result.flags)
        if self.done:
            self.client, self.delegated_cred = display(result.initiator_name), result.delegated_creds
        return result.token

    def delegated(self):
        """Domain, user and password as the client sent them; None without."""
        kind, *texts = self.ask(DELEGATED)
        assert int.from_bytes(kind, 'little') == 1, kind
        return tuple(text.decode() for text in texts)


class Initiator(End):
    def __init__(self, sock, account, target, size=65536, flags=DELEG, **keys):
        """`account`: domain, user and password."""
        keys = {'credssp:' + key.replace('_', '-'): value for key, value in keys.items()}
        super().__init__(sock, keys, size)
        identity = dict(zip(('credssp:domain', 'credssp:user', 'credssp:password'), account))
        self.cred = raw.acquire_cred_from(encoded({**identity, **keys}), mechs=[CREDSSP],
                                          usage='initiate').creds
        self.target, self.asked = hostbased(target), flags

    def step(self, token):
        result = raw.init_sec_context(self.target, self.cred, self.context, CREDSSP, self.asked,
                                      input_token=token)
        self.context, self.done = result.context, not result.more_steps
        self.flags = int(result.flags)
        return result.token


def name_at_next_server(cred, accounts, mech=SPNEGO, target='HTTP@next'):
    """The client's name as a further acceptor sees it whom this credential logs on to (C70)."""
    acceptor_cred = raw.acquire_cred_from(encoded({'ntlmssp_keyfile': accounts}), mechs=[mech],
                                          usage='accept').creds
    context = server = token = None
    for _ in range(6):
        result = raw.init_sec_context(hostbased(target), cred, context, mech, input_token=token)
        context = result.context
        answer = raw.accept_sec_context(result.token, acceptor_cred, server)
        server, token = answer.context, answer.token
        if not answer.more_steps:
            return display(answer.initiator_name)
    raise AssertionError('no end')


# ---- TLS of the application ----------------------------------------------------------------------

VERSIONS = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}


def _context(side, tls):
    context = ssl.SSLContext(side)
    context.minimum_version = context.maximum_version = VERSIONS[tls]
    return context


def server_tls(sock, pem, tls):
    """`pem`: file with certificate and key."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, tls)
    context.load_cert_chain(pem)
    sock.settimeout(LIMIT)
    return context.wrap_socket(sock, server_side=True)


def client_tls(sock, tls):
    context = _context(ssl.PROTOCOL_TLS_CLIENT, tls)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sock.settimeout(LIMIT)
    return context.wrap_socket(sock)


def acceptor(sock, accounts, mode, tls, pem=None, bound=None, **options):
    """Our acceptor with this version of TLS, ours or Python's. `bound`: a file with the certificate that
    the login is bound to, where that is not the one of TLS, as with a relay in the middle."""
    if mode == 'full':
        if pem:
            options.update(cert=pem, key=pem)
        return Acceptor(sock, accounts, tls_min=tls, tls_max=tls, **options)
    return Acceptor(server_tls(sock, pem, tls), accounts, mode=mode, server_cert=bound or pem,
                    **options)


def initiator(sock, account, target, mode, tls, **options):
    if mode == 'full':
        return Initiator(sock, account, target, tls_min=tls, tls_max=tls, **options)
    stream = client_tls(sock, tls)
    end = Initiator(stream, account, target, mode=mode, **options)
    end.set_server_key(stream.getpeercert(binary_form=True))
    return end
