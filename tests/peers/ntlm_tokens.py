# SPDX-License-Identifier: MIT
"""Reads NTLM messages ([MS-NLMP] 2.2.1) for the peers tests, apart from the code under test."""
import dataclasses
import struct

SIGNATURE = b'NTLMSSP\0'
NEGOTIATE, CHALLENGE, AUTHENTICATE = 1, 2, 3

FLAGS = {
    'UNICODE': 0x1, 'OEM': 0x2, 'REQUEST_TARGET': 0x4, 'SIGN': 0x10, 'SEAL': 0x20, 'DATAGRAM': 0x40,
    'LM_KEY': 0x80, 'NTLM': 0x200, 'ANONYMOUS': 0x800, 'DOMAIN_SUPPLIED': 0x1000,
    'WORKSTATION_SUPPLIED': 0x2000, 'ALWAYS_SIGN': 0x8000, 'TARGET_TYPE_DOMAIN': 0x10000,
    'TARGET_TYPE_SERVER': 0x20000, 'ESS': 0x80000, 'IDENTIFY': 0x100000,
    'REQUEST_NON_NT_SESSION_KEY': 0x400000, 'TARGET_INFO': 0x800000, 'VERSION': 0x2000000,
    '128': 0x20000000, 'KEY_EXCH': 0x40000000, '56': 0x80000000,
}


@dataclasses.dataclass
class Message:
    type: int
    flags: int
    fields: dict
    raw: bytes

    def has(self, *names):
        return all(self.flags & FLAGS[name] for name in names)

    def flag_words(self):
        return ' '.join(name for name, bit in FLAGS.items() if self.flags & bit)

    def text(self, name):
        """A field of text as str."""
        return self.fields[name].decode('utf-16-le' if self.has('UNICODE') else 'ascii')


def field(data, at):
    size, _, offset = struct.unpack_from('<HHI', data, at)
    return data[offset:offset + size]


def decode(data):
    kind, = struct.unpack_from('<I', data, 8)
    if kind == NEGOTIATE:
        return Message(kind, struct.unpack_from('<I', data, 12)[0], {}, data)
    if kind == CHALLENGE:
        return Message(kind, struct.unpack_from('<I', data, 20)[0],
                       {'target': field(data, 12), 'server_challenge': data[24:32],
                        'target_info': field(data, 40) if len(data) >= 48 else b''}, data)
    names = ('lm', 'nt', 'domain', 'user', 'workstation', 'session_key')
    return Message(kind, struct.unpack_from('<I', data, 60)[0],
                   {name: field(data, 12 + 8 * i) for i, name in enumerate(names)}, data)


def av_pairs(data):
    """Pairs of id and value of a TargetInfo, up to MsvAvEOL."""
    at = 0
    while at + 4 <= len(data):
        kind, size = (int.from_bytes(data[at + i:at + i + 2], 'little') for i in (0, 2))
        if kind == 0:
            return
        yield kind, data[at + 4:at + 4 + size]
        at += 4 + size


def find(token):
    """The NTLM message in a token, bare or inside SPNEGO; None when there is none."""
    at = token.find(SIGNATURE)
    return decode(token[at:]) if at >= 0 else None


def response_form(authenticate):
    """What the LM and NT fields of an AUTHENTICATE hold, in the words of [MS-NLMP] 3.3."""
    lm, nt = authenticate.fields['lm'], authenticate.fields['nt']
    if len(nt) > 24:
        empty = not lm.strip(b'\0')
        return 'NTLMv2' if empty else 'NTLMv2 and LMv2'
    if not nt:
        return 'anonymous' if lm in (b'', b'\0') else 'LM only'
    if len(lm) == 24 and not lm[8:].strip(b'\0'):
        return 'NTLMv1 with ESS'
    return 'NTLM only' if lm == nt or not lm else 'LM and NTLM'
