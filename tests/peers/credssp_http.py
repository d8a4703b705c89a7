# SPDX-License-Identifier: MIT
"""CredSSP over HTTP as WinRM has it (C131, C132; [MS-WSMV] 2.2.9.1.3): `HttpCredSSPAuth` for requests, in the
place of the package requests_credssp, which Debian does not have, and a server."""
import base64
import re
import ssl
import struct
import threading
import xml.etree.ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gssapi import raw
from requests.auth import AuthBase

import credssp_ends as ends

SCHEME = 'CredSSP '
ENCRYPTED = 'application/HTTP-CredSSP-session-encrypted'
BOUNDARY = '--Encrypted Boundary'
MOST_IN_PART = 16384
TRAILERS = {'TLSv1.2': 16, 'TLSv1.3': 17}  # C132


def token_of(headers, name):
    """The token of a header; None without the scheme."""
    value = headers.get(name) or ''
    if not value.lower().startswith(SCHEME.strip().lower()):
        return None
    return base64.b64decode(value[len(SCHEME):])


def header_of(token):
    return (SCHEME + base64.b64encode(token).decode()).strip()


# ---- client --------------------------------------------------------------------------------------

class HttpCredSSPAuth(AuthBase):
    """What winrm.transport and winrm.encryption use of requests_credssp. `keys` and `legs` are the
    test's."""
    keys = {}
    legs = []

    def __init__(self, username, password, disable_tlsv1_2=False):
        self.account, self.end = ('', username, password), None

    def __call__(self, request):
        if self.end is None:
            request.register_hook('response', self.log_on)
        return request

    def log_on(self, response, **options):
        if self.end is not None or token_of(response.headers, 'www-authenticate') is None:
            return response
        self.end = ends.Initiator(None, self.account, 'HTTP@winrmhost', **self.keys)
        self.legs.clear()
        token = None
        while not self.end.done:
            try:
                out = self.end.step(token) or b''
            except raw.GSSError as error:
                # The server hears of it, too.
                self.send(response, error.token or b'', options)
                raise
            response = self.send(response, out, options)
            token = token_of(response.headers, 'www-authenticate')
            self.legs.append((len(out), None if token is None else len(token)))
            if token is None:
                break
        return response

    @staticmethod
    def send(response, token, options):
        """The request again, with a token, over the same connection."""
        response.content  # pylint: disable=pointless-statement
        response.raw.release_conn()
        request = response.request.copy()
        request.headers['Authorization'] = header_of(token)
        return response.connection.send(request, **options)

    @property
    def cipher_negotiated(self):
        """As OpenSSL names it: winrm.encryption takes the length of the trailer from that."""
        name = self.end.ask(ends.TLS)[1].decode()
        key_exchange, with_cipher, rest = name.removeprefix('TLS_').partition('_WITH_')
        if not with_cipher:
            return name
        return f'{key_exchange}_{rest.replace("AES_", "AES")}'.replace('_', '-')

    def wrap(self, message):
        return raw.wrap(self.end.context, message).message

    def unwrap(self, message):
        return raw.unwrap(self.end.context, message).message


# ---- server --------------------------------------------------------------------------------------

class FullServer:
    """The mechanism has TLS."""

    def __init__(self, site):
        self.end = ends.Acceptor(None, site.accounts, tls_min=site.tls, tls_max=site.tls)

    def answer(self, token):
        # A client may have nothing to say to a ticket.
        return (self.end.step(token) or b'') if token else b''

    def tls(self):
        return self.end.ask(ends.TLS)[0].decode()

    def wrap(self, message):
        return raw.wrap(self.end.context, message).message

    def unwrap(self, record):
        return raw.unwrap(self.end.context, record).message


class TsRequestServer:
    """TLS is Python's, with or without tickets."""

    def __init__(self, site):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = ends.VERSIONS[site.tls]
        context.num_tickets = site.tickets
        context.load_cert_chain(site.pem)
        self.input, self.output = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.stream = context.wrap_bio(self.input, self.output, server_side=True)
        self.end = ends.Acceptor(None, site.accounts, mode='tsrequest', server_cert=site.pem)
        self.established = False

    def answer(self, token):
        try:
            self._take(token)
        except raw.GSSError as error:
            self.stream.write(error.token or b'')
            error.token = self.output.read()
            raise
        return self.output.read()

    def _take(self, token):
        self.input.write(token)
        try:
            if not self.established:
                self.stream.do_handshake()
                self.established = True
            while not self.end.done:
                self.stream.write(self.end.step(self.stream.read(65536)) or b'')
        except ssl.SSLWantReadError:
            pass

    def tls(self):
        return self.stream.version()

    def wrap(self, message):
        self.stream.write(message)
        return self.output.read()

    def unwrap(self, record):
        self.input.write(record)
        message = b''
        try:
            while True:
                message += self.stream.read(65536)
        except ssl.SSLWantReadError:
            return message


def parts(body):
    """Length that is announced, length of the trailer, and record, of each part."""
    marker = BOUNDARY.encode()
    pieces = body.split(marker + b'\r\n')
    assert not pieces[0] and pieces[-1].endswith(marker + b'--\r\n'), body[:200]
    pieces[-1] = pieces[-1][:-len(marker) - 4]
    found = []
    for header, payload in zip(pieces[1::2], pieces[2::2]):
        assert ENCRYPTED.encode() in header, header
        size = int(re.search(rb'Length=(\d+)', header).group(1))
        _, _, octets = payload.partition(b'application/octet-stream\r\n')
        found.append((size, struct.unpack('<I', octets[:4])[0], octets[4:]))
    return found


def multipart(records, trailer):
    """`records`: pairs of the length inside and the record."""
    body = b''
    for size, record in records:
        body += (f'{BOUNDARY}\r\n\tContent-Type: {ENCRYPTED}\r\n\tOriginalContent: '
                 f'type=application/soap+xml;charset=UTF-8;Length={size}\r\n{BOUNDARY}\r\n'
                 '\tContent-Type: application/octet-stream\r\n').encode()
        body += struct.pack('<I', trailer) + record
    kind = 'multipart/encrypted' if len(records) == 1 else 'multipart/x-multi-encrypted'
    return (f'{kind};protocol="{ENCRYPTED}";boundary="{BOUNDARY[2:]}"',
            body + BOUNDARY.encode() + b'--\r\n')


class Handler(BaseHTTPRequestHandler):
    """One connection: a login, then SOAP messages that are protected by it."""
    protocol_version = 'HTTP/1.1'
    timeout = ends.LIMIT

    def setup(self):
        super().setup()
        self.login = None  # an end that may not be done yet

    def log_message(self, *unused):
        pass

    def reply(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in {'Content-Length': str(len(body)), **headers}.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        site = self.server.site
        token = token_of(self.headers, 'authorization')
        if token is not None:
            self.log_on(site, token, body)
        elif self.login is None or not self.login.end.done:
            self.reply(401, WWW_Authenticate=SCHEME.strip())
        elif ENCRYPTED not in (self.headers.get('Content-Type') or ''):
            self.refuse_plain(site)
        else:
            self.serve(site, body)

    def refuse_plain(self, site):
        site.errors.append('a message that is not encrypted')
        self.reply(400)

    def log_on(self, site, token, body):
        if self.login is None:
            self.login = site.kind(site)
        try:
            out = self.login.answer(token)
        except raw.GSSError as error:
            site.errors.append(str(error))
            self.reply(401, WWW_Authenticate=header_of(error.token or b''))
            return
        if not self.login.end.done:
            self.reply(401, WWW_Authenticate=header_of(out))
            return
        site.logins.append((self.login.end.client, self.login.end.delegated()))
        assert not out, 'a token behind the last one'
        if body:
            self.refuse_plain(site)
        else:
            self.reply(200)

    def serve(self, site, body):
        message = b''
        for size, trailer, record in parts(body):
            try:
                plain = self.login.unwrap(record)
            except (raw.GSSError, ssl.SSLError) as error:
                site.errors.append(str(error))
                self.reply(400)
                return
            assert len(plain) == size, (len(plain), size)
            site.trailers.append(trailer)
            message += plain
        answer = site.soap(message, self.login.end).encode()
        chunks = [answer[start:start + MOST_IN_PART] for start in range(0, len(answer), MOST_IN_PART)]
        kind, body = multipart([(len(chunk), self.login.wrap(chunk)) for chunk in chunks],
                               TRAILERS[self.login.tls()])
        self.reply(200, body, Content_Type=kind)


# ---- shells --------------------------------------------------------------------------------------

class Shells:
    """As much of WS-Management as a command needs ([MS-WSMV] 3.1.4). `whoami` gives the name that the
    delegated credential has at a further server, each other command its arguments."""

    def __init__(self, accounts):
        self.accounts, self.output = accounts, b''

    def __call__(self, message, end):
        root = xml.etree.ElementTree.fromstring(message)
        text = {node.tag.rpartition('}')[2]: node.text for node in root.iter()}
        action = text['Action'].rpartition('/')[2]
        body = getattr(self, action.lower())(text, end)
        return ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>'
                f'<RelatesTo>{text["MessageID"]}</RelatesTo></s:Header><s:Body>{body}</s:Body>'
                '</s:Envelope>')

    def create(self, *_):
        return '<Selector Name="ShellId">11111111-2222-3333-4444-555555555555</Selector>'

    def command(self, text, end):
        if text['Command'] == 'whoami':
            self.output = ends.name_at_next_server(end.delegated_cred, self.accounts).encode()
        else:
            self.output = text['Arguments'].encode()
        return '<CommandId>66666666-7777-8888-9999-000000000000</CommandId>'

    def receive(self, *_):
        output = base64.b64encode(self.output).decode()
        return (f'<Stream Name="stdout">{output}</Stream>'
                '<CommandState State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/'
                'CommandState/Done"><ExitCode>0</ExitCode></CommandState>')

    def signal(self, *_):
        return ''

    delete = signal


class Site:
    """A server on a port of its own; what it saw. To be used in a `with` statement."""

    def __init__(self, accounts, pem, kind=FullServer, tls='1.3', tickets=2):
        self.accounts, self.pem, self.kind, self.tls, self.tickets = accounts, pem, kind, tls, tickets
        self.logins, self.errors, self.trailers, self.soap = [], [], [], Shells(accounts)
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads, self.server.site = True, self
        self.url = f'http://127.0.0.1:{self.server.server_port}/wsman'

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
