# SPDX-License-Identifier: MIT
"""Logins with python3-gssapi, both ends in this process, and what each end says of them."""
import base64
import ctypes
import dataclasses
import time

from gssapi import raw

NTLM = raw.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')
KRB5 = raw.OID.from_int_seq('1.2.840.113554.1.2.2')
SPNEGO = raw.OID.from_int_seq('1.3.6.1.5.5.2')
MECHS = {'NTLM': NTLM, 'SPNEGO': SPNEGO, 'krb5': KRB5}
SSPI_SESSION_KEY = raw.OID.from_int_seq('1.2.840.113554.1.2.2.5.5')
MUTUAL, REPLAY, SEQUENCE, CONF, INTEG = 2, 4, 8, 16, 32
NO_CI_FLAGS = raw.OID.from_int_seq('1.2.752.43.13.29')
TARGET = 'host@member1.realm.test'
PROTECTED = REPLAY | SEQUENCE | CONF | INTEG


class Refused(Exception):
    """A call that failed, with the texts of both statuses."""

    def __init__(self, end, error):
        self.end, self.major = end, error.maj_code
        self.minor_text = '; '.join(error.get_all_statuses(error.min_code, False))
        self.text = str(error)
        super().__init__(f'{end}: {self.text}')


def call(end, function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except raw.GSSError as error:
        raise Refused(end, error) from None


def service(text):
    return raw.import_name(text.encode(), raw.NameType.hostbased_service)


def display(name):
    return raw.display_name(name).name.decode()


def by_file(path, mech=NTLM):
    """Of SPNEGO cut to NTLM when mech is SPNEGO: a password would make Kerberos ask for tickets."""
    cred = call('initiator', raw.acquire_cred_from, {'ntlmssp_keyfile': path}, mechs=[mech],
                usage='initiate').creds
    return cut(cred) if mech == SPNEGO else cred


def by_default(mech=NTLM):
    """Of the usual sources; not cut."""
    return call('initiator', raw.acquire_cred, None, mechs=[mech], usage='initiate').creds


def cut(cred):
    raw.set_neg_mechs(cred, [NTLM])
    return cred


def acceptor(mech=NTLM, store=None):
    """Of the usual sources: without a file, winbind."""
    if store:
        return call('acceptor', raw.acquire_cred_from, store, mechs=[mech], usage='accept').creds
    return call('acceptor', raw.acquire_cred, None, mechs=[mech], usage='accept').creds


@dataclasses.dataclass
class Login:
    """Two open contexts."""
    client: object
    server: object
    name: object
    mech: object
    tokens: list

    def __str__(self):
        return display(self.name)

    def keys(self):
        return [raw.inquire_sec_context_by_oid(context, SSPI_SESSION_KEY)[0]
                for context in (self.client, self.server)]

    def messages_pass(self):
        """True when each end reads what the other one wrapped."""
        return all(raw.unwrap(to, raw.wrap(of, b'a message').message).message == b'a message'
                   for of, to in ((self.client, self.server), (self.server, self.client)))

    def attribute(self, name):
        return [value.decode() for value in raw.get_name_attribute(self.name, name.encode()).values]

    def attributes(self):
        return {attribute.decode() for attribute in raw.inquire_name(self.name).attrs}


def login(cred, mech=NTLM, target=TARGET, server_cred=None, flags=PROTECTED,
          tamper=lambda leg, token: token):
    """Raises Refused when an end refuses. tamper(leg, token) may change what is on the way."""
    server_cred = server_cred or acceptor(mech)
    client = server = token = answer = None
    tokens = []
    for leg in range(10):
        if leg % 2 == 0:
            step = call('initiator', raw.init_sec_context, service(target), cred, client, mech,
                        flags, input_token=token)
            client, client_open = step.context, not step.more_steps
        else:
            step = answer = call('acceptor', raw.accept_sec_context, token, server_cred, server)
            server = step.context
        if answer is not None and client_open and not answer.more_steps and (
                leg % 2 == 0 or not step.token):
            return Login(client, server, answer.initiator_name, answer.mech, tokens)
        token = tamper(leg, step.token)
        tokens.append(token)
    raise AssertionError('no end')


def talk_to_helper(ask, cred, mech):
    """A login at a program that speaks as squid's helpers: its last answer, and our session key in
    base64, None when we are not through."""
    client, token, command = None, None, 'YR'
    for _ in range(6):
        step = call('initiator', raw.init_sec_context, service(TARGET), cred, client, mech, PROTECTED,
                    input_token=token)
        client = step.context
        if not step.token:
            break
        answer = ask(f'{command} {base64.b64encode(step.token).decode()}')
        command, words = 'KK', answer.split()
        token = base64.b64decode(words[1]) if len(words) > 1 and words[0] in ('TT', 'AF') and (
            mech == SPNEGO or words[0] == 'TT') and words[1] != '*' else None
        if token is None:
            break
    key = None
    if not step.more_steps and answer.startswith('AF'):
        key = base64.b64encode(raw.inquire_sec_context_by_oid(client, SSPI_SESSION_KEY)[0]).decode()
    return answer, key


def local_name(user):
    """gss_localname of a user's NTLM name; None when there is none. python3-gssapi does not have it."""
    class Octets(ctypes.Structure):
        _fields_ = (('length', ctypes.c_size_t), ('value', ctypes.c_void_p))

    class Oid(ctypes.Structure):
        _fields_ = (('length', ctypes.c_uint32), ('elements', ctypes.c_char_p))

    library = ctypes.CDLL('libgssapi_krb5.so.2')
    minor, name, local = ctypes.c_uint32(), ctypes.c_void_p(), Octets()
    text = user.encode()
    octets = Octets(len(text), ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p))
    ntlm = Oid(10, bytes.fromhex('2b06010401823702020a'))
    user_name = ctypes.c_void_p.in_dll(library, 'GSS_C_NT_USER_NAME')
    assert library.gss_import_name(ctypes.byref(minor), ctypes.byref(octets), user_name,
                                   ctypes.byref(name)) == 0
    if library.gss_localname(ctypes.byref(minor), name, ctypes.byref(ntlm), ctypes.byref(local)):
        return None
    return ctypes.string_at(local.value, local.length).decode()


def timed(function, *arguments, **options):
    """What it gives or raises, and the seconds it took."""
    start = time.monotonic()
    try:
        result = function(*arguments, **options)
    except Refused as error:
        result = error
    return result, time.monotonic() - start
