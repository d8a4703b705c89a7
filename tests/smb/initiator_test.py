# SPDX-License-Identifier: MIT
"""SMB servers with an NTLM of their own judge the session key of our initiator. Prints TAP.

Debian's smbd (P75, P76) and impacket's server, which never grants SIGN (P77). GSS_SSPI_MODULE names
gss_ntlm.so.
"""
import itertools
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

# pylint: disable=wrong-import-position
import private_host

private_host.enter('smbhost', (('smbd', 'samba'), ('smbpasswd', 'samba-common-bin'),
                               ('smbclient', 'smbclient')),
                   (('gssapi', 'python3-gssapi'), ('impacket', 'python3-impacket')))

from gssapi.raw import GSSError
from impacket.nmb import NetBIOSError
from impacket.smb3 import SessionError
from impacket.smb3structs import (
    SMB2_DIALECT_002, SMB2_DIALECT_21, SMB2_DIALECT_30, SMB2_DIALECT_311)

import smb_keys
import smbd
from accounts import ALICE, REFUSED, ZOE
from gss_ends import INTEG, MUTUAL, NTLM, SPNEGO, Initiator, has_mech_list_mic
from smb_client import BadSignature, Client, names
from smbd import ENCRYPTED_SHARE, SHARE, UNIX_IDS, Smbd
from steps import (
    CONTENT, REFUSED_LOGIN, access_refused, expect, login_refused, printed, refused,
    smbclient_refused, start_server, use_files, use_files_with_smbclient, works)

MECHS = {'SPNEGO': SPNEGO, 'NTLM': NTLM}
FLAGS = {'with INTEG': INTEG, 'without INTEG': MUTUAL}
DIALECTS = {'2.1': SMB2_DIALECT_21, '3.0': SMB2_DIALECT_30, '3.1.1': SMB2_DIALECT_311}
STOCK = '127.0.0.2'


def initiator(account=ALICE, mech=SPNEGO, flags=INTEG):
    return Initiator(account.name(), account.password, mech, flags)


# ---- P75 -----------------------------------------------------------------------------------------

def processes_with_module():
    return {int(maps.parent.name) for maps in pathlib.Path('/proc').glob('[0-9]*/maps')
            if '/gss_ntlm.so' in maps.read_text(encoding='utf-8')}


def baseline(tap, world, server):
    """smbclient and smbd without us."""
    for account in (ALICE, ZOE):
        with works(tap, f'P75 smbclient and smbd: {account.name()}', server.log):
            use_files_with_smbclient(world, smbd.ADDRESS, SHARE, account)
            expect(server.logins()[-1], (account.name(), 'NTLMv2', 'NT_STATUS_OK'))
    for name, account in REFUSED.items():
        smbclient_refused(tap, f'P75 smbclient and smbd: {name}', smbd.ADDRESS, SHARE, account,
                          REFUSED_LOGIN)
    # This process shows that the search would find it.
    with Client(smbd.ADDRESS, SMB2_DIALECT_311) as client:
        client.login_with(initiator())
        loaded = processes_with_module()
        tap.check('P75 smbd does not load the module, and neither does its process for a client',
                  loaded == {os.getpid()}, loaded)


# ---- P76 -----------------------------------------------------------------------------------------

def log_in_and_work(server, account, mech, flags, dialect, encrypt):
    ours = initiator(account, mech, flags)
    name = f'{dialect:x}-{len(os.listdir(server.path("files")))}'
    share = ENCRYPTED_SHARE if encrypt else SHARE
    with Client(smbd.ADDRESS, dialect) as client:
        client.login_with(ours, encrypt=encrypt)
        expect(client.getDialect(), dialect)
        use_files(client, share, name)
        assert client.is_own_user(), 'guest or anonymous'
    # What smbd says, and what is on its disk.
    expect(server.logins()[-1], (account.name(), 'NTLMv2', 'NT_STATUS_OK'))
    file = pathlib.Path(server.path('files', name))
    expect(file.read_bytes(), CONTENT)
    expect(file.stat().st_uid, UNIX_IDS[account.user])
    # Without INTEG the key is the same kind of thing, and signs as well.
    expect(bool(ours.flags & INTEG), mech == SPNEGO or flags == INTEG)
    expect(ours.mech_list_mics, {'sent', 'received'} if mech == SPNEGO else set())


def logins(tap, server):
    for (mech, oid), (asked, flags), (text, dialect), encrypt in itertools.product(
            MECHS.items(), FLAGS.items(), DIALECTS.items(), (False, True)):
        if encrypt and dialect < SMB2_DIALECT_30:
            continue
        with works(tap, f'P76 {mech} {asked}, {text} {"encrypted" if encrypt else "signed"}',
                   server.log):
            log_in_and_work(server, ALICE, oid, flags, dialect, encrypt)


def users(tap, server):
    for mech, oid in MECHS.items():
        with works(tap, f'P76 {mech}: {ZOE.name()}', server.log):
            log_in_and_work(server, ZOE, oid, INTEG, SMB2_DIALECT_311, False)
        for name, account in REFUSED.items():
            with login_refused(tap, f'P76 {mech}: {name}'), \
                    Client(smbd.ADDRESS, SMB2_DIALECT_311) as client:
                client.login_with(initiator(account, oid))


class ChangedMic(Initiator):
    """Changes the mechListMIC that it sends, or the one it received."""

    def __init__(self, side):
        super().__init__(ALICE.name(), ALICE.password)
        self.side, self.changed = side, 0

    def change(self, side, token):
        if side != self.side or not has_mech_list_mic(token or b''):
            return token
        self.changed += 1
        return token[:-1] + bytes([token[-1] ^ 1])

    def step(self, token):
        return self.change('sent', super().step(self.change('received', token)))


def changed_mics(tap):
    for side, error in (('sent', SessionError), ('received', GSSError)):
        ours = ChangedMic(side)
        with refused(tap, f'P76 SPNEGO: a changed mechListMIC is refused, {side}', error=error), \
                Client(smbd.ADDRESS, SMB2_DIALECT_311) as client:
            client.login_with(ours)
        tap.check(f'P76 SPNEGO: there was one, {side}', ours.changed == 1, ours.changed)


def lower_levels(tap, server):
    """NTLMv1 with extended session security: another session key. smbd is told to take it."""
    for level in ('1', '2'):
        os.environ['LM_COMPAT_LEVEL'] = level
        with works(tap, f'P76 level {level}, NTLMv1, 3.1.1 signed', server.log), \
                Client(smbd.ADDRESS, SMB2_DIALECT_311) as client:
            client.login_with(initiator())
            use_files(client, SHARE, f'level{level}')
            expect(server.logins()[-1], (ALICE.name(), 'NTLMv1', 'NT_STATUS_OK'))
    del os.environ['LM_COMPAT_LEVEL']


def judge(tap, server):
    """Would smbd, and our eyes on smbd, notice another key? One bit of it is changed."""
    for text, dialect in DIALECTS.items():
        with access_refused(tap, f'P76 control, {text}: smbd refuses what another key signed'), \
                Client(smbd.ADDRESS, dialect) as client:
            client.login_with(initiator(), key_of=smb_keys.flip, verify=False)
            names(client, SHARE)
        with refused(tap, f'P76 control, {text}: smbd signs with another key than the changed one',
                     error=BadSignature), Client(smbd.ADDRESS, dialect) as client:
            client.login_with(initiator(), key_of=smb_keys.flip)
    for text, dialect in DIALECTS.items():
        with access_refused(tap, f'P76 control, {text}: smbd refuses what is not signed'), \
                Client(smbd.ADDRESS, dialect) as client:
            client.login_with(initiator(), verify=False)
            client.sign_no_more()
            names(client, SHARE)
        if dialect < SMB2_DIALECT_30:
            continue
        with refused(tap, f'P76 control, {text}: smbd takes nothing that another key encrypted',
                     error=NetBIOSError), Client(smbd.ADDRESS, dialect) as client:
            client.login_with(initiator(), encrypt=True, key_of=smb_keys.flip)
            names(client, SHARE)
        # smbd's signature of just this refusal is not one that the key of the login makes.
        with access_refused(tap, f'P76 control, {text}: the encrypted share is that'), \
                Client(smbd.ADDRESS, dialect) as client:
            client.login_with(initiator(), verify=False)
            client.encrypt_nothing()
            names(client, ENCRYPTED_SHARE)
    with works(tap, 'P76 smbd goes on after all of that', server.log):
        log_in_and_work(server, ALICE, SPNEGO, INTEG, SMB2_DIALECT_311, False)
        assert server.server.process.poll() is None, 'ended'
        for text in ('PANIC', 'INTERNAL ERROR'):
            assert text not in server.log(), text


# ---- P77 -----------------------------------------------------------------------------------------

def without_signing(tap, world):
    """impacket's server grants no SIGN: P28, N306."""
    server = start_server(world, STOCK, '--stock', f'{ALICE.user}:{ALICE.password}')

    def log_in(account=ALICE, **options):
        ours = initiator(account, **options)
        with Client(STOCK, SMB2_DIALECT_002) as client:
            client.login_with(ours)
            use_files(client, SHARE, f'{account.user}.txt')
            assert client.is_own_user(), 'guest or anonymous'
        return ours

    with works(tap, 'P77 raw NTLM without INTEG: no INTEG, and the same key', server.tail):
        expect(log_in(mech=NTLM, flags=MUTUAL).flags & INTEG, 0)
        assert f'{ALICE.user} authenticated successfully' in printed(server), 'who says so?'
    for name, account in REFUSED.items():
        with login_refused(tap, f'P77 raw NTLM without INTEG: {name}'):
            log_in(account, mech=NTLM, flags=MUTUAL)
    for name, options in (('raw NTLM with INTEG', {'mech': NTLM}), ('SPNEGO', {'flags': MUTUAL})):
        try:
            log_in(**options)
            tap.check(f'P77 {name}: refused by us', False, 'not refused')
        except GSSError as error:
            tap.check(f'P77 {name}: refused by us, and the text names SIGN',
                      'does not grant signing (INTEG, NTLMSSP_NEGOTIATE_SIGN)' in str(error), error)
    with works(tap, 'P77 the server goes on', server.tail):
        log_in(mech=NTLM, flags=MUTUAL)
        assert server.process.poll() is None, 'ended'


def main():
    tap = private_host.Tap()
    with private_host.World() as world:
        world.register(os.environ['GSS_SSPI_MODULE'])
        server = Smbd(world, (ALICE, ZOE))
        baseline(tap, world, server)
        logins(tap, server)
        users(tap, server)
        changed_mics(tap)
        lower_levels(tap, server)
        judge(tap, server)
        without_signing(tap, world)
    return tap.finish()


sys.exit(main())
