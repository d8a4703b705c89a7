# SPDX-License-Identifier: MIT
"""An end made of impacket: its messages, its responses, its SIGN and SEAL. It runs in the process
of the test, since impacket has no state of its own there.

The initiator is impacket's as its programs use it; channel bindings, which version 0.10 does not
know, come into its response as a pair of the CHALLENGE. The acceptor is what its SMB server does,
with the MIC and the bindings, which that does not look at.
"""
import hashlib
import os
import struct
import time

import ntlm_tokens
from peer_errors import Refused, Unsupported

try:
    from Cryptodome.Cipher import ARC4
    from impacket import ntlm, nt_errors, smbserver, spnego
except ImportError:
    ntlm = None

AV_FLAGS, AV_BINDINGS = 6, 10
SERVER = {1: 'SERVER', 2: 'DOM', 3: 'server.example.com', 4: 'example.com'}  # of the CHALLENGE
MIC_FLAG, MIC_AT = 2, 72
EPOCH = 116444736000000000  # 1970 as FILETIME
NAME = 'impacket'


def is_there():
    return ntlm is not None


def bindings_hash(application_data):
    """[MS-NLMP] 2.2.2.1 MsvAvChannelBindings: MD5 of gss_channel_bindings_struct, no addresses."""
    header = struct.pack('<IIIII', 0, 0, 0, 0, len(application_data))
    return hashlib.md5(header + application_data).digest()


class Messages:
    """SIGN and SEAL of a session by impacket.ntlm, in tokens of GSSAPI: signature, then data."""

    def __init__(self, flags, key, role, first=0):
        self.flags = flags
        ours, theirs = ('Client', 'Server') if role == 'initiator' else ('Server', 'Client')
        self.ways = {way: self._way(key, mode, first)
                     for way, mode in (('send', ours), ('receive', theirs))}

    def _way(self, key, mode, first):
        seal = ntlm.SEALKEY(self.flags, key, mode)
        return {'sign': ntlm.SIGNKEY(self.flags, key, mode), 'seal': seal, 'number': first,
                'rc4': ARC4.new(seal).encrypt}

    def _sign(self, way, text):
        signature = ntlm.SIGN(self.flags, way['sign'], text, way['number'], way['rc4']).getData()
        way['number'] += 1
        return signature

    def wrap(self, text):
        way = self.ways['send']
        sealed, signature = ntlm.SEAL(self.flags, way['sign'], way['seal'], text, text,
                                      way['number'], way['rc4'])
        way['number'] += 1
        return signature.getData() + sealed

    def unwrap(self, token):
        text = self.ways['receive']['rc4'](token[16:])
        self.verify(text, token[:16])
        return text

    def mic(self, text):
        return self._sign(self.ways['send'], text)

    def verify(self, text, token):
        if token != self._sign(self.ways['receive'], text):
            raise Refused(f'{NAME}: another signature')
        return b''


def in_init(token):
    """A NegTokenInit, of NTLM alone."""
    init = spnego.SPNEGO_NegTokenInit()
    init['MechTypes'] = [spnego.TypesMech['NTLMSSP - Microsoft NTLM Security Support Provider']]
    init['MechToken'] = token
    return init.getData()


def in_resp(token):
    resp = spnego.SPNEGO_NegTokenResp()
    resp['ResponseToken'] = token
    return resp.getData()


class ImpacketEnd:
    """One end of one security context, in the place of a driver."""

    def __init__(self, peer, role, variables=(), **options):
        del variables
        self.peer, self.role, self.options = peer, role, options
        self.key, self.messages, self.client = None, None, ''
        self.negotiate = self.challenge = None
        if 'neg_flags' in options:
            raise Unsupported(f'{NAME}: no switch for single NEGOTIATE flags')

    def close(self):
        pass

    def step(self, token):
        """(done, token) of one step."""
        if self.role == 'acceptor':
            if self.challenge is None:
                return False, self._challenge(token)
            self._judge(token)
            return True, b''
        in_spnego = self.options['carrier'] == 'spnego'
        if not token:
            return False, in_init(self._negotiate()) if in_spnego else self._negotiate()
        if not in_spnego:
            return True, self._authenticate(token)
        answer = spnego.SPNEGO_NegTokenResp(token)
        if self.key is None:
            return False, in_resp(self._authenticate(answer['ResponseToken']))
        if answer['NegState'] != b'\0':
            raise Refused(f'{NAME}: the state is {answer["NegState"]}')
        return True, b''

    def call(self, command, *fields):
        if command == 'key':
            return self.key
        if command == 'name':
            return self.client.encode()
        if self.messages is None or command not in ('wrap', 'unwrap', 'mic', 'verify'):
            raise Unsupported(f'{NAME}: nothing for {command}')
        return getattr(self.messages, command)(*fields)

    # ---- initiator -------------------------------------------------------------------------------

    def _negotiate(self):
        words = self.options['flags'].split()
        # It asks for both or none; its callers take away what they do not want.
        self.negotiate = ntlm.getNTLMSSPType1(signingRequired='integ' in words or 'conf' in words)
        for word, flag in (('integ', 'SIGN'), ('conf', 'SEAL')):
            if word not in words:
                self.negotiate['flags'] &= ~ntlm_tokens.FLAGS[flag]
        return self.negotiate.getData()

    def _authenticate(self, token):
        options, by_hash = self.options, {}
        password = options['password']
        if options.get('by_hash'):
            password, by_hash = '', {'nthash': ntlm.compute_nthash(password)}
        if options.get('bindings') is not None:
            token = self._with_bindings(token, bindings_hash(options['bindings']))
        try:
            answer, self.key = ntlm.getNTLMSSPType3(self.negotiate, token, options['user'],
                                                    password, options['domain'], **by_hash)
        except UnicodeEncodeError as error:
            # It makes an LM hash of each password, whatever it sends.
            raise Unsupported(f'{NAME}: {error}') from None
        self.messages = Messages(answer['flags'], self.key, 'initiator')
        return answer.getData()

    @staticmethod
    def _with_bindings(token, value):
        """The CHALLENGE with the pair that its TargetInfo brings into the response."""
        message = ntlm.NTLMAuthChallenge(token)
        pairs = ntlm.AV_PAIRS(message['TargetInfoFields'])
        pairs[AV_BINDINGS] = value
        message['TargetInfoFields'] = pairs.getData()
        for size in ('TargetInfoFields_len', 'TargetInfoFields_max_len'):
            message[size] = len(message['TargetInfoFields'])
        assert ntlm_tokens.decode(message.getData()).fields['target_info'] == pairs.getData()
        return message.getData()

    # ---- acceptor --------------------------------------------------------------------------------

    def _challenge(self, token):
        self.negotiate_octets = token
        self.negotiate = ntlm.NTLMAuthNegotiate()
        self.negotiate.fromString(token)
        pairs = ntlm.AV_PAIRS()
        for kind, text in SERVER.items():
            pairs[kind] = text.encode('utf-16-le')
        pairs[ntlm.NTLMSSP_AV_TIME] = struct.pack('<Q', EPOCH + int(time.time() * 10**7))
        name = SERVER[2].encode('utf-16-le')
        message = ntlm.NTLMAuthChallenge()
        flags = ntlm_tokens.FLAGS
        message['flags'] = (self.negotiate['flags'] & ~flags['OEM'] | flags['TARGET_INFO'] |
                            flags['VERSION'] | flags['TARGET_TYPE_DOMAIN'])
        message['domain_offset'], message['domain_name'] = 56, name
        message['challenge'] = os.urandom(8)
        message['TargetInfoFields_offset'] = 56 + len(name)
        message['TargetInfoFields'] = pairs.getData()
        message['Version'] = ntlm.VERSION().getData()
        self.challenge = message
        self.challenge_octets = message.getData()
        return self.challenge_octets

    def _judge(self, token):
        answer = ntlm.NTLMAuthChallengeResponse()
        answer.fromString(token)
        size, offset = answer['session_key_len'], answer['session_key_offset']
        answer['session_key'] = token[offset:offset + size]
        domain, user = (answer[field].decode('utf-16-le') for field in ('domain_name', 'user_name'))
        nt_hash = self._nt_hash(domain, user)
        status, self.key = smbserver.computeNTLMv2(
            user, '', nt_hash, self.challenge['challenge'], answer, self.challenge,
            self.negotiate)
        if status != nt_errors.STATUS_SUCCESS:
            raise Refused(f'{NAME}: status {status:08x}')
        pairs = ntlm.AV_PAIRS(answer['ntlm'][44:])
        self._check_mic(token, pairs)
        self._check_bindings(pairs)
        self.client = f'{domain}\\{user}'
        self.messages = Messages(answer['flags'], self.key, 'acceptor')

    def _nt_hash(self, domain, user):
        with open(self.options['accounts'], encoding='utf-8') as lines:
            for line in lines:
                known_domain, known_user, password = line.rstrip('\n').split(':', 2)
                if (known_domain.upper(), known_user.upper()) == (domain.upper(), user.upper()):
                    return ntlm.compute_nthash(password)
        raise Refused(f'{NAME}: no account')

    def _check_mic(self, token, pairs):
        flags = pairs[AV_FLAGS]
        if flags is None or not struct.unpack('<I', flags[1])[0] & MIC_FLAG:
            return
        zeroed = token[:MIC_AT] + bytes(16) + token[MIC_AT + 16:]
        mic = ntlm.hmac_md5(self.key, self.negotiate_octets + self.challenge_octets + zeroed)
        if mic != token[MIC_AT:MIC_AT + 16]:
            raise Refused(f'{NAME}: another MIC')

    def _check_bindings(self, pairs):
        sent, own = pairs[AV_BINDINGS], self.options.get('bindings')
        if own is not None and sent is not None and sent[1] not in (bytes(16), bindings_hash(own)):
            raise Refused(f'{NAME}: other channel bindings')
