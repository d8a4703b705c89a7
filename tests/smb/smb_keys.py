# SPDX-License-Identifier: MIT
"""What SMB makes of the session key of a login: [MS-SMB2] 3.1.4.1 (signing), 3.1.4.2 (keys)."""
import hashlib
import hmac

from Cryptodome.Cipher import AES
from Cryptodome.Hash import CMAC
from impacket.crypto import KDF_CounterMode
from impacket.smb3structs import SMB2_DIALECT_30, SMB2_DIALECT_311

SIGNATURE = slice(48, 64)  # its place in a message
# Purpose: label and context of the dialects 3.0 and 3.0.2, label of 3.1.1.
LABELS = {
    'SigningKey': (b'SMB2AESCMAC\0', b'SmbSign\0', b'SMBSigningKey\0'),
    'EncryptionKey': (b'SMB2AESCCM\0', b'ServerIn \0', b'SMBC2SCipherKey\0'),
    'DecryptionKey': (b'SMB2AESCCM\0', b'ServerOut\0', b'SMBS2CCipherKey\0'),
}


def derive(purpose, dialect, session_key, preauth_hash=b''):
    """`preauth_hash` of all messages up to the login counts in 3.1.1 only."""
    label, context, label_311 = LABELS[purpose]
    if dialect == SMB2_DIALECT_311:
        label, context = label_311, preauth_hash
    return KDF_CounterMode(session_key, label, context, 128)


def signer(dialect, session_key, preauth_hash=b''):
    """A function from a message, whatever its field Signature holds, to its signature."""
    if dialect < SMB2_DIALECT_30:
        def mac(data):
            return hmac.new(session_key, data, hashlib.sha256).digest()[:16]
    else:
        key = derive('SigningKey', dialect, session_key, preauth_hash)

        def mac(data):
            return CMAC.new(key, data, AES).digest()

    return lambda message: mac(message[:SIGNATURE.start] + bytes(16) + message[SIGNATURE.stop:])


def flip(key):
    """One bit, for controls that show who would notice."""
    return bytes([key[0] ^ 1]) + key[1:]
