# SPDX-License-Identifier: MIT
"""impacket's SMB client, with tokens and session key of a GSSAPI initiator in the place of its own.

impacket signs what it sends and looks at no signature of the server; this one does. A response
after the login that is not signed, or not with the same key, is an error.
"""
import hashlib
import io

from impacket import smb3
from impacket.nt_errors import STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS
from impacket.smb3structs import (
    SMB2_DIALECT_30, SMB2_DIALECT_311, SMB2_FLAGS_SIGNED, SMB2_NEGOTIATE_SIGNING_REQUIRED,
    SMB2_SESSION_FLAG_ENCRYPT_DATA, SMB2_SESSION_FLAG_IS_GUEST, SMB2_SESSION_FLAG_IS_NULL,
    SMB2_SESSION_SETUP, SMB2SessionSetup, SMB2SessionSetup_Response)

import smb_keys

MAXIMUM_LEGS = 5


class BadSignature(Exception):
    """The server does not sign, or has another key."""


class Client(smb3.SMB3):
    def __init__(self, address, dialect):
        self.expected_signature = None
        super().__init__(address, address, preferredDialect=dialect, timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.get_socket().close()

    def recvSMB(self, packetID=None):
        answer = super().recvSMB(packetID)
        if self.expected_signature:
            self._verify(answer)
        return answer

    def _verify(self, answer):
        if not answer['Flags'] & SMB2_FLAGS_SIGNED:
            raise BadSignature('not signed')
        if answer['Signature'] != self.expected_signature(answer.rawData):
            raise BadSignature('signed with another key')

    def login_with(self, initiator, encrypt=False, key_of=lambda key: key, verify=True):
        """`key_of` is what becomes of the session key; without `verify` only the server judges."""
        last = self._exchange(initiator)
        session, dialect = self._Session, self.getDialect()
        session['CalculatePreAuthHash'] = False
        session['SessionFlags'] = SMB2SessionSetup_Response(last['Data'])['SessionFlags']
        key, preauth_hash = key_of(initiator.session_key()), session['PreauthIntegrityHashValue']
        session['SessionKey'] = key
        if dialect >= SMB2_DIALECT_30:
            for purpose in smb_keys.LABELS:
                session[purpose] = smb_keys.derive(purpose, dialect, key, preauth_hash)
        # A message is either signed or encrypted.
        session['SigningActivated'] = not encrypt
        if encrypt:
            session['SessionFlags'] |= SMB2_SESSION_FLAG_ENCRYPT_DATA
        elif verify:
            self.expected_signature = smb_keys.signer(dialect, key, preauth_hash)
            self._verify(last)

    def _exchange(self, initiator):
        """The legs of the login; returns the server's last message."""
        self._Session['PreauthIntegrityHashValue'] = self._Connection['PreauthIntegrityHashValue']
        token = initiator.step(None)
        for _ in range(MAXIMUM_LEGS):
            answer = self._session_setup(token)
            if answer['Status'] not in (STATUS_SUCCESS, STATUS_MORE_PROCESSING_REQUIRED):
                raise smb3.SessionError(answer['Status'], answer)
            self._Session['SessionID'] = answer['SessionID']
            reply = SMB2SessionSetup_Response(answer['Data'])['Buffer']
            if not initiator.done:
                token = initiator.step(reply)
            if answer['Status'] == STATUS_SUCCESS:
                if not initiator.done:
                    raise RuntimeError('the server is done, the initiator is not')
                return answer
            if self.getDialect() == SMB2_DIALECT_311:
                self._add_to_preauth_hash(answer)
        raise RuntimeError('too many legs')

    def _session_setup(self, token):
        request = SMB2SessionSetup()
        request['SecurityMode'] = SMB2_NEGOTIATE_SIGNING_REQUIRED
        request['Flags'] = 0
        request['SecurityBufferLength'] = len(token)
        request['Buffer'] = token
        packet = self.SMB_PACKET()
        packet['Command'] = SMB2_SESSION_SETUP
        packet['Data'] = request
        return self.recvSMB(self.sendSMB(packet))

    def _add_to_preauth_hash(self, answer):
        self._Session['PreauthIntegrityHashValue'] = hashlib.sha512(
            self._Session['PreauthIntegrityHashValue'] + answer.rawData).digest()

    def sign_no_more(self):
        self._Session['SigningActivated'] = False

    def encrypt_nothing(self):
        """Also not where a share asks for it."""
        self._Connection['SupportsEncryption'] = False

    def is_own_user(self):
        """Neither guest nor anonymous."""
        return not self._Session['SessionFlags'] & (SMB2_SESSION_FLAG_IS_GUEST |
                                                    SMB2_SESSION_FLAG_IS_NULL)


def store(client, share, name, content):
    client.storeFile(share, name, io.BytesIO(content).read)


def retrieve(client, share, name):
    content = io.BytesIO()
    client.retrieveFile(share, name, content.write)
    return content.getvalue()


def names(client, share):
    return {entry.get_longname() for entry in client.listPath(share, '*')}
