# SPDX-License-Identifier: MIT
"""Just enough LDAP (RFC 4511) for a SASL bind with tokens and bindings of our own making."""
import hashlib
import socket
import ssl

from gssapi import raw

import logins

SUCCESS, SASL_BIND_IN_PROGRESS = 0, 14


def ber(tag, *contents):
    content = b''.join(contents)
    if len(content) < 128:
        size = bytes([len(content)])
    else:
        octets = len(content).to_bytes(4, 'big').lstrip(b'\0')
        size = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + size + content


def number(value):
    return ber(2, value.to_bytes(4, 'big'))


def read_ber(data):
    """The tag, the content, and what is behind it."""
    size, at = data[1], 2
    if size & 0x80:
        at += size & 0x7f
        size = int.from_bytes(data[2:at], 'big')
    return data[0], data[at:at + size], data[at + size:]


class Connection:
    """Over TLS; the certificate is what the bindings are made of and not verified."""

    def __init__(self, host, port=636):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(socket.create_connection((host, port), 20))
        self.certificate = self.socket.getpeercert(binary_form=True)
        self.messages = 0

    def close(self):
        self.socket.close()

    def receive(self):
        data = self.socket.recv(65536)
        while not data or len(data) < 6 or len(read_ber(data)[1]) + 2 > len(data):
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError('the server hangs up')
            data += more
        return data

    def bind(self, token):
        """The result code, its text, and the server's token."""
        self.messages += 1
        sasl = ber(0xa3, ber(4, b'GSS-SPNEGO'), ber(4, token))
        self.socket.sendall(ber(0x30, number(self.messages),
                                ber(0x60, number(3), ber(4, b''), sasl)))
        _, body, _ = read_ber(self.receive())
        _, _, response = read_ber(body)
        _, content, _ = read_ber(response)
        _, code, content = read_ber(content)
        _, _, content = read_ber(content)
        _, text, content = read_ber(content)
        answer = b''
        while content:
            tag, value, content = read_ber(content)
            if tag == 0x87:
                answer = value
        return int.from_bytes(code, 'big'), text.decode(errors='replace'), answer


def end_point_bindings(certificate):
    """tls-server-end-point (RFC 5929) of a certificate that is signed with SHA-256."""
    return b'tls-server-end-point:' + hashlib.sha256(certificate).digest()


def bindings_hash(application_data):
    """What [MS-NLMP] 2.2.2.1 has for them: addresses of no type, as OpenLDAP and Windows send."""
    data = bytes(16) + len(application_data).to_bytes(4, 'little') + application_data
    return hashlib.md5(data).digest()


def login(host, cred, target, application_data=None):
    """A bind without a layer of its own; the result code and text, and our AUTHENTICATE."""
    raw.set_cred_option(logins.NO_CI_FLAGS, cred, b'')
    bindings = application_data and raw.ChannelBindings(application_data=application_data)
    connection = Connection(host)
    client = token = None
    sent = []
    for _ in range(4):
        step = logins.call('initiator', raw.init_sec_context, logins.service(target), cred, client,
                           logins.SPNEGO, 0, channel_bindings=bindings, input_token=token)
        client = step.context
        sent.append(step.token)
        code, text, token = connection.bind(step.token)
        if code != SASL_BIND_IN_PROGRESS:
            break
    connection.close()
    return code, text, sent[1]
