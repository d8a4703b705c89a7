# SPDX-License-Identifier: MIT
"""HTTP client that sends garbled and forged NTLM tokens (P59, N701).

usage: http_forge.py PORT HOST DOMAIN USER PASSWORD WRONG-PASSWORD

Prints one line per attempt: name, expected status, status, user that the server reports, separated
by tabs. The right AUTHENTICATE goes first: it shows that the forgeries fail for what is wrong in
them. It has its own MD4, so that it needs no provider of OpenSSL.
"""
import base64
import hashlib
import hmac
import http.client
import os
import struct
import sys

UNICODE, SIGN, NTLM, ESS = 0x1, 0x10, 0x200, 0x80000
ALWAYS_SIGN, TARGET_INFO, B128, KEY_EXCH, B56 = 0x8000, 0x800000, 0x20000000, 0x40000000, 0x80000000
REQUEST_TARGET = 0x4
FLAGS = UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | ESS | B128 | B56
SIGNATURE = b'NTLMSSP\0'
AV_EOL, AV_FLAGS, AV_TIMESTAMP = 0, 6, 7


def md4(data):
    """RFC 1320."""
    def rotate(value, bits):
        value &= 0xFFFFFFFF
        return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF

    rounds = (
        (0, lambda x, y, z: x & y | ~x & z, range(16), (3, 7, 11, 19)),
        (0x5A827999, lambda x, y, z: x & y | x & z | y & z,
         [i % 4 * 4 + i // 4 for i in range(16)], (3, 5, 9, 13)),
        (0x6ED9EBA1, lambda x, y, z: x ^ y ^ z,
         [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)),
    )
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b'\x80' + b'\0' * ((55 - len(data)) % 64) + struct.pack('<Q', 8 * len(data))
    for at in range(0, len(padded), 64):
        words = struct.unpack('<16I', padded[at:at + 64])
        a, b, c, d = state
        for constant, mix, order, shifts in rounds:
            for step, word in enumerate(order):
                total = a + mix(b, c, d) + words[word] + constant
                a, b, c, d = d, rotate(total, shifts[step % 4]), b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d))]
    return struct.pack('<4I', *state)


def hmac_md5(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


def ntowfv2(domain, user, password):
    nt_hash = md4(password.encode('utf-16-le'))
    return hmac_md5(nt_hash, (user.upper() + domain).encode('utf-16-le'))


def negotiate_message():
    return SIGNATURE + struct.pack('<II', 1, FLAGS | TARGET_INFO) + b'\0' * 16


def field(message, offset):
    length, _, start = struct.unpack_from('<HHI', message, offset)
    return message[start:start + length]


class Challenge:
    def __init__(self, message):
        assert message[:12] == SIGNATURE + struct.pack('<I', 2), 'no CHALLENGE'
        self.flags = struct.unpack_from('<I', message, 20)[0]
        self.server_challenge = message[24:32]
        self.target_info = field(message, 40)


def av_pairs(target_info):
    pairs, at = [], 0
    while True:
        av_id, length = struct.unpack_from('<HH', target_info, at)
        if av_id == AV_EOL:
            return pairs
        pairs.append((av_id, target_info[at + 4:at + 4 + length]))
        at += 4 + length


def pack_av_pairs(pairs):
    return b''.join(struct.pack('<HH', i, len(v)) + v for i, v in pairs) + b'\0' * 4


def nt_response(key, challenge, target_info):
    stamp = dict(av_pairs(target_info)).get(AV_TIMESTAMP, b'\0' * 8)
    blob = b'\1\1' + b'\0' * 6 + stamp + os.urandom(8) + b'\0' * 4 + target_info + b'\0' * 4
    return hmac_md5(key, challenge.server_challenge + blob) + blob


def authenticate_message(challenge, domain, user, nt, lm=b'\0' * 24, flags=None, mic=b'\0' * 16):
    if flags is None:
        flags = challenge.flags & (FLAGS | TARGET_INFO)
    texts = [domain.encode('utf-16-le'), user.encode('utf-16-le'), b'']
    payload = b''
    header = {}
    for name, data in zip(('domain', 'user', 'workstation', 'lm', 'nt', 'key'),
                          texts + [lm, nt, b'']):
        header[name] = struct.pack('<HHI', len(data), len(data), 88 + len(payload))
        payload += data
    order = ('lm', 'nt', 'domain', 'user', 'workstation', 'key')
    return (SIGNATURE + struct.pack('<I', 3) + b''.join(header[n] for n in order) +
            struct.pack('<I', flags) + b'\0' * 8 + mic + payload)


class Server:
    """One connection."""

    def __init__(self, port, host, scheme):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        self.host, self.scheme = host, scheme

    def send_text(self, text):
        """Returns status, user, and the token of the reply."""
        self.connection.request('GET', '/login/', headers={
            'Host': self.host, 'Authorization': self.scheme + ' ' + text})
        reply = self.connection.getresponse()
        reply.read()
        token = b''
        for value in reply.headers.get_all('WWW-Authenticate') or []:
            word, _, rest = value.partition(' ')
            if word.lower() == self.scheme.lower() and rest:
                token = base64.b64decode(rest)
        return reply.status, reply.headers.get('X-User', ''), token

    def send(self, token):
        return self.send_text(base64.b64encode(token).decode())

    def challenge(self):
        return Challenge(self.send(negotiate_message())[2])


class Forger:
    def __init__(self, domain, user, password, wrong):
        self.domain, self.user = domain, user
        self.key = ntowfv2(domain, user, password)
        self.wrong_key = ntowfv2(domain, user, wrong)
        self.empty_key = ntowfv2(domain, user, '')

    def message(self, challenge, nt, **changes):
        return authenticate_message(challenge, self.domain, changes.pop('user', self.user), nt,
                                    **changes)

    def proof(self, c, key=None, target_info=None):
        return nt_response(key or self.key, c, c.target_info if target_info is None else target_info)

    def stale(self, c):
        other = Challenge.__new__(Challenge)
        other.__dict__.update(c.__dict__, server_challenge=os.urandom(8))
        return self.proof(other)

    def changed_pairs(self, c):
        pairs = [(i, v if i in (AV_FLAGS, AV_TIMESTAMP) else v[::-1]) for i, v in
                 av_pairs(c.target_info)]
        assert pack_av_pairs(pairs) != c.target_info
        return pack_av_pairs(pairs)

    def mic_promised(self, c):
        pairs = [p for p in av_pairs(c.target_info) if p[0] != AV_FLAGS]
        return pack_av_pairs(pairs + [(AV_FLAGS, struct.pack('<I', 2))])

    def attempts(self):
        """Name, expected status, function from CHALLENGE to AUTHENTICATE."""
        return (
            ('AUTHENTICATE without MIC, right password (P41)', 200,
             lambda c: self.message(c, self.proof(c))),
            ('wrong password', 401, lambda c: self.message(c, self.proof(c, self.wrong_key))),
            ('empty password', 401, lambda c: self.message(c, self.proof(c, self.empty_key))),
            ('key of zeros', 401, lambda c: self.message(c, self.proof(c, b'\0' * 16))),
            ('NTProofStr of zeros', 401,
             lambda c: self.message(c, b'\0' * 16 + self.proof(c)[16:])),
            ('another server challenge', 401, lambda c: self.message(c, self.stale(c))),
            ('AV pairs that are not the server\'s', 401,
             lambda c: self.message(c, self.proof(c, target_info=self.changed_pairs(c)))),
            ('no AV pairs', 401, lambda c: self.message(c, self.proof(c, target_info=b'\0' * 4))),
            ('MIC promised but zero', 401,
             lambda c: self.message(c, self.proof(c, target_info=self.mic_promised(c)))),
            ('no responses', 401, lambda c: self.message(c, b'', lm=b'')),
            ('NT response of 16 octets', 401, lambda c: self.message(c, self.proof(c)[:16])),
            ('NT response of 24 zeros', 401, lambda c: self.message(c, b'\0' * 24)),
            ('NTLMv2 response without AV list', 401, lambda c: self.message(c, self.proof(c)[:44])),
            ('anonymous', 401, lambda c: self.message(c, b'', lm=b'\0', user='',
                                                      flags=c.flags & FLAGS | 0x800)),
            ('empty user', 401, lambda c: self.message(c, self.proof(c), user='')),
            ('flags that the CHALLENGE did not have', 401,
             lambda c: self.message(c, self.proof(c), flags=(c.flags & FLAGS) | 0x00400000)),
            ('flags without extended session security', 401,
             lambda c: self.message(c, self.proof(c), flags=c.flags & FLAGS & ~ESS)),
        )


def garbled(scheme):
    """Name and header text; every one of them as the first of its connection."""
    tokens = [
        ('1 octet', b'N'), ('signature only', SIGNATURE), ('type 0', SIGNATURE + b'\0' * 24),
        ('type 2 first', SIGNATURE + struct.pack('<I', 2) + b'\0' * 44),
        ('type 3 first', SIGNATURE + struct.pack('<I', 3) + b'\0' * 76),
        ('type 9', SIGNATURE + struct.pack('<I', 9) + b'\0' * 24),
        ('NEGOTIATE of 15 octets', negotiate_message()[:15]),
        ('payload outside', SIGNATURE + struct.pack('<IIHHIHHI', 1, FLAGS | 0x3000, 9, 9, 0xFFFFFFF0,
                                                    9, 9, 0x7FFFFFFF)),
        ('900 zero octets', b'\0' * 900), ('900 octets of 0xff', b'\xff' * 900),
        ('NEGOTIATE and 4000 octets', negotiate_message() + b'\x55' * 4000),
        ('SPNEGO cut off', bytes.fromhex('6040060 62b0601050502a0363034'.replace(' ', ''))),
        ('SPNEGO with an empty NTLM token', bytes.fromhex(
            '601c06062b0601050502a0123010a00e300c060a2b06010401823702020a')),
    ]
    texts = [('no token', ''), ('no base64', '!!!not-base64!!!'), ('one letter', 'A')]
    return texts + [(name, base64.b64encode(token).decode()) for name, token in tokens]


def show(name, want, status, user):
    print(name, want, status, user, sep='\t', flush=True)


def main():
    port, host = int(sys.argv[1]), sys.argv[2]
    forger = Forger(*sys.argv[3:7])
    assert md4(b'abc').hex() == 'a448017aaf21d8525fc10ae87aa6729d'
    for scheme in ('NTLM', 'Negotiate'):
        for name, want, build in forger.attempts():
            server = Server(port, host, scheme)
            status, user, _ = server.send(build(server.challenge()))
            show(f'{scheme}: {name}', want, status, user)
        message = build_for_other_connection(forger, port, host, scheme)
        status, user, _ = Server(port, host, scheme).send(message)
        show(f'{scheme}: right AUTHENTICATE on another connection', 401, status, user)
        for name, text in garbled(scheme):
            status, user, _ = Server(port, host, scheme).send_text(text)
            show(f'{scheme}: {name}', 401, status, user)


def build_for_other_connection(forger, port, host, scheme):
    challenge = Server(port, host, scheme).challenge()
    return forger.message(challenge, forger.proof(challenge))


main()
