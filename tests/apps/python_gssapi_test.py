# SPDX-License-Identifier: MIT
"""python3-gssapi as an independent caller: both ends of NTLM and SPNEGO in one process. Prints TAP.

GSS_SSPI_MODULE names gss_ntlm.so. The process starts itself again with a private GSS_MECH_CONFIG,
because mechglue reads it when it is loaded.
"""
import contextlib
import os
import shutil
import sys
import tempfile
import traceback

NTLM_OID = '1.3.6.1.4.1.311.2.2.10'
PASSWORD, WRONG = 'Wonder-land1', 'Looking-glass2'
ZOE_PASSWORD = 'pä$swörd€'
HOST = 'www.demo.test'


def start_again():
    """In a private folder, with our module registered; removes the folder at the end."""
    module = os.environ.get('GSS_SSPI_MODULE', '')
    if not os.access(module, os.R_OK):
        print('Bail out! GSS_SSPI_MODULE does not name the module')
        sys.exit(1)
    work = tempfile.mkdtemp(prefix='gss-sspi.')
    try:
        config = os.path.join(work, 'mech.conf')
        with open(config, 'w', encoding='utf-8') as out:
            out.write(f'gss_ntlm {NTLM_OID} {os.path.abspath(module)}\n')
        drop = ('KRB5CCNAME', 'KRB5_KTNAME', 'NTLM_USER_FILE', 'NTLMUSER', 'LM_COMPAT_LEVEL',
                'NETBIOS_COMPUTER_NAME', 'NETBIOS_DOMAIN_NAME', 'GSSNTLMSSP_DEBUG')
        env = {name: value for name, value in os.environ.items() if name not in drop}
        env.update(GSS_MECH_CONFIG=config, GSS_SSPI_WORK=work, KRB5_CONFIG='/dev/null',
                   KRB5CCNAME='FILE:' + os.path.join(work, 'no-ticket'))
        sys.stdout.flush()
        here = os.path.abspath(__file__)
        os.chdir(work)
        return os.spawnve(os.P_WAIT, sys.executable, [sys.executable, here], env)
    finally:
        shutil.rmtree(work)


if 'GSS_SSPI_WORK' not in os.environ:
    STATUS = start_again()
    if STATUS < 0:
        print(f'Bail out! ended by signal {-STATUS}')
    sys.exit(1 if STATUS else 0)

try:
    import gssapi
    from gssapi import raw
except ImportError:
    print('1..0 # SKIP missing packages: python3-gssapi')
    sys.exit(0)

WORK = os.environ['GSS_SSPI_WORK']
NTLM = raw.OID.from_int_seq(NTLM_OID)
SPNEGO = raw.OID.from_int_seq('1.3.6.1.5.5.2')
SSPI_SESSION_KEY = raw.OID.from_int_seq('1.2.840.113554.1.2.2.5.5')
SASL_SSF = raw.OID.from_int_seq('1.2.840.113554.1.2.2.5.15')
MUTUAL, REPLAY, SEQUENCE, CONF, INTEG, CHANNEL_BOUND = 2, 4, 8, 16, 32, 0x800
PROTECTED = CONF | INTEG | REPLAY | SEQUENCE


# ---- credentials ---------------------------------------------------------------------------------

def private_file(name, text, mode=0o600):
    path = os.path.join(WORK, name)
    with open(path, 'w', encoding='utf-8') as out:
        os.fchmod(out.fileno(), mode)
        out.write(text)
    return path


ACCOUNTS = private_file('accounts', f'DEMO:alice:{PASSWORD}\nDEMO:zoë:{ZOE_PASSWORD}\n')
ALICE = private_file('alice', f'DEMO:alice:{PASSWORD}\n')
WRONG_ALICE = private_file('wrong', f'DEMO:alice:{WRONG}\n')
NOBODY = private_file('nobody', f'DEMO:nobody:{PASSWORD}\n')
ZOE = private_file('zoe', f'DEMO:zoë:{ZOE_PASSWORD}\n')


def user(text):
    return raw.import_name(text.encode(), raw.NameType.user)


def service(text=f'HTTP@{HOST}'):
    return raw.import_name(text.encode(), raw.NameType.hostbased_service)


def by_file(path=ALICE, mech=NTLM):
    """An initiator's credential; of SPNEGO cut to NTLM when mech is SPNEGO."""
    return cut(raw.acquire_cred_from({'ntlmssp_keyfile': path}, mechs=[mech],
                                     usage='initiate').creds, mech)


def by_password(name='DEMO\\alice', password=PASSWORD, mech=NTLM):
    return cut(raw.acquire_cred_with_password(user(name), password.encode(), mechs=[mech],
                                              usage='initiate').creds, mech)


def cut(cred, mech):
    if mech == SPNEGO:
        raw.set_neg_mechs(cred, [NTLM])
    return cred


def acceptor(path=ACCOUNTS, mech=NTLM):
    return raw.acquire_cred_from({'ntlmssp_keyfile': path}, mechs=[mech], usage='accept').creds


# ---- handshake -----------------------------------------------------------------------------------

class Pair:
    """Both ends. run() steps them to the end; tamper(leg, token) may change what is on the way."""

    def __init__(self, init_cred, accept_cred=None, mech=NTLM, flags=PROTECTED, init_bindings=None,
                 accept_bindings=None):
        self.init_cred, self.mech, self.flags = init_cred, mech, flags
        self.accept_cred = accept_cred or acceptor(mech=mech)
        self.init_bindings, self.accept_bindings = init_bindings, accept_bindings
        self.client = self.server = None
        self.client_flags = self.server_flags = 0
        self.client_open = self.server_open = False
        self.peer_name = self.server_mech = None

    def init(self, token):
        result = raw.init_sec_context(service(), self.init_cred, self.client, self.mech, self.flags,
                                      channel_bindings=self.init_bindings, input_token=token)
        self.client, self.client_open = result.context, not result.more_steps
        self.client_flags = int(result.flags)
        return result.token

    def accept(self, token):
        result = raw.accept_sec_context(token, self.accept_cred, self.server, self.accept_bindings)
        self.server, self.server_open = result.context, not result.more_steps
        self.server_flags, self.peer_name = int(result.flags), result.initiator_name
        self.server_mech = result.mech
        return result.token

    def run(self, tamper=lambda leg, token: token):
        leg, token = 0, None
        while not (self.client_open and self.server_open):
            assert leg < 10, 'no end'
            if leg % 2 == 0:
                token = self.init(token)
            else:
                token = self.accept(token)
            token = tamper(leg, token)
            leg += 1
        return self

    def directions(self):
        return ((self.client, self.server), (self.server, self.client))


@contextlib.contextmanager
def refused(*words, without=()):
    """The block ends in a GSS error whose text has all these words and none of the others."""
    try:
        yield
    except raw.GSSError as error:
        text = str(error)
        for word in words:
            assert word in text, f'{word!r} is not in: {text}'
        for word in without:
            assert word not in text, f'{word!r} is in the error text'
    else:
        raise AssertionError('was not refused')


def display(name):
    return raw.display_name(name).name.decode()


def flipped(token, at):
    return token[:at] + bytes([token[at] ^ 0x40]) + token[at + 1:]


CHECKS = []


def check(name, mechs=('NTLM', 'SPNEGO')):
    """Registers a check, run once for each mechanism; the function gets its OID."""
    def register(function):
        for mech in mechs:
            CHECKS.append((f'{mech}: {name}', function, {'NTLM': NTLM, 'SPNEGO': SPNEGO}[mech]))
        return function
    return register


# ---- login ---------------------------------------------------------------------------------------

@check('login with an account of a key file')
def login_by_file(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    assert display(pair.peer_name) == 'DEMO\\alice', display(pair.peer_name)
    assert pair.server_mech == NTLM, pair.server_mech


@check('login with a password, DOMAIN\\user and user@DOMAIN (P51)')
def login_by_password(mech):
    for name in ('DEMO\\alice', 'alice@DEMO'):
        pair = Pair(by_password(name, mech=mech), mech=mech).run()
        assert display(pair.peer_name) == 'DEMO\\alice', display(pair.peer_name)


@check('non-ASCII user and password')
def login_non_ascii(mech):
    for cred in (by_file(ZOE, mech), by_password('DEMO\\zoë', ZOE_PASSWORD, mech)):
        assert display(Pair(cred, mech=mech).run().peer_name) == 'DEMO\\zoë'


@check('wrong password: a text that names the user and no secret (N443, N449)')
def wrong_password(mech):
    for cred in (by_file(WRONG_ALICE, mech), by_password(password=WRONG, mech=mech)):
        with refused('alice', without=(PASSWORD, WRONG)):
            Pair(cred, mech=mech).run()


@check('unknown user: refused with the same minor code as a wrong password (N443)')
def unknown_user(mech):
    codes = []
    for path, word in ((NOBODY, 'nobody'), (WRONG_ALICE, 'alice')):
        try:
            Pair(by_file(path, mech), mech=mech).run()
        except raw.GSSError as error:
            assert word in str(error), str(error)
            codes.append((error.maj_code, error.min_code))
    assert len(codes) == 2 and codes[0] == codes[1], codes


@check('a login works after refused ones (P47)')
def login_after_refusal(mech):
    cred = acceptor(mech=mech)
    with refused():
        Pair(by_file(WRONG_ALICE, mech), cred, mech=mech).run()
    Pair(by_file(mech=mech), cred, mech=mech).run()


@check('a changed octet in each token is refused or changes nothing')
def tampered_tokens(mech):
    tokens = []
    Pair(by_file(mech=mech), mech=mech).run(lambda leg, token: tokens.append(token) or token)
    refusals = 0
    for leg, token in enumerate(tokens):
        for at in range(0, len(token or b''), 7):
            pair = Pair(by_file(mech=mech), mech=mech)
            try:
                pair.run(lambda now, t: flipped(t, at) if now == leg and at < len(t) else t)
            except raw.GSSError:
                refusals += 1
                continue
            assert display(pair.peer_name) == 'DEMO\\alice'
            assert pair.server_flags & PROTECTED == PROTECTED
            assert raw.unwrap(pair.server, raw.wrap(pair.client, b'x').message).message == b'x'
    assert refusals > 10, refusals


@check('truncated tokens are refused')
def truncated_tokens(mech):
    tokens = []
    Pair(by_file(mech=mech), mech=mech).run(lambda leg, token: tokens.append(token) or token)
    for leg, token in enumerate(tokens):
        # One octet stays: an empty first token is not a truncated one but asks for a dialogue.
        for keep in range(1, len(token or b''), 9):
            with refused():
                Pair(by_file(mech=mech), mech=mech).run(
                    lambda now, t: t[:keep] if now == leg else t)


@check('high-level SecurityContext, errors not deferred (P49)')
def high_level(mech):
    gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False

    def contexts(path):
        client = gssapi.SecurityContext(
            name=gssapi.Name(service()), creds=gssapi.Credentials(by_file(path, mech)), mech=mech,
            usage='initiate', flags=PROTECTED)
        server = gssapi.SecurityContext(creds=gssapi.Credentials(acceptor(mech=mech)),
                                        usage='accept')
        token = client.step()
        while not (client.complete and server.complete):
            token = server.step(token)
            token = client.step(token) if not client.complete else token
        return client, server

    client, server = contexts(ALICE)
    assert str(server.initiator_name) == 'DEMO\\alice'
    assert server.decrypt(client.encrypt(b'hello')) == b'hello'
    with refused('alice'):
        contexts(WRONG_ALICE)


# ---- what contexts say ---------------------------------------------------------------------------

@check('inquire_context tells names, flags and role of both ends')
def inquire_context(mech):
    pair = Pair(by_file(mech=mech), mech=mech, flags=PROTECTED | MUTUAL).run()
    for context, ours in ((pair.client, True), (pair.server, False)):
        info = raw.inquire_context(context)
        assert display(info.initiator_name) == 'DEMO\\alice', display(info.initiator_name)
        assert info.locally_init == ours and info.complete
        assert int(info.flags) & PROTECTED == PROTECTED, info.flags
        assert not int(info.flags) & MUTUAL, 'MUTUAL was not negotiated (N308)'
        assert info.lifetime is None and raw.context_time(context) in (None, 0xffffffff)
        assert info.mech == NTLM, info.mech
    target = display(raw.inquire_context(pair.client).target_name)
    assert HOST in target, target


@check('flags that were not asked are not reported as if they were (N308)', mechs=('NTLM',))
def flags_without_protection(mech):
    pair = Pair(by_file(mech=mech), mech=mech, flags=0).run()
    for flags in (pair.client_flags, pair.server_flags):
        assert not flags & (CONF | MUTUAL), hex(flags)
    assert not pair.client_flags & CONF
    integ = Pair(by_file(mech=mech), mech=mech, flags=INTEG).run()
    assert integ.client_flags & INTEG and integ.server_flags & INTEG
    assert not integ.server_flags & CONF


@check('both ends have the same session key of 16 octets (P42, N208)')
def session_key(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    keys = [raw.inquire_sec_context_by_oid(c, SSPI_SESSION_KEY)[0]
            for c in (pair.client, pair.server)]
    assert len(keys[0]) == 16 and keys[0] == keys[1]
    other = Pair(by_file(mech=mech), mech=mech).run()
    assert raw.inquire_sec_context_by_oid(other.client, SSPI_SESSION_KEY)[0] != keys[0]


@check('SASL SSF: 64 with sealing, 1 with signing only (N207)')
def sasl_ssf(mech):
    for flags, ssf in ((PROTECTED, 64), (INTEG, 1)):
        pair = Pair(by_file(mech=mech), mech=mech, flags=flags).run()
        for context in (pair.client, pair.server):
            value = raw.inquire_sec_context_by_oid(context, SASL_SSF)
            assert int.from_bytes(value[0], 'big') == ssf, value


@check('export and import of a context, messages go on (P43)')
def export_context(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    raw.unwrap(pair.server, raw.wrap(pair.client, b'before').message)
    pair.server = raw.import_sec_context(raw.export_sec_context(pair.server))
    pair.client = raw.import_sec_context(raw.export_sec_context(pair.client))
    exchange(pair, b'after')
    assert display(raw.inquire_context(pair.server).initiator_name) == 'DEMO\\alice'


# ---- messages ------------------------------------------------------------------------------------

SIZES = (0, 1, 16, 1024, 4096, 100000)


def exchange(pair, message):
    for sender, receiver in pair.directions():
        wrapped = raw.wrap(sender, message)
        assert raw.unwrap(receiver, wrapped.message).message == message
        assert raw.verify_mic(receiver, message, raw.get_mic(sender, message)) == 0


@check('wrap and unwrap, get_mic and verify_mic, both directions, sealed')
def messages_sealed(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    for size in SIZES:
        message = os.urandom(size)
        exchange(pair, message)
        wrapped = raw.wrap(pair.client, message)
        assert wrapped.encrypted and (size < 16 or message not in wrapped.message)
        assert raw.unwrap(pair.server, wrapped.message).encrypted
        raw.unwrap(pair.server, raw.wrap(pair.client, message, confidential=False).message)


@check('wrap and unwrap, get_mic and verify_mic, signing only (P31)')
def messages_signed(mech):
    pair = Pair(by_file(mech=mech), mech=mech, flags=INTEG).run()
    for size in SIZES:
        exchange(pair, os.urandom(size))
        wrapped = raw.wrap(pair.client, b'm' * size, confidential=True)
        assert not wrapped.encrypted
        result = raw.unwrap(pair.server, wrapped.message)
        assert result.message == b'm' * size and not result.encrypted


@check('a bad or repeated message is refused, the next good one accepted (N365, N366)')
def bad_messages(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    good = raw.wrap(pair.client, b'message 1').message
    for at in range(len(good)):
        with refused():
            raw.unwrap(pair.server, flipped(good, at))
    for length in range(len(good)):
        with refused():
            raw.unwrap(pair.server, good[:length])
    assert raw.unwrap(pair.server, good).message == b'message 1'
    with refused():
        raw.unwrap(pair.server, good)
    mic = raw.get_mic(pair.client, b'message 2')
    for message, token in ((b'message 3', mic), (b'message 2', flipped(mic, 5)),
                           (b'message 2', mic[:15]), (b'message 2', mic + b'x')):
        with refused():
            raw.verify_mic(pair.server, message, token)
    raw.verify_mic(pair.server, b'message 2', mic)


@check('wrap_size_limit is exact (P48)')
def wrap_size_limit(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    for size in (100, 4096, 65536):
        limit = raw.wrap_size_limit(pair.client, size)
        for length, fits in ((limit, True), (limit + 1, False)):
            token = raw.wrap(pair.client, b'x' * length).message
            raw.unwrap(pair.server, token)
            assert (len(token) <= size) == fits, (size, limit, len(token))


def iov(*buffers):
    return raw.IOV(raw.IOVBufferType.header, *buffers, std_layout=False)


@check('IOV: seal in place, stream, changed data (N368)')
def iov_messages(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    sign_only = raw.IOVBufferType.sign_only
    for sender, receiver in pair.directions():
        sent = iov(b'first part ', (sign_only, b'not secret'), b'second part')
        raw.wrap_iov_length(sender, sent)
        assert len(sent[0].value) == 16, len(sent[0].value)
        assert raw.wrap_iov(sender, sent)
        parts = [buffer.value for buffer in sent]
        assert parts[1] != b'first part ' and parts[2] == b'not secret'

        def received(values):
            return raw.IOV((raw.IOVBufferType.header, False, values[0]), (values[1]),
                           (sign_only, False, values[2]), (values[3]), std_layout=False)
        for index in range(4):
            changed = list(parts)
            changed[index] = flipped(parts[index], len(parts[index]) - 1)
            with refused():
                raw.unwrap_iov(receiver, received(changed))
        whole = received(parts)
        raw.unwrap_iov(receiver, whole)
        assert [b.value for b in whole][1:] == [b'first part ', b'not secret', b'second part']
        token = raw.wrap(sender, b'as a stream').message
        # The caller frees what it gets here, so the mechanism allocates it.
        stream = raw.IOV((raw.IOVBufferType.stream, False, token),
                         (raw.IOVBufferType.data, True, None), std_layout=False)
        raw.unwrap_iov(receiver, stream)
        assert stream[1].value == b'as a stream', stream[1].value


@check('IOV: get_mic and verify_mic (N368)')
def iov_mic(mech):
    pair = Pair(by_file(mech=mech), mech=mech).run()
    for sender, receiver in pair.directions():
        signed = raw.IOV(b'one ', b'two', raw.IOVBufferType.mic_token, std_layout=False)
        raw.get_mic_iov_length(sender, signed)
        raw.get_mic_iov(sender, signed)
        mic = signed[2].value
        assert len(mic) == 16, len(mic)

        def received(last):
            return raw.IOV(b'one ', last, (raw.IOVBufferType.mic_token, False, mic),
                           std_layout=False)
        with refused():
            raw.verify_mic_iov(receiver, received(b'twO'))
        raw.verify_mic_iov(receiver, received(b'two'))


# ---- channel bindings ----------------------------------------------------------------------------

def bindings(data):
    return raw.ChannelBindings(application_data=data)


@check('channel bindings: equal, different, on one side only (N328, P37)')
def channel_bindings(mech):
    one, two = bindings(b'tls-server-end-point:one'), bindings(b'tls-server-end-point:two')
    pair = Pair(by_file(mech=mech), mech=mech, init_bindings=one, accept_bindings=one).run()
    assert pair.server_flags & CHANNEL_BOUND, hex(pair.server_flags)
    try:
        Pair(by_file(mech=mech), mech=mech, init_bindings=one, accept_bindings=two).run()
        raise AssertionError('different bindings were accepted')
    except raw.BadChannelBindingsError:
        pass
    for init_bindings, accept_bindings in ((one, None), (None, one)):
        pair = Pair(by_file(mech=mech), mech=mech, init_bindings=init_bindings,
                    accept_bindings=accept_bindings).run()
        assert not pair.server_flags & CHANNEL_BOUND, hex(pair.server_flags)


# ---- names ---------------------------------------------------------------------------------------

@check('names: display, compare, export, import, duplicate (N401 to N409)', mechs=('NTLM',))
def names(mech):
    for text, shown in (('foo', 'foo'), ('BAR\\foo', 'BAR\\foo'), ('foo@BAR', 'BAR\\foo'),
                        ('foo@bar.example.com', 'foo@bar.example.com'), ('DEMO\\zoë', 'DEMO\\zoë')):
        name = raw.canonicalize_name(user(text), mech)
        assert display(name) == shown, display(name)
        again = raw.import_name(raw.export_name(name), raw.NameType.export)
        assert raw.compare_name(name, again), text
        assert raw.compare_name(name, raw.canonicalize_name(user(shown), mech)), text
        assert display(raw.duplicate_name(name)) == shown

    def same(a, b):
        return raw.compare_name(raw.canonicalize_name(user(a), mech),
                                raw.canonicalize_name(user(b), mech))
    assert same('BAR\\foo', 'bar\\FOO') and same('DEMO\\zoë', 'DEMO\\ZOË')
    assert not same('BAR\\foo', 'foo') and not same('BAR\\foo', 'BAR\\fo')


@check('names that are refused (N406)', mechs=('NTLM',))
def bad_names(mech):
    for text in ('\\', 'BAR\\', '@foo', 'u' * 2000):
        with refused():
            raw.canonicalize_name(user(text), mech)


@check('a service name becomes an SPN (N408)', mechs=('NTLM',))
def service_name(mech):
    name = raw.canonicalize_name(service(), mech)
    assert HOST in display(name) and 'HTTP' in display(name), display(name)
    again = raw.import_name(raw.export_name(name), raw.NameType.export)
    assert raw.compare_name(name, again)


# ---- credentials ---------------------------------------------------------------------------------

@check('inquire_cred tells name, usage, mechanism', mechs=('NTLM',))
def inquire_cred(mech):
    for cred in (by_file(mech=mech), by_password(mech=mech)):
        info = raw.inquire_cred(cred)
        assert display(info.name) == 'DEMO\\alice', display(info.name)
        assert info.usage == 'initiate' and set(info.mechs) == {mech}, info
        assert info.lifetime is None or info.lifetime > 0, info.lifetime
    info = raw.inquire_cred(acceptor(mech=mech))
    assert info.usage == 'accept', info
    display(info.name)  # N410: there is a name


@check('one credential for both roles (N418)')
def both_roles(mech):
    cred = raw.acquire_cred_from({'ntlmssp_keyfile': ALICE}, mechs=[mech], usage='both').creds
    pair = Pair(cut(cred, mech), cred, mech=mech).run()
    assert display(pair.peer_name) == 'DEMO\\alice'


@check('export and import of a credential (N418)', mechs=('NTLM',))
def export_cred(mech):
    for cred in (by_file(mech=mech), by_password(mech=mech)):
        copy = raw.import_cred(raw.export_cred(cred))
        assert display(raw.inquire_cred(copy).name) == 'DEMO\\alice'
        assert display(Pair(copy, mech=mech).run().peer_name) == 'DEMO\\alice'


@check('store keys: domain, password, NT hash, unknown and foreign ones (N416)', mechs=('NTLM',))
def store_keys(mech):
    def acquire(name=None, **store):
        # Octets, as the raw interface keeps no copies of text.
        encoded = {key.encode(): value.encode() for key, value in store.items()}
        return raw.acquire_cred_from(encoded, name=name, mechs=[mech], usage='initiate').creds
    for cred in (acquire(user('DEMO\\alice'), ntlmssp_password=PASSWORD),
                 acquire(user('alice'), ntlmssp_domain='DEMO', password=PASSWORD),
                 acquire(user('DEMO\\alice'), ntlmssp_nthash=NT_HASH),
                 acquire(ntlmssp_keyfile=ALICE, keytab='FILE:/nowhere', ccache='x')):
        assert display(Pair(cred, mech=mech).run().peer_name) == 'DEMO\\alice'
    with refused('ntlmssp_colour'):
        acquire(ntlmssp_keyfile=ALICE, ntlmssp_colour='red')
    with refused(without=(NT_HASH[2:],)):
        acquire(user('DEMO\\alice'), ntlmssp_nthash=NT_HASH[2:])


# MD4 of the password in UTF-16, written down because OpenSSL 3 has MD4 only in its legacy provider.
NT_HASH = 'f79876a496c63ce074e4fbc64e8b7f2d'


@check('unusable key files: the text names file and cause (N428, N442)', mechs=('NTLM',))
def bad_key_files(mech):
    line = f'DEMO:alice:{PASSWORD}\n'
    link = os.path.join(WORK, 'link')
    os.symlink(ALICE, link)
    for path, word in (
            (os.path.join(WORK, 'missing'), ''),
            (private_file('open', line, 0o644), 'chmod'),
            (private_file('group', line, 0o660), 'chmod'),
            (private_file('empty', ''), ''),
            (private_file('broken', '# comment\nno colon at all\n'), '2'),
            (private_file('long', '# x\nDEMO:alice:' + 'x' * 9000 + '\n'), '2'),
            (WORK, ''), (link, '')):
        with refused(path, word, without=(PASSWORD,)):
            by_file(path)
        with refused(path, word, without=(PASSWORD,)):
            Pair(by_file(), acceptor(path)).run()


@check('no credential at all: acquire fails and says where it looked (N201, N440)',
       mechs=('NTLM',))
def no_credential(mech):
    with refused():
        raw.acquire_cred(mechs=[mech], usage='initiate')


def main():
    failures = 0
    for number, (name, function, mech) in enumerate(CHECKS, 1):
        try:
            function(mech)
            print(f'ok {number} - {name}')
        except Exception:  # pylint: disable=broad-except
            failures += 1
            print(f'not ok {number} - {name}')
            for line in traceback.format_exc().rstrip().splitlines()[-6:]:
                print('#', line)
        sys.stdout.flush()
    print(f'1..{len(CHECKS)}')
    return 1 if failures else 0


sys.exit(main())
