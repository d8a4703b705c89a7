#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A web server by python3-gssapi: logins by Negotiate or NTLM, of a context for each connection. With TLS they
are bound to the server's certificate (tls-server-end-point), which mod_auth_gssapi does not do. The reply says
who logged in, by what, and whether the bindings of both sides were compared, and is signed where the client
wants that. Refusals go to stderr.

    installed_gss_server.py PORT [CERTIFICATE KEY]
"""
import base64
import hashlib
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gssapi import raw

CHANNEL_BOUND = 0x800
SCHEMES = ('Negotiate', 'NTLM')


def end_point(certificate):
    """Bindings of a certificate that was signed with SHA-256 (RFC 5929, 4.1)."""
    return raw.ChannelBindings(application_data=b'tls-server-end-point:' + hashlib.sha256(certificate).digest())


def token_of(text):
    """Scheme and token of a header; without a token nothing."""
    scheme, _, token = (text or '').strip().partition(' ')
    return (scheme, base64.b64decode(token)) if token else ('', b'')


def header_of(scheme, token):
    return f'{scheme} {base64.b64encode(token or b"").decode()}'.strip()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    bindings = context = None

    def do_GET(self):  # pylint: disable=invalid-name
        scheme, token = token_of(self.headers.get('Authorization'))
        if scheme not in SCHEMES:
            self.answer(401, SCHEMES)
            return
        try:
            got = raw.accept_sec_context(token, None, self.context, self.bindings)
        except raw.GSSError as error:
            print(f'refused: {error}', file=sys.stderr, flush=True)
            self.context = None
            self.answer(401, SCHEMES)
            return
        self.context = got.context if got.more_steps else None
        if got.more_steps:
            self.answer(401, [header_of(scheme, got.token)])
        else:
            self.welcome(got, header_of(scheme, got.token))

    def welcome(self, got, challenge):
        flags = int(got.flags)
        name = raw.display_name(got.initiator_name, False).name.decode()
        body = f'{name} {got.mech.dotted_form} bound={bool(flags & CHANNEL_BOUND)}'
        signed = flags & raw.RequirementFlag.integrity
        mic = raw.get_mic(got.context, body.encode()) if signed else b''
        self.answer(200, [challenge], body, mic)

    def answer(self, status, challenges, body='', mic=b''):
        self.send_response(status)
        for value in challenges:
            self.send_header('WWW-Authenticate', value)
        if mic:
            self.send_header('X-MIC', base64.b64encode(mic).decode())
        self.send_header('Content-Length', str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding='ascii') as file:
            Handler.bindings = end_point(ssl.PEM_cert_to_DER_cert(file.read()))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*sys.argv[2:])
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
