#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A web client by python3-gssapi. Prints the status, and the reply when it is 200; a signature in it must be
good. A login that the client itself cannot go on with is an error, with the text of the GSSAPI.

    installed_gss_client.py URL [--mech spnego | ntlm] [--scheme SCHEME] [--bindings CERTIFICATE] [--ca FILE]

`--bindings own` are those of the connection, else of that certificate. `--then` is a second request to the
same connection, without a token.
"""
import argparse
import base64
import http.client
import ssl
import sys
import urllib.parse

from gssapi import raw
from installed_gss_server import end_point, header_of, token_of

MECHS = {name: raw.OID.from_int_seq(oid) for name, oid in (
    ('spnego', '1.3.6.1.5.5.2'), ('ntlm', '1.3.6.1.4.1.311.2.2.10'))}
FLAGS = raw.RequirementFlag.integrity | raw.RequirementFlag.confidentiality


class Client:
    def __init__(self, arguments):
        self.url, self.scheme = urllib.parse.urlsplit(arguments.url), arguments.scheme
        if self.url.scheme == 'https':
            trust = ssl.create_default_context(cafile=arguments.ca)
            self.connection = http.client.HTTPSConnection(self.url.netloc, context=trust, timeout=20)
        else:
            self.connection = http.client.HTTPConnection(self.url.netloc, timeout=20)
        self.connection.connect()
        self.bindings = self.bindings_of(arguments.bindings)
        self.mech, self.context = MECHS[arguments.mech], None

    def bindings_of(self, what):
        if what is None:
            return None
        if what == 'own':
            return end_point(self.connection.sock.getpeercert(True))
        with open(what, encoding='ascii') as file:
            return end_point(ssl.PEM_cert_to_DER_cert(file.read()))

    def request(self, token=None):
        """The reply with its body."""
        headers = {} if token is None else {'Authorization': header_of(self.scheme, token)}
        self.connection.request('GET', self.url.path or '/', headers=headers)
        reply = self.connection.getresponse()
        return reply, reply.read()

    def log_in(self):
        target = raw.import_name(f'HTTP@{self.url.hostname}'.encode(), raw.NameType.hostbased_service)
        token = None
        while True:
            step = raw.init_sec_context(target, None, self.context, self.mech, FLAGS,
                                        channel_bindings=self.bindings, input_token=token)
            self.context = step.context
            if step.token is None:
                return reply, body
            reply, body = self.request(step.token)
            scheme, token = token_of(reply.headers.get('WWW-Authenticate'))
            if scheme != self.scheme:
                return reply, body


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('url')
    parser.add_argument('--mech', choices=MECHS, default='spnego')
    parser.add_argument('--scheme', default='Negotiate')
    parser.add_argument('--bindings')
    parser.add_argument('--ca')
    parser.add_argument('--then', action='store_true')
    arguments = parser.parse_args()
    client = Client(arguments)
    try:
        reply, body = client.log_in()
        if reply.headers.get('X-MIC'):
            raw.verify_mic(client.context, body, base64.b64decode(reply.headers['X-MIC']))
            body += b' signed'
    except raw.GSSError as error:
        sys.exit(f'GSSAPI: {error}')
    print(reply.status, reply.headers.get('X-User') or '', reply.headers.get('X-Mech') or '',
          body.decode().strip() if reply.status == 200 else '')
    if arguments.then:
        print(client.request()[0].status)


if __name__ == '__main__':
    main()
