#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of corpus/ again from tests/vectors. Files with other names are left alone."""
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
TIME = 0x01d9000000000000  # kTime in fuzz.h


def vectors(name):
    with open(f'{HERE}/../vectors/{name}.json', encoding='utf-8') as file:
        return json.load(file)


def seed(target, name, octets):
    os.makedirs(f'{HERE}/corpus/{target}', exist_ok=True)
    with open(f'{HERE}/corpus/{target}/{name}', 'wb') as file:
        file.write(octets)


def pair(number, value):
    return struct.pack('<HH', number, len(value)) + value


def utf16(text):
    return text.encode('utf-16-le')


def field(message, at):
    length, _, offset = struct.unpack_from('<HHI', message, at)
    return message[offset:offset + length]


def text(value):
    return struct.pack('<H', len(value)) + value


def challenge_pairs():
    """As Names() in fuzz.h has them."""
    return (pair(2, utf16('DOMAIN')) + pair(1, utf16('SERVER')) + pair(4, utf16('example.com')) +
            pair(3, utf16('server.example.com')) + pair(7, struct.pack('<Q', TIME)))


def negotiate(flags):
    return b'NTLMSSP\0' + struct.pack('<II', 1, flags) + bytes(16) + bytes([10, 0, 99, 69, 0, 0, 0, 15])


def authenticate():
    """All that an acceptor checks but proof, flags and MIC, which the target makes right."""
    response = (bytes(16) + b'\1\1' + bytes(6) + struct.pack('<Q', TIME) + bytes(8) + bytes(4) +
                challenge_pairs() + pair(6, b'\2\0\0\0') + pair(9, utf16('HTTP/h')) + bytes(8))
    payload = [(28, utf16('Domain')), (36, utf16('User')), (44, utf16('HOST')), (12, bytes(24)),
               (20, response), (52, bytes(16))]
    message = bytearray(88)
    message[0:12] = b'NTLMSSP\0' + struct.pack('<I', 3)
    for at, value in payload:
        struct.pack_into('<HHI', message, at, len(value), len(value), len(message))
        message += value
    return bytes(message)


def main():
    pyspnego = {k: bytes.fromhex(v) for k, v in vectors('pyspnego_samples')['values'].items()}
    nlmp = vectors('ntlm_mic_nlmp_4_2')
    winpr = vectors('ntlm_recorded_by_peers')['exchanges'][1]
    exchange = {k: bytes.fromhex(winpr[k + '_message'])
                for k in ('negotiate', 'challenge', 'authenticate')}
    for target, octets in exchange.items():
        seed(target, 'winpr', octets)
        seed(target, 'pyspnego', pyspnego['ntlm_' + target])
    seed('negotiate', 'short', exchange['negotiate'][:16])
    seed('challenge', 'nlmp', bytes.fromhex(nlmp['ntlmv2']['challenge_message']))
    seed('authenticate', 'nlmp', bytes.fromhex(nlmp['ntlmv2']['authenticate_message']))
    seed('av_pairs', 'nlmp', bytes.fromhex(nlmp['ntlmv2']['target_info']))
    seed('av_pairs', 'winpr', field(exchange['challenge'], 40))
    seed('ntlmv2_response', 'nlmp', bytes.fromhex(nlmp['ntlmv2']['nt_response']))
    seed('ntlmv2_response', 'winpr', field(exchange['authenticate'], 20))

    digits = b'A4F49C406510BDCAB6824EE7C30FD852'
    smb = b'DOM\\u:1:' + b'X' * 32 + b':' + digits + b':[U  ]:LCT-0:\n'
    seed('user_file', 'passwords', b'# c\r\nD:u:p:q\r\n:v:\n')
    seed('user_file', 'smbpasswd', smb + smb.replace(b'[U', b'[DU'))
    seed('policy_file', 'lists', b'# c\r\n[credssp]\nx = {\n y = 1\n}\n[ntlm]\r\n outgoing = deny\n'
         b' outgoing_except = *.a*b HTTP/h\n incoming_except = D\\u v, *\\w\n')
    seed('policy_file', 'words', b'[ntlm]\n\tsend_mic = "never"\ninitiator_lm_level=5\n; c\n'
         b'initiator_minimum_security = ess, 128\nlog_file = /l\n')
    seed('policy_file', 'last', '[a]\nb =\n{\nc = d\n}\n[ntlm]\nlocal_domains = z\u00eb A'.encode())
    for number, name in enumerate([b'D\\u', b'u@D', b'u@d.e', b'\\u@d', b'u\\@d.e@D']):
        seed('name', f'user{number}', b'\0' + name)
    seed('name', 'service', b'\1HTTP@h')
    seed('name', 'principal', b'\2HTTP/h@R')

    user = b'\0' + text(b'D') + text(b'u')
    service = b'\1' + text(b'HTTP') + text(b'h')
    account = text(b'D') + text(b'u') + bytes(16)
    state = bytes(4) + bytes(range(256)) + bytes(2)
    # SIGN, SEAL, ESS, 128, KEY_EXCH; and the flags of RFC 2744 that they stand for.
    gss_flags = 0x08 | 0x04 | 0x20 | 0x10 | 0x80 | 0x100
    seed('context_import', 'open', b'\1\1' + struct.pack('<II', gss_flags, 0x60080030) +
         bytes(16) + state * 2 + user + service)
    seed('credential_import', 'initiator', b'\1\1' + user + account)
    seed('credential_import', 'both', b'\1\3' + user + account * 2)
    seed('credential_import', 'file', b'\1\6' + service + text(b'/nonexistent'))
    seed('wrap_token', 'first', b'\1' + b'\1\0\0\0' + bytes(12) + b'sealed octets')
    seed('wrap_token', 'sign_only', b'\x80' + b'\1\0\0\0' + bytes(12) + b'x')

    for name, flags in (('sealed', 0xe2888237), ('plain', 0xa2888205)):
        first = negotiate(flags)
        seed('handshake_acceptor', name, b'\1' + text(first) + authenticate())
    seed('handshake_acceptor', 'bound', b'\x39' + text(negotiate(0xe2888237)) + authenticate())
    info = challenge_pairs() + bytes(4)
    challenge = (b'NTLMSSP\0' + struct.pack('<IHHII', 2, 12, 12, 56, 0xe2898237) + bytes(range(8)) +
                 bytes(8) + struct.pack('<HHI', len(info), len(info), 68) +
                 bytes([10, 0, 99, 69, 0, 0, 0, 15]) + utf16('DOMAIN') + info)
    for choice in (0, 11, 31):
        seed('handshake_initiator', f'challenge{choice}', bytes([choice]) + challenge)


if __name__ == '__main__':
    main()
