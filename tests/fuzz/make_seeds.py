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


def attribute(name, value):
    return text(name) + text(value)


def der(tag, *parts, more=0):
    """An element of DER; `more` are the octets of its length behind the first one."""
    content = b''.join(parts)
    more = more or (0 if len(content) < 128 else (len(content).bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([128 + more]) + len(content).to_bytes(more, 'big') if more else
                           bytes([len(content)])) + content


def exported_name(form, body):
    """RFC 2743 3.2 and RFC 6680 8, with the OID of NTLM."""
    oid = bytes.fromhex('060a2b06010401823702020a')
    return bytes([4, form]) + struct.pack('>H', len(oid)) + oid + struct.pack('>I', len(body)) + body


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


def given(value):
    """A text of an identity, behind the octet that says that there is one."""
    return b'\1' + text(value)


def identity_ex2(user, password, packages):
    """SEC_WINNT_AUTH_IDENTITY_EX2 with a packed password."""
    kind = bytes.fromhex('2fc3bf28f610384798d11ac061df716a')
    packed = struct.pack('<HH16sIHH', 28, 28 + len(password), kind, 28, len(password), 0) + password
    body = packed + user + packages
    return struct.pack('<IHHIIHHIHHIHHIIHH', 0x201, 48, 0, 48 + len(body), 48 + len(packed), len(user), 0,
                       0, 0, 0, 48, len(packed), 0, 2, 48 + len(packed) + len(user), len(packages),
                       0) + body


def sspi_lifecycle():
    """Steps of sspi_lifecycle.cc, each with its number before it."""
    log_in = {name: bytes([0, way << 1, flags]) for name, way, flags in (
        ('ntlm', 0, 0x7f), ('ntlm_plain', 0, 0), ('negotiate_ntlm', 1, 0x1f), ('kerberos', 2, 0x1f),
        ('negotiate', 3, 0x1f))}

    def send(kind, *buffers):
        return (bytes([1, kind, len(buffers)]) + b''.join(bytes([type_]) + text(octets)
                                                          for type_, octets in buffers) + bytes([9, 0, 0, 0]))

    both = (0, b'octets'), (3, b'head')
    talk = b''.join(send(kind, *both) for kind in (0, 1, 4, 5, 0x80, 0x84, 0x10))
    seeds = {name: login + talk for name, login in log_in.items()}
    # Credential 0 of the initiator, 1 of the acceptor; then legs: whose credential and which flags.
    def acquire(slot, package, use):
        return bytes([4, slot, package | use << 2, 0, 0, 0, 0, 0])

    def leg(context, again, request, incoming):
        return (bytes([5, context | context << 2, 0] + [0] * again + [0, 0]) +
                struct.pack('<I', request) + bytes([incoming, 0, 0, 0]))

    for name, package in (('ntlm', 0), ('negotiate', 1)):
        seeds['legs_' + name] = (
            acquire(0, package, 1) + acquire(1, package, 2) + leg(0, 0, 0x1001e, 3) +
            leg(1, 0, 0x100, 0) + leg(0, 1, 0x1001e, 0) + leg(1, 1, 0x100, 0) + leg(0, 1, 0x1001e, 0) +
            leg(1, 1, 0, 0))
        seeds['first_damaged_' + name] = (
            acquire(0, package, 1) + acquire(1, package, 2) + leg(0, 0, 0x4000, 3) +
            leg(1, 0, 0x8000, 0x10)[:-3] + bytes([5, 0, 0, 0, 1, 0, 0, 0]))
    # Attributes, ends, and octets that take a context elsewhere.
    queries = b''.join(bytes([7, choice, 0, attribute]) for choice in (0, 0x11)
                       for attribute in (0, 1, 5, 9, 10, 12, 13, 14, 19, 27, 30, 18))
    queries += b''.join(bytes([7, 0x20, 0, attribute, size]) for attribute, size in ((0, 15), (1, 7), (0, 16)))
    rest = bytes([9, 1, 0, 10, 0, 0xff, 0, 10, 1, 3, 0, 8, 0x80, 0, 8, 1, 0, 9, 0, 0])
    for name in ('ntlm', 'kerberos', 'negotiate'):
        seeds['rest_' + name] = log_in[name] + queries + rest
    seeds['renewed'] = (acquire(0, 0, 1) + acquire(1, 0, 2) + log_in['ntlm'] + leg(0, 1, 0x1001e, 3) +
                        send(0, *both))
    seeds['received'] = log_in['kerberos'] + bytes([3, 1, 0, 0xc2, 10]) + text(bytes(40)) + b'\1' + text(b'')
    seeds['packages'] = bytes([12]) + text(b'ntlm') + bytes([11, 0, 0, 1])
    for name, octets in seeds.items():
        seed('sspi_lifecycle', name, octets)


def main():
    sspi_lifecycle()
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

    # CredSSP: what was computed, and what was recorded.
    computed = vectors('credssp_computed')
    for target in ('ts_request', 'ts_credentials'):
        for name, value in computed[target].items():
            seed(target, name, bytes.fromhex(value))
    for name, value in vectors('credssp_tsrequest_sspi_rs')['values'].items():
        if name.startswith('ts_credentials_'):
            seed('ts_credentials', name.removeprefix('ts_credentials_'), bytes.fromhex(value))
        elif name.endswith('_ts_request') or name == 'ntlm_without_client_nonce':
            seed('ts_request', name.removesuffix('_ts_request'), bytes.fromhex(value))
    version = der(0xa0, der(2, b'\7'))
    octets = der(4, b'Z')
    seed('ts_request', 'later_version', der(0x30, version, der(0xa3, octets), der(0xa6), der(0xbe, b'Z')))
    seed('ts_request', 'long_lengths', der(
        0x30, der(0xa0, der(2, b'\0\6', more=2), more=1),
        der(0xa1, der(0x30, der(0x30, der(0xa0, der(4, b'Z', more=4), more=2), more=1), more=3), more=4), more=4))
    seed('ts_request', 'empty_token', der(
        0x30, version, der(0xa1, der(0x30, der(0x30, der(0xa0, der(4))))), der(0xa5, octets)))
    seed('ts_request', 'two_in_a_row', 2 * bytes.fromhex(computed['ts_request']['auth_info']))
    package = der(0x30, der(0xa0, der(4, utf16('K'))), der(0xa1, octets))
    guard = der(0x30, der(0xa0, package), der(0xa1, der(0x30, package, package)))
    seed('ts_credentials', 'remote_guard', der(0x30, der(0xa0, der(2, b'\6')), der(0xa1, der(4, guard))))

    digits = b'A4F49C406510BDCAB6824EE7C30FD852'
    smb = b'DOM\\u:1:' + b'X' * 32 + b':' + digits + b':[U  ]:LCT-0:\n'
    seed('user_file', 'passwords', b'# c\r\nD:u:p:q\r\n:v:\n')
    seed('user_file', 'smbpasswd', smb + smb.replace(b'[U', b'[DU'))
    seed('user_file', 'domain_with_backslash', b'A\\B:u:p\n')
    seed('policy_file', 'lists', b'# c\r\n[credssp]\nx = {\n y = 1\n}\n[ntlm]\r\n outgoing = deny\n'
         b' outgoing_except = *.a*b HTTP/h\n incoming_except = D\\u v, *\\w\n')
    seed('policy_file', 'words', b'[ntlm]\n\tsend_mic = "never"\ninitiator_lm_level=5\n; c\n'
         b'initiator_minimum_security = ess, 128\nlog_file = /l\n')
    seed('policy_file', 'last', '[a]\nb =\n{\nc = d\n}\n[ntlm]\nlocal_domains = z\u00eb A'.encode())
    for number, name in enumerate([b'D\\u', b'u@D', b'u@d.e', b'\\u@d', b'u\\@d.e@D']):
        seed('name', f'user{number}', b'\0' + name)
    seed('name', 'service', b'\1HTTP@h')
    seed('name', 'principal', b'\2HTTP/h@R')

    seed('policy_text', 'keys', b'[ntlm]\nmax_token_size = 4096\nspn_names = h s/h\nincoming = deny\n'
         b'incoming_except = D\\*\nlog_file = /l\nchannel_bindings = off\n')

    user = b'\0' + text(b'D') + text(b'u')
    service = b'\1' + text(b'HTTP') + text(b'h')
    nobody = b'\2' + text(b'') + text(b'')
    account = text(b'D') + text(b'u') + bytes(16) + b'\0'
    account_with_lm = text(b'') + text(b'u') + bytes(16) + b'\1' + bytes(16)
    attributes = attribute(b'urn:gss-sspi:ntlm:workstation', b'W') + attribute(
        b'urn:gssntlmssp:sids', b'S-1-5-7')
    claimed = b'\1' + struct.pack('<I', len(attributes)) + attributes
    none = b'\0' + bytes(4)
    seed('name_token', 'user', exported_name(1, user))
    seed('name_token', 'service', exported_name(1, service))
    seed('name_token', 'composite', exported_name(2, user + claimed))
    # What no text stands for (N407).
    for name, kind, first, second in (('service_with_at', 1, b'HT@P', b'h'),
                                      ('user_with_backslash', 0, b'', b'D\\u'),
                                      ('user_with_at_first', 0, b'D', b'@u'),
                                      ('domain_with_backslash', 0, b'A\\B', b'u')):
        seed('name_token', name, exported_name(1, bytes([kind]) + text(first) + text(second)))
    seed('name_token', 'nobody', exported_name(2, nobody + none))

    direction = bytes(4) + bytes(32) + bytes(range(256)) + bytes(2)
    # SIGN, SEAL, ESS, 128, KEY_EXCH; and the flags of RFC 2744 that they stand for.
    gss_flags = 0x08 | 0x04 | 0x20 | 0x10 | 0x80 | 0x100
    start = b'\2\1' + struct.pack('<II', gss_flags, 0x60080030) + bytes(16)
    seed('context_import', 'new', start + b'\0' + bytes(8) + user + none + service)
    seed('context_import', 'used', start + b'\1' + direction * 2 + user + claimed + service)
    seed('credential_import', 'initiator', b'\2\1\0\0' + bytes(4) + user + account)
    seed('credential_import', 'both', b'\2\1\1\1\1\2\0\0' + user + account + account_with_lm)
    seed('credential_import', 'nobody', b'\2\2\0\0' + bytes(4) + nobody)
    seed('credential_import', 'file', b'\2\0\2\0' + bytes(4) + service + text(b'/nonexistent'))
    # Kind, shape, three cuts; then a number, what is changed, or a signature.
    for target in ('wrap_token', 'mic_token'):
        seed(target, 'made_up', b'\7\0\3\2\0' + b'\1\0\0\0' + bytes(12) + b'sealed octets')
        seed(target, 'right', b'\x87\x05\3\2\0' + b'\0\0' + b'sealed octets')
        seed(target, 'last', b'\xc7\xf5\3\2\0' + b'\xff' + b'\0\0' + b'sealed octets')
        seed(target, 'changed', b'\xa0\x0f\3\2\0' + b'\x14\1' + b'sealed octets')
    # Kinds of buffers, each with its size: HEADER, DATA, SIGN_ONLY, PADDING; MIC_TOKEN.
    talk = (b'\0\0\5' + b'\x81\0\5' + b'\2\0\4\2\x50\x31\3' + b'\3\0\2\2\xa0' +
            b'\4\0\3\5\x50\x31')
    for name, flags in (('sealed', 0x1f), ('signed', 0x1d), ('crc', 0x03), ('datagram', 0x9f)):
        seed('message_calls', name, bytes([flags]) + talk)
        seed('message_calls', name + '_changed', bytes([flags]) + b'\0\1\5\2\x12\2\2\x50\4\5\2\5\x50')
    seed('text', 'utf8', 'a\u00e4\u017f\ufb03\U0001f600'.encode())
    seed('text', 'utf16', utf16('a\u00e4\u00df\u0149\U0001f600'))

    # A form, Flags, and the texts that there are.
    words = ('J\u00fcrgen', 'DOM', '\U0001f511 key', ' Kerberos,!x')
    narrow = [given(word.encode()) for word in words]
    wide = [given(utf16(word)) for word in words]
    seed('identity', 'ansi', b'\0\1' + b''.join(narrow[:3]))
    seed('identity', 'unicode', b'\0\2' + b''.join(wide[:3]))
    seed('identity', 'ansi_ex', b'\1\5' + b''.join(narrow))
    seed('identity', 'unicode_ex', b'\1\6' + b''.join(wide))
    seed('identity', 'empty_password', b'\1\2' + wide[0] + b'\0' + given(b'') + b'\0')
    seed('identity', 'packages_alone', b'\1\2\0\0\0' + given(utf16('NTLM,Kerberos')))
    seed('identity', 'too_long', b'\0\2\3' + text(utf16('u')))
    seed('identity', 'unpaired', b'\0\2' + given(b'\0\xd8'))
    seed('identity', 'ex2', b'\2' + identity_ex2(utf16('u'), utf16('\U0001f511'), utf16('!NTLM')))

    # What handshake_checks.h takes from an input: levels, minimum, rules, kind, bindings.
    settings = {
        'sealed': b'\x33\0\0\x50\x20',
        'plain': b'\x33\0\0\0\0',
        'bound': b'\x33\0\x24\x50\x2a',
        'ntlmv1': b'\x22\x11\0\0\x20',
        'ntlmv1_without_ess': b'\0\x11\0\x0c\x20',
        'oem': b'\x33\x11\0\0\xa0' + struct.pack('<I', 0x60088206),
        'datagram': b'\x33\0\0\1\x20',
        'datagram_40_bits': b'\x22\x11\0\1\xa0' + struct.pack('<I', 0x00008201),
        'anonymous': b'\x33\x11\xc0\2\x20',
    }
    for name, octets in settings.items():
        seed('handshake_initiator', name, b'\1' + octets + b'\0')
        seed('handshake_acceptor', name, b'\1' + octets + b'\0\0')
    for name, flags in (('sealed', 0xe2888237), ('plain', 0xa2888205)):
        seed('handshake_acceptor', 'other_' + name,
             b'\x0e' + settings[name] + text(negotiate(flags)) + authenticate())
    info = challenge_pairs() + bytes(4)
    challenge = (b'NTLMSSP\0' + struct.pack('<IHHII', 2, 12, 12, 56, 0xe2898237) + bytes(range(8)) +
                 bytes(8) + struct.pack('<HHI', len(info), len(info), 68) +
                 bytes([10, 0, 99, 69, 0, 0, 0, 15]) + utf16('DOMAIN') + info)
    for name in ('sealed', 'plain', 'bound', 'ntlmv1'):
        seed('handshake_initiator', 'other_' + name, b'\0' + settings[name] + challenge)

    credssp_talks()


def credssp_talks():
    """Three octets of settings (CredsspTalk), then what the peer does."""
    raw = (b'\x30\x05\xa0\x03\x02\x01\x06',
           b'\x30\x0d\xa0\x03\x02\x01\x06\xa4\x06\x02\x04\xc0\0\0\x6d',
           b'\x30\x11\xa0\x03\x02\x01\x06\xa1\x0a\x30\x08\x30\x06\xa0\x04\x04\x02\x61\x62')
    scripts = {
        'credssp_initiator': {'ntlm': 1, 'spnego': 2 | 4 | 8, 'mutual': 2 | 16, 'one_step': 0},
        'credssp_acceptor': {'ntlm': 1 | 4, 'spnego': 1, 'mutual': 2 | 16, 'one_step': 0},
    }
    for target, kinds in scripts.items():
        for name, script in kinds.items():
            seed(target, name, bytes([0x40, script, 3]) + bytes(5))
        usual = kinds['ntlm']
        for name, how, rules in (('version5', 0x30, 3), ('version2', 0, 0), ('version4', 0x20, 2),
                                 ('version7', 0x50, 3), ('proof', 0x40, 3 | 8),
                                 ('nothing', 0x40, 3 | 16 | 32), ('tls13', 0x43, 3),
                                 ('tls12', 0x47, 3)):
            seed(target, name, bytes([how, usual, rules]) + bytes(5))
        begin = bytes([0x40, usual, 3])
        in_tls = bytes([0x43, usual, 3])
        seed(target, 'refused_inside', bytes([0x40, usual | 2 << 5, 3]) + bytes(3))
        for name, octets in zip(('empty', 'error', 'token'), raw):
            seed(target, 'raw_' + name, begin + b'\2' + text(octets) + bytes(3))
        seed(target, 'octets', begin + b'\5\1' + bytes(4))
        seed(target, 'octets_tls', in_tls + b'\5\1' + bytes(4))
        seed(target, 'held', begin + b'\x08' + bytes(4))
        seed(target, 'changed', begin + b'\3\6\1' + bytes(3))
        seed(target, 'empty_tokens', in_tls + b'\6\0\6\0\6\0\6')
        seed(target, 'records', in_tls + b'\7\0\0\7\1\0\7\2\0\0')
        seed(target, 'closed', in_tls + b'\0\7\3\0')
        seed(target, 'wire', begin + b'\4' + text(raw[2]) + bytes(3))
        seed(target, 'wire_tls', in_tls + b'\4' + text(b'\x17\3\3\0\1x') + bytes(2))
        seed(target, 'behind', in_tls + bytes(2) + b'\x08\2' + text(b'application data') + bytes(2))
        seed(target, 'fields', begin + b'\1\x43' + text(b'token') + text(bytes(range(1, 33))) +
             b'\1\x08' + text(b'0') + b'\1\x14' + text(b'p') + text(b'a') +
             b'\1\xa0\xc0\0\0\x6d\6')


if __name__ == '__main__':
    main()
