# SPDX-License-Identifier: MIT
"""Our mechanism and an independent one as the two ends of a login. Prints TAP.

    peers_test.py PEER MODULE GSS_DRIVER [WINPR_DRIVER]

PEER is gss-ntlmssp, WinPR, ntlm_auth, impacket or curl. Each end is a process of its own, so two
modules of the same OID can meet; impacket is in that of the test.
"""
import os
import sys
import tempfile

import ntlm_tokens
import peers
import tap
from peers import Account, Login, Refused, Session
from tap import Known

SEAL = 'integ conf replay sequence'
SIGN = 'integ replay sequence'
NONE = ''
PROTECTIONS = {'seal': SEAL, 'sign': SIGN, 'no protection': NONE}
LENGTHS = (1, 7, 64, 1500, 4096)
CARRIERS = {'gss-ntlmssp': ('ntlm', 'spnego'), 'WinPR': ('ntlm',),
            'ntlm_auth': ('ntlm', 'spnego'), 'impacket': ('ntlm', 'spnego'),
            'curl': ('ntlm', 'proxy ntlm')}
# Its SMB server takes SPNEGO, but makes no mechListMIC, which the host's SPNEGO wants to see.
NO_ACCEPTOR = (('impacket', 'spnego'),)
# What else an initiator sends beside the NTLMv2 response.
FORMS = {'impacket': 'NTLMv2 and LMv2', 'curl': 'NTLMv2 and LMv2'}
WRONG = 'Looking-glass2'
AV_FLAGS = 6


def nt_response_at(message):
    return int.from_bytes(message.raw[24:28], 'little')


# Octets of messages: message, place, and whether a MIC alone protects it.
CHANGES = {
    'server challenge': (ntlm_tokens.CHALLENGE, lambda message: 24, False),
    'NTProofStr': (ntlm_tokens.AUTHENTICATE, nt_response_at, False),
    'client challenge': (ntlm_tokens.AUTHENTICATE,
                         lambda message: nt_response_at(message) + 32, False),
    'MIC': (ntlm_tokens.AUTHENTICATE, lambda message: 72, True),
    'VERSION of CHALLENGE': (ntlm_tokens.CHALLENGE, lambda message: 48, True),
    'VERSION of AUTHENTICATE': (ntlm_tokens.AUTHENTICATE, lambda message: 64, True),
}
LOGON_FAILURE = 'logon failure'

# Who logs in: name of the shape, account.
SHAPES = {
    'plain': Account(),
    'user in other case': Account(user='aLICE'),
    'domain with dots': Account(domain='dom.example.com'),
    'empty domain': Account(domain=''),
    'UPN': Account(domain='', user='alice@dom.example.com', gss_name='alice\\@dom.example.com'),
    'user of 104 units': Account(user='u' * 104),
    'user of 256 units': Account(user='u' * 256),
    'domain of 255 units': Account(domain='D' * 255),
    'password of 127 units': Account(password='p' * 127),
    'password with colon and blank': Account(password=' a:b: '),
    'umlauts': Account(user='zoë', password='pä$swörd€'),
    'umlauts in the domain': Account(domain='ÜBER', user='zoë'),
    'eszett': Account(user='straße', password='weiß'),
    'micro sign': Account(user='5µm'),
    'final sigma': Account(user='σίσυφος'),
    'Turkish dotless i': Account(user='kırmızı'),
    'Turkish dotted capital I': Account(user='İstanbul'),
    'Georgian': Account(user='გიორგი'),
    'title case digraph': Account(user='ǆǅ'),
    'CJK': Account(user='田中', password='秘密の言葉'),
    'emoji': Account(user='owl🦉', password='🔑key'),
}


class Bench:
    """The cells of one peer."""
    known = ()  # rows of (parts of a cell's name, Known); the first that fits counts

    def __init__(self, work, peer_name, all_peers):
        self.work, self.peer_name, self.peers = work, peer_name, all_peers
        # What ntlm_auth says of a session is used by impacket.
        self.has_messages = peer_name != 'curl' and (peer_name != 'ntlm_auth' or
                                                     'impacket' in all_peers)
        self.tap = tap.Tap()

    def pairs(self):
        ours, other = self.peers['ours'], self.peers[self.peer_name]
        if self.peer_name == 'curl':  # a client only
            return ((other, ours),)
        return ((ours, other), (other, ours))

    def protections(self):
        # curl asks for none, and has no session key.
        return ('no protection',) if self.peer_name == 'curl' else PROTECTIONS

    def accounts_file(self, account):
        path = os.path.join(self.work, 'accounts')
        if os.path.exists(path):
            os.unlink(path)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as out:
            # The account to be found is not the only one, nor the first.
            out.write('DOM:somebody:else\n' + account.line())
        return path

    def policy(self, line):
        """The variable of a policy file with this line."""
        path = os.path.join(self.work, 'policy')
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w',
                  encoding='utf-8') as out:
            out.write(f'[ntlm]\n    {line}\n')
        return (('GSS_SSPI_CONFIG', path),)

    def session(self, initiator, acceptor, account=Account(), known_as=None, hook=None, **options):
        return Session(Login(initiator, acceptor, account=account,
                             accounts=self.accounts_file(known_as or account), **options), hook)

    def cell(self, name, check, pair):
        whole = f'{pair[0].name} -> {pair[1].name}: {name}'
        known = (row for parts, row in self.known if all(part in whole for part in parts))
        return self.tap.cell(whole, check, pair, next(known, None))


# ---- checks --------------------------------------------------------------------------------------

def initiator_name(session):
    """Whom the acceptor says it let in."""
    name = session.acceptor.call('name').decode()
    if session.acceptor.peer.name == 'ours':
        return name
    # gss-ntlmssp counts the NUL behind its names; it and ntlm_auth show an empty domain.
    return name.rstrip('\0').lstrip('\\')


def check_login(session, account):
    session.run()
    answer = session.message(ntlm_tokens.AUTHENTICATE)
    form = ntlm_tokens.response_form(answer)
    assert form == FORMS.get(session.initiator.peer.name, 'NTLMv2'), form
    assert answer.text('user') == account.user, answer.text('user')
    shown = initiator_name(session)
    if session.initiator.peer.name == 'curl':
        session.initiator.call('page')
    # Whether the name is that of the account or that of the client is up to the acceptor.
    assert shown.lower() == account.shown().lower(), f'the acceptor says {shown!r}'


def check_keys(session):
    keys = [end.call('key') for end in (session.initiator, session.acceptor)]
    assert len(keys[0]) == 16 and keys[0] == keys[1], [key.hex() for key in keys]


def negotiated(session):
    answer = session.message(ntlm_tokens.AUTHENTICATE)
    return {'integ': answer.has('SIGN'), 'conf': answer.has('SEAL')}


def check_flags(session):
    """What our end reports is what went over the wire (N308), and at least what was asked."""
    wire = negotiated(session)
    for end in (session.initiator, session.acceptor):
        if end.peer.name == 'ours':
            words = end.call('flags').decode().split()
            for word, agreed in wire.items():
                assert (word in words) == agreed, (end.role, words, wire)
            assert 'mutual' not in words, words
    for word in session.login.flags.split():
        assert wire.get(word, True), f'{word} was asked and not agreed'


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 0x01
    return bytes(changed)


def send(sender, receiver, kind, text):
    """One message."""
    token = sender.call(kind, text)
    if kind == 'wrap':
        received = receiver.call('unwrap', token)
        assert received == text, f'another text of {len(received)} octets came out'
    else:
        receiver.call('verify', text, token)


def check_messages(session, kind, lengths=LENGTHS):
    """Two rounds, so that numbers and RC4 states of both directions are beyond their start."""
    for _ in range(2):
        for sender, receiver in session.directions():
            for length in lengths:
                send(sender, receiver, kind, os.urandom(length))


def check_no_messages(session):
    """Nothing was agreed, so our end must not pretend to protect (N363)."""
    ours = session.initiator if session.initiator.peer.name == 'ours' else session.acceptor
    try:
        ours.call('wrap', b'text')
    except peers.Unsupported:
        return
    raise AssertionError('gss_wrap works without SIGN and SEAL')


def check_flip(session, kind, place, sender, receiver):
    """The first message is good and shows that the way is open; the second has a bit flipped."""
    send(sender, receiver, kind, b'a good message')
    token = sender.call(kind, b'a changed message')
    changed = flipped(token, place % len(token))
    assert changed != token
    try:
        if kind == 'wrap':
            receiver.call('unwrap', changed)
        else:
            receiver.call('verify', b'a changed message', changed)
    except Refused:
        pass
    else:
        raise AssertionError(f'octet {place} was changed and nobody noticed')
    if receiver.peer.name == 'ours':  # N366: the good one still passes
        if kind == 'wrap':
            assert receiver.call('unwrap', token) == b'a changed message'
        else:
            receiver.call('verify', b'a changed message', token)


def refused_in_handshake(session, reason=''):
    """The acceptor refuses the answer; ours says `reason`."""
    try:
        session.run()
    except Refused as refusal:
        acceptor = session.acceptor.peer.name
        assert str(refusal).startswith(acceptor), f'the wrong side refused: {refusal}'
        assert session.message(ntlm_tokens.AUTHENTICATE), 'refused before there was an answer'
        if acceptor == 'ours':
            assert reason in str(refusal), f'refused for another reason: {refusal}'
        return
    raise AssertionError('a login was accepted that must be refused')


# ---- cells ---------------------------------------------------------------------------------------

def protection_cells(bench, pair, carrier, protection):
    flags = PROTECTIONS[protection]
    options = {'carrier': carrier, 'flags': flags}
    where = f'{carrier}, {protection}'

    def on_session(check):
        def run(initiator, acceptor):
            with bench.session(initiator, acceptor, **options) as session:
                session.run()
                return check(session)
        return run

    def login(initiator, acceptor):
        with bench.session(initiator, acceptor, **options) as session:
            check_login(session, Account())

    bench.cell(f'{where}: login, NTLMv2, identity', login, pair)
    bench.cell(f'{where}: session keys are equal', on_session(check_keys), pair)
    bench.cell(f'{where}: flags are those of the wire', on_session(check_flags), pair)
    if protection == 'no protection' and (carrier != 'spnego' or pair[0].name == 'impacket'):
        # The other initiators ask for SIGN always, and those of SPNEGO for its mechListMIC.
        if pair[0].name not in ('WinPR', 'ntlm_auth'):
            bench.cell(f'{where}: gss_wrap is unavailable', on_session(check_no_messages), pair)
        return
    for kind in ('wrap', 'mic') if bench.has_messages else ():
        for direction in (0, 1):
            message_cells(bench, pair, on_session, where, kind, direction)


def message_cells(bench, pair, on_session, where, kind, direction):
    """One kind of token, one direction."""
    way = ('to the acceptor', 'to the initiator')[direction]

    def one_way(lengths):
        def check(session):
            for length in lengths:
                send(*session.directions()[direction], kind, os.urandom(length))
        return check

    if not bench.cell(f'{where}: {kind} {way}', on_session(one_way(LENGTHS)), pair):
        return
    bench.cell(f'{where}: {kind} {way}, empty text', on_session(one_way((0,))), pair)
    places = {'version': 0, 'checksum': 4, 'number': 12}
    if kind == 'wrap':
        places.update({'data': 16, 'last octet': -1})
    for name, place in places.items():
        bench.cell(f'{where}: {kind} {way}, flipped bit in the {name}',
                   on_session(lambda session, at=place: check_flip(
                       session, kind, at, *session.directions()[direction])), pair)
    if direction == 1:
        bench.cell(f'{where}: {kind} to and fro',
                   on_session(lambda session: check_messages(session, kind)), pair)


def refusal_cells(bench, pair, carrier):
    def refused(account=Account(), **options):
        def run(initiator, acceptor):
            # The same login with nothing wrong shows that it is this that is refused.
            with bench.session(initiator, acceptor, carrier=carrier) as session:
                session.run()
            with bench.session(initiator, acceptor, account, known_as=Account(), carrier=carrier,
                               **options) as session:
                refused_in_handshake(session, LOGON_FAILURE)
        return run

    bench.cell(f'{carrier}: wrong password is refused', refused(password=WRONG), pair)
    bench.cell(f'{carrier}: unknown user is refused', refused(Account(user='mallory')), pair)
    bench.cell(f'{carrier}: other domain is refused', refused(Account(domain='OTHER')), pair)


def sends_mic(session):
    """Whether the response says that there is a MIC."""
    answer = session.message(ntlm_tokens.AUTHENTICATE)
    flags = dict(ntlm_tokens.av_pairs(answer.fields['nt'][44:])).get(AV_FLAGS, bytes(4))
    return flags[0] & 2 != 0


def changed_cells(bench, pair, carrier):
    """A bit of a message of the handshake is flipped on its way."""
    def changed(kind, place, needs_mic):
        def hook(token):
            message = ntlm_tokens.find(token)
            if message is None or message.type != kind:
                return token
            start = token.find(message.raw)
            return flipped(token, start + place(message))

        def run(initiator, acceptor):
            with bench.session(initiator, acceptor, carrier=carrier) as session:
                session.run()
                if needs_mic and not sends_mic(session):
                    raise peers.Unsupported(f'{initiator.name}: sends no MIC')
            with bench.session(initiator, acceptor, carrier=carrier, hook=hook) as session:
                refused_in_handshake(session)
        return run

    for name, (kind, place, needs_mic) in CHANGES.items():
        bench.cell(f'{carrier}: flipped bit in the {name} is refused',
                   changed(kind, place, needs_mic), pair)


def bindings_cells(bench, pair, carrier):
    name = f'{carrier}: channel bindings'
    one, two = b'tls-server-end-point:' + bytes(range(32)), b'tls-server-end-point:' + bytes(32)

    def bound(initiator_bindings, acceptor_bindings, expected, **options):
        def run(initiator, acceptor):
            with bench.session(initiator, acceptor, carrier=carrier,
                               initiator_bindings=initiator_bindings,
                               acceptor_bindings=acceptor_bindings, **options) as session:
                if expected == 'refused':
                    refused_in_handshake(session, 'bindings')
                    return
                session.run()
                if acceptor.name == 'ours':
                    words = session.acceptor.call('flags').decode().split()
                    assert ('bound' in words) == (expected == 'bound'), words
        return run

    bench.cell(f'{name}, equal', bound(one, one, 'bound'), pair)
    bench.cell(f'{name}, different: refused', bound(one, two, 'refused'), pair)
    bench.cell(f'{name} of the initiator only', bound(one, None, 'unbound'), pair)
    bench.cell(f'{name} of the acceptor only', bound(None, one, 'unbound'), pair)
    if pair[1].name == 'ours':
        always = {'acceptor_variables': bench.policy('channel_bindings = always')}
        bench.cell(f'{name} demanded, equal', bound(one, one, 'bound', **always), pair)
        bench.cell(f'{name} demanded, absent: refused', bound(None, one, 'refused', **always), pair)


def shape_cells(bench, pair, carrier):
    for name, account in SHAPES.items():
        known_as = Account() if name == 'user in other case' else account

        def login(initiator, acceptor, account=account, known_as=known_as):
            with bench.session(initiator, acceptor, account, known_as, carrier=carrier) as session:
                check_login(session, account)
                if bench.has_messages:
                    send(*session.directions()[0], 'wrap', b'text')
                elif bench.peer_name != 'curl':  # it has no session key
                    check_keys(session)

        def wrong(initiator, acceptor, account=account, known_as=known_as):
            with bench.session(initiator, acceptor, account, known_as, carrier=carrier,
                               password=WRONG) as session:
                refused_in_handshake(session, LOGON_FAILURE)

        if bench.cell(f'{carrier}: {name}: login', login, pair):
            bench.cell(f'{carrier}: {name}: wrong password is refused', wrong, pair)


def bad_challenge_cell(bench, pair, carrier):
    """curl has no MIC to notice a change by, but it looks at the form of a CHALLENGE."""
    def hook(token):
        message = ntlm_tokens.find(token)
        if message.type != ntlm_tokens.CHALLENGE:
            return token
        assert len(message.raw) < 0x4000
        return token[:45] + b'\x40' + token[46:]  # TargetInfo's offset is beyond the end

    def run(initiator, acceptor):
        with bench.session(initiator, acceptor, carrier=carrier) as session:
            session.run()
        with bench.session(initiator, acceptor, carrier=carrier, hook=hook) as session:
            try:
                session.run()
            except Refused as refusal:
                assert str(refusal).startswith(f'{initiator.name} 22'), refusal
                assert not session.message(ntlm_tokens.AUTHENTICATE), 'there was an answer'
                return
            raise AssertionError('the CHALLENGE was taken')

    bench.cell(f'{carrier}: TargetInfo beyond the end of CHALLENGE is refused', run, pair)


def hash_cells(bench, pair):
    """The NT hash in the place of a password of which impacket cannot make an LM hash."""
    for name, account in SHAPES.items():
        if pair[0].name != 'impacket' or is_latin_1(account.password):
            continue

        def login(initiator, acceptor, account=account):
            with bench.session(initiator, acceptor, account, by_hash=True) as session:
                check_login(session, account)
                check_messages(session, 'wrap')

        def wrong(initiator, acceptor, account=account):
            with bench.session(initiator, acceptor, account, by_hash=True,
                               password=WRONG) as session:
                refused_in_handshake(session, LOGON_FAILURE)

        bench.cell(f'ntlm: {name}, by its NT hash: login', login, pair)
        bench.cell(f'ntlm: {name}, by its NT hash: wrong password is refused', wrong, pair)


def is_latin_1(text):
    return all(ord(character) < 256 for character in text)


def conf_alone(bench, pair):
    """CONF without INTEG, which gss-ntlmssp sends as SEAL without SIGN: sealing works."""
    def run(initiator, acceptor):
        with bench.session(initiator, acceptor, flags='conf') as session:
            session.run()
            check_messages(session, 'wrap')
    bench.cell('ntlm, CONF asked without INTEG: wrap to and fro', run, pair)


# ---- differences that were looked into -----------------------------------------------------------

NON_ASCII = tuple(name for name, account in SHAPES.items()
                  if not (account.domain + account.user + account.password).isascii())
KNOWN = [
    (('gss-ntlmssp', 'empty text'),
     Known('gss-ntlmssp 1.2.0 refuses empty texts in wrap, get_mic and verify_mic', True)),
    (('-> gss-ntlmssp', 'colon'),
     Known("gss-ntlmssp's account file ends the password at the next colon", True)),
    *(((f'-> gss-ntlmssp: ntlm: {shape}: login',),
       Known('the acceptor of gss-ntlmssp 1.2.0 finds no account whose line is not ASCII', True))
      for shape in NON_ASCII),
    *(((f'-> gss-ntlmssp: spnego: {shape}: login',),
       Known('the acceptor of gss-ntlmssp 1.2.0 finds no account whose line is not ASCII', True))
      for shape in NON_ASCII),
    *(((f'gss-ntlmssp -> ours: ntlm: {shape}: login',),
       Known('gss-ntlmssp 1.2.0 leaves octets behind the payload when a name is not ASCII, and '
             'sends no MIC without SPNEGO; such an AUTHENTICATE is refused (N346)'))
      for shape in NON_ASCII),
    *((('-> ntlm_auth', who),
       Known('without winbindd ntlm_auth knows one password, whoever comes', True))
      for who in ('unknown user', 'other domain')),
    (('-> ntlm_auth', 'final sigma: login'),
     Known('Samba upper-cases U+03C2, which we leave until Windows is looked at (D3)')),
    *(((f'curl -> ours: {carrier}: {shape}: login',),
       Known('curl sends UTF-8 as OEM text, and makes its response of these octets',
             error='OEM text is not ASCII'))
      for carrier in CARRIERS['curl'] for shape in NON_ASCII),
    *(((f'-> impacket: ntlm: {shape}: login',),
       Known('Python upper-cases names for impacket, and changes what we leave until Windows is '
             'looked at (D3)'))
      for shape in ('eszett', 'micro sign', 'final sigma', 'Turkish dotless i', 'Georgian',
                    'title case digraph')),
    (('-> WinPR', 'bindings, different'),
     Known('the acceptor of WinPR 2 does not look at channel bindings', True)),
    (('WinPR -> ours', 'sign: wrap to the initiator'),
     Known('with SIGN alone WinPR wants clear data behind the signature; gss_wrap seals them, '
           'as gss-ntlmssp does (N362)')),
    *(((f'-> WinPR: ntlm: {shape}: login',),
       Known('WinPR upper-cases code units that we leave until Windows is looked at (D3)'))
      for shape in ('micro sign', 'final sigma', 'Turkish dotless i', 'title case digraph')),
]


def main():
    peer_name = sys.argv[1]
    module, gss_driver, *more = map(os.path.abspath, sys.argv[2:])
    winpr_driver = more[0] if more else ''
    with tempfile.TemporaryDirectory(prefix='gss-sspi.') as work:
        all_peers = peers.make_peers(work, module, gss_driver, winpr_driver)
        if peer_name not in all_peers:
            print(f'1..0 # SKIP missing packages: {peers.PACKAGES[peer_name]}')
            return 0
        bench = Bench(work, peer_name, all_peers)
        bench.known = KNOWN
        if peer_name == 'ntlm_auth' and not bench.has_messages:
            bench.tap.line(True, 'ntlm_auth: messages', 'SKIP missing package: python3-impacket')
        for pair in bench.pairs():
            for carrier in CARRIERS[peer_name]:
                if (pair[1].name, carrier) in NO_ACCEPTOR:
                    continue
                for protection in bench.protections():
                    protection_cells(bench, pair, carrier, protection)
                refusal_cells(bench, pair, carrier)
                changed_cells(bench, pair, carrier)
                if peer_name == 'curl':
                    bad_challenge_cell(bench, pair, carrier)
                bindings_cells(bench, pair, carrier)
                shape_cells(bench, pair, carrier)
            hash_cells(bench, pair)
            if bench.has_messages:
                conf_alone(bench, pair)
        return bench.tap.finish()


if __name__ == '__main__':
    sys.exit(main())
