# SPDX-License-Identifier: MIT
"""SMB clients with an NTLM of their own judge the session key of our acceptor. Prints TAP.

Samba's smbclient (P78) and impacket's client (P79), at an SMB server whose SESSION_SETUP is our
SPNEGO acceptor and which signs. GSS_SSPI_MODULE names gss_ntlm.so.
"""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

# pylint: disable=wrong-import-position
import private_host

private_host.enter('smbhost', (('smbclient', 'smbclient'),),
                   (('gssapi', 'python3-gssapi'), ('impacket', 'python3-impacket')))

from impacket import smb3
from impacket.smb3structs import SMB2_DIALECT_002, SMB2_DIALECT_21, SMB2_DIALECT_30

import smb_keys
from accounts import ALICE, DOMAIN, REFUSED, ZOE, ZOE_LATIN_1
from smb_client import names
from steps import (
    REFUSED_LOGIN, access_refused, expect, login_refused, printed, smbclient_refused, start_server,
    use_files, use_files_with_smbclient, works)

ADDRESS, FLIPPED, OLD = '127.0.0.2', '127.0.0.3', '127.0.0.4'
SHARE = 'files'
DIALECTS = {'2.0.2': SMB2_DIALECT_002, '2.1': SMB2_DIALECT_21, '3.0': SMB2_DIALECT_30}
# Our server has no 3.1.1: from a client that has it, it chooses 3.0, and the client asks whether
# somebody changed the offer on the way.
OFFERS = {'SMB2_02': SMB2_DIALECT_002, 'SMB2_10': SMB2_DIALECT_21, 'SMB3_00': SMB2_DIALECT_30,
          'SMB3_11': SMB2_DIALECT_30}
WRONG_PASSWORD = 'logon failure: unknown user or wrong password'


def logins(server):
    """The lines that say who logged in, or what was refused."""
    return [line for line in printed(server).splitlines() if line.startswith('login')]


def expect_login(server, account, dialect, mics='received and sent'):
    expect(logins(server)[-1], f'login: {account.name()} {dialect:#x} mechListMIC {mics}')


def expect_refusal(tap, server, name, account):
    """The server's own words: the peer sees a status only."""
    last = logins(server)[-1]
    tap.check(f'{name}: the server says whose',
              WRONG_PASSWORD in last and account.name() in last, last)


# ---- P78 -----------------------------------------------------------------------------------------

def smbclient_logins(tap, world, server):
    for text, dialect in OFFERS.items():
        with works(tap, f'P78 smbclient up to {text}, signed', server.tail):
            use_files_with_smbclient(world, ADDRESS, SHARE, ALICE, '-m', text)
            expect_login(server, ALICE, dialect)
    with works(tap, f'P78 smbclient: {ZOE.name()}', server.tail):
        use_files_with_smbclient(world, ADDRESS, SHARE, ZOE)
        expect_login(server, ZOE, SMB2_DIALECT_30)
    for name, account in REFUSED.items():
        smbclient_refused(tap, f'P78 smbclient: {name}', ADDRESS, SHARE, account, REFUSED_LOGIN)
        expect_refusal(tap, server, f'P78 smbclient: {name}', account)


def smbclient_judges(tap, world):
    """Would smbclient notice another key? One bit of it is changed at the server."""
    server = start_server(world, FLIPPED, '--flip-key', env=acceptor_environment(world))
    for text in ('SMB2_10', 'SMB3_00'):
        smbclient_refused(tap, f'P78 control, {text}: smbclient refuses what another key signed',
                          FLIPPED, SHARE, ALICE, 'NT_STATUS_ACCESS_DENIED', '-m', text)
        with works(tap, f'P78 control, {text}: only the key was wrong', server.tail):
            expect_login(server, ALICE, OFFERS[text])


def smbclient_old(tap, world):
    """NTLMv1 with extended session security has another session key; refused by default."""
    option = '--option=client ntlmv2 auth=no'
    smbclient_refused(tap, 'P78 smbclient with NTLMv1: refused at the default level', ADDRESS,
                      SHARE, ALICE, REFUSED_LOGIN, option)
    server = start_server(world, OLD, env=acceptor_environment(world, LM_COMPAT_LEVEL='2'))
    with works(tap, 'P78 smbclient with NTLMv1, signed: level 2', server.tail):
        use_files_with_smbclient(world, OLD, SHARE, ALICE, option)
        expect_login(server, ALICE, SMB2_DIALECT_30)


# ---- P79 -----------------------------------------------------------------------------------------

class Impacket(smb3.SMB3):
    """Its login is its own: NEGOTIATE has 32 octets (P20), neither NTLM nor SPNEGO a MIC (P41)."""

    def __init__(self, dialect):
        super().__init__(ADDRESS, ADDRESS, preferredDialect=dialect, timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.get_socket().close()

    def log_in(self, account):
        self.login(account.user, account.password, DOMAIN)

    def change_key(self):
        key = smb_keys.flip(self._Session['SessionKey'])
        self._Session['SessionKey'] = key
        self._Session['SigningKey'] = smb_keys.derive('SigningKey', SMB2_DIALECT_30, key)

    def sign_no_more(self):
        self._Session['SigningActivated'] = False


def impacket_logins(tap, server):
    for text, dialect in DIALECTS.items():
        with works(tap, f'P79 impacket, {text} signed', server.tail), Impacket(dialect) as client:
            client.log_in(ALICE)
            use_files(client, SHARE, f'impacket-{text}')
            expect_login(server, ALICE, dialect, 'none')
    with works(tap, f'P79 impacket: {ZOE_LATIN_1.name()}', server.tail), \
            Impacket(SMB2_DIALECT_30) as client:
        client.log_in(ZOE_LATIN_1)
        use_files(client, SHARE, 'impacket-latin-1')
        expect_login(server, ZOE_LATIN_1, SMB2_DIALECT_30, 'none')
    for name, account in REFUSED.items():
        with login_refused(tap, f'P79 impacket: {name}'), Impacket(SMB2_DIALECT_30) as client:
            client.log_in(account)
        expect_refusal(tap, server, f'P79 impacket: {name}', account)


def server_judges(tap):
    """The server of the test refuses what it should; else P78 and P79 would say less."""
    for text, dialect in DIALECTS.items():
        with access_refused(tap, f'P79 control, {text}: what another key signed is refused'), \
                Impacket(dialect) as client:
            client.log_in(ALICE)
            client.change_key()
            names(client, SHARE)
    with access_refused(tap, 'P79 control: what is not signed is refused'), \
            Impacket(SMB2_DIALECT_30) as client:
        client.log_in(ALICE)
        client.sign_no_more()
        names(client, SHARE)
    with access_refused(tap, 'P79 control: nothing without a login'), \
            Impacket(SMB2_DIALECT_30) as client:
        names(client, SHARE)
    with Impacket(SMB2_DIALECT_30) as client:
        with login_refused(tap, 'P79 control: a refused login'):
            client.log_in(REFUSED['wrong password'])
        with access_refused(tap, 'P79 control: nothing after a refused login'):
            names(client, SHARE)


def acceptor_environment(world, **variables):
    accounts = ''.join(account.line() for account in (ALICE, ZOE, ZOE_LATIN_1))
    return {**os.environ, 'NTLM_USER_FILE': world.write('accounts', accounts, 0o600), **variables}


def main():
    tap = private_host.Tap()
    with private_host.World() as world:
        world.register(os.environ['GSS_SSPI_MODULE'])
        server = start_server(world, ADDRESS, env=acceptor_environment(world))
        smbclient_logins(tap, world, server)
        smbclient_judges(tap, world)
        smbclient_old(tap, world)
        impacket_logins(tap, server)
        server_judges(tap)
        with works(tap, 'P78 the server goes on after all of that', server.tail):
            use_files_with_smbclient(world, ADDRESS, SHARE, ALICE)
            expect_login(server, ALICE, SMB2_DIALECT_30)
            assert server.process.poll() is None, 'ended'
            assert 'Traceback' not in printed(server), 'an exception in the server'
    return tap.finish()


sys.exit(main())
