# SPDX-License-Identifier: MIT
"""impacket's SMB server with a GSSAPI acceptor in the place of its own login.

impacket answers any request of any client, and looks at no signature. This one answers nothing but
a login before there was one, and then only what is signed with the key of the login. It prints who
logs in.
"""
import argparse
import configparser
import logging
import secrets

from gssapi.raw import GSSError
from impacket import ntlm, smb3structs as smb2
from impacket.nt_errors import (
    STATUS_ACCESS_DENIED, STATUS_LOGON_FAILURE, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS)
from impacket.smbserver import SMBSERVER, SMB2Commands

import gss_ends
import smb_keys
from accounts import DOMAIN

SHARE = 'FILES'
SIGNING = smb2.SMB2_NEGOTIATE_SIGNING_ENABLED | smb2.SMB2_NEGOTIATE_SIGNING_REQUIRED
GUID = secrets.token_bytes(16)
WITHOUT_LOGIN = (smb2.SMB2_NEGOTIATE, smb2.SMB2_SESSION_SETUP)
# Best first; 3.1.1 needs contexts in the answer.
DIALECTS = (smb2.SMB2_DIALECT_30, smb2.SMB2_DIALECT_21, smb2.SMB2_DIALECT_002)


def settings(folder):
    config = configparser.ConfigParser()
    config['global'] = {
        'server_name': 'SMBHOST', 'server_os': 'test', 'server_domain': DOMAIN, 'log_file': 'None',
        'credentials_file': '', 'challenge': secrets.token_hex(8), 'SMB2Support': 'True',
        'anonymous_logon': 'False'}
    config['IPC$'] = {'comment': '', 'read only': 'yes', 'share type': '3', 'path': ''}
    config[SHARE] = {'comment': '', 'read only': 'no', 'share type': '0', 'path': folder}
    return config


class GssServer(SMBSERVER):
    """One login for each connection. `key_of` is what becomes of its session key."""

    def __init__(self, address, config, key_of):
        super().__init__(address, config_parser=config)
        self.key_of = key_of
        self.hookSmb2Command(smb2.SMB2_NEGOTIATE, negotiate)
        self.hookSmb2Command(smb2.SMB2_SESSION_SETUP, session_setup)
        self.getIoctls()[smb2.FSCTL_VALIDATE_NEGOTIATE_INFO] = validate_negotiate_info

    def processRequest(self, connId, data):
        connection = self.getConnectionData(connId, False)
        if not all(permitted(connection, part) for part in parts(data)):
            print('request refused', flush=True)
            return [refusal(data)]
        return super().processRequest(connId, data)

    def signSMBv2(self, packet, signingSessionKey):
        """impacket hands through what the login left as key: here the function that signs."""
        if signingSessionKey:
            packet['Flags'] |= smb2.SMB2_FLAGS_SIGNED
            packet['Signature'] = signingSessionKey(packet.getData())


def parts(data):
    """The requests of a compound."""
    if not data.startswith(b'\xfeSMB'):
        raise ValueError('not SMB2')
    following = smb2.SMB2Packet(data)['NextCommand']
    while following:
        yield data[:following]
        data = data[following:]
        following = smb2.SMB2Packet(data)['NextCommand']
    yield data


def permitted(connection, data):
    packet = smb2.SMB2Packet(data)
    if not connection['SignatureEnabled']:
        return packet['Command'] in WITHOUT_LOGIN
    return (packet['Flags'] & smb2.SMB2_FLAGS_SIGNED and
            packet['SessionID'] == connection['Uid'] and
            packet['Signature'] == connection['SigningSessionKey'](data))


def refusal(data):
    request, answer = smb2.SMB2Packet(data), smb2.SMB2Packet()
    for field in ('Command', 'MessageID', 'TreeID', 'SessionID'):
        answer[field] = request[field]
    answer['Flags'] = smb2.SMB2_FLAGS_SERVER_TO_REDIR
    answer['CreditRequestResponse'] = 1
    answer['Status'] = STATUS_ACCESS_DENIED
    answer['Data'] = smb2.SMB2Error()
    return answer


def negotiate(conn_id, server, packet, is_smb1=False):
    if is_smb1:
        raise ValueError('SMB1 is not served')
    _, (answer,), status = SMB2Commands.smb2Negotiate(conn_id, server, packet)
    offered = smb2.SMB2Negotiate(packet['Data'])['Dialects']
    connection = server.getConnectionData(conn_id, False)
    connection['Dialect'] = next(dialect for dialect in DIALECTS if dialect in offered)
    answer['Data']['DialectRevision'] = connection['Dialect']
    answer['Data']['SecurityMode'] = SIGNING
    answer['Data']['ServerGuid'] = GUID
    return None, [answer], status


def validate_negotiate_info(conn_id, server, _request):
    """A client compares this with what it got from `negotiate`."""
    answer = smb2.VALIDATE_NEGOTIATE_INFO_RESPONSE()
    answer['Capabilities'] = 0
    answer['Guid'] = GUID
    answer['SecurityMode'] = SIGNING
    answer['Dialect'] = server.getConnectionData(conn_id)['Dialect']
    return answer.getData(), STATUS_SUCCESS


def session_setup(conn_id, server, packet):
    connection = server.getConnectionData(conn_id, False)
    acceptor = connection.get('Acceptor') or gss_ends.Acceptor()
    try:
        token = acceptor.step(smb2.SMB2SessionSetup(packet['Data'])['Buffer'])
    except GSSError as error:
        print('login refused:', ' '.join(str(error).split()), flush=True)
        connection.pop('Acceptor', None)
        return [smb2.SMB2Error()], None, STATUS_LOGON_FAILURE
    connection['Acceptor'] = acceptor
    connection['Uid'] = connection['Uid'] or secrets.randbits(31) + 1
    if acceptor.done:
        key = server.key_of(acceptor.session_key())
        connection['SigningSessionKey'] = smb_keys.signer(connection['Dialect'], key)
        connection['SignatureEnabled'] = connection['Authenticated'] = True
        print(f'login: {acceptor.shown_name()} {connection["Dialect"]:#x}',
              f'mechListMIC {" and ".join(sorted(acceptor.mech_list_mics)) or "none"}', flush=True)
    answer = smb2.SMB2SessionSetup_Response()
    answer['SecurityBufferOffset'] = 72
    answer['SecurityBufferLength'] = len(token)
    answer['Buffer'] = token
    return [answer], None, STATUS_SUCCESS if acceptor.done else STATUS_MORE_PROCESSING_REQUIRED


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('address')
    parser.add_argument('folder')
    parser.add_argument('--flip-key', action='store_true', help='one bit of each session key')
    parser.add_argument('--stock', metavar='USER:PASSWORD',
                        help="impacket's own login, with one account")
    arguments = parser.parse_args()
    address, config = (arguments.address, 445), settings(arguments.folder)
    if arguments.stock:
        user, password = arguments.stock.split(':')
        logging.basicConfig(level=logging.INFO)
        server = SMBSERVER(address, config_parser=config)
        server.processConfigFile()
        server.addCredential(user, 0, '', ntlm.compute_nthash(password).hex())
    else:
        key_of = smb_keys.flip if arguments.flip_key else lambda key: key
        server = GssServer(address, config, key_of)
        server.processConfigFile()
    server.daemon_threads = True
    server.serve_forever()


main()
