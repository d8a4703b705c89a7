# SPDX-License-Identifier: MIT
"""What RDP has before CredSSP (X.224, [MS-RDPBCGR] 2.2.1.1, 2.2.1.2) and right behind it."""
import socket
import struct

SSL, HYBRID, HYBRID_EX = 1, 2, 8
GRANTED = struct.pack('<I', 0)  # HYBRID_EX, V17
CONNECTION_REQUEST, CONNECTION_CONFIRM = 0xE0, 0xD0
# X.224 Data with an MCS message in it: [T.125] Connect-Initial and Connect-Response.
DATA = b'\x02\xf0\x80'
CONNECT_INITIAL, CONNECT_RESPONSE = DATA + b'\x7f\x65', DATA + b'\x7f\x66'


def exactly(receive, size):
    data = b''
    while len(data) < size:
        piece = receive(size - len(data))
        if not piece:
            raise EOFError(f'{len(data)} octets instead of {size}')
        data += piece
    return data


def read_tpkt(receive):
    header = exactly(receive, 4)
    version, _, size = struct.unpack('>BBH', header)
    assert version == 3, header
    return exactly(receive, size - 4)


def tpkt(content):
    return struct.pack('>BBH', 3, 0, 4 + len(content)) + content


def _negotiation(code, kind, protocols):
    body = struct.pack('>BHHB', code, 0, 0, 0) + struct.pack('<BBHI', kind, 0, 8, protocols)
    return tpkt(bytes([len(body)]) + body)


def accept(sock, offers=HYBRID):
    """Server: takes one of the client's protocols; (what was asked, what was taken)."""
    request = read_tpkt(sock.recv)
    assert request[1] == CONNECTION_REQUEST, request
    asked, = struct.unpack('<I', request[-4:])
    taken = HYBRID_EX if asked & offers & HYBRID_EX else asked & offers & HYBRID
    assert taken, f'the client asks for {asked}'
    sock.sendall(_negotiation(CONNECTION_CONFIRM, 2, taken))
    return asked, taken


def connect(address, protocols=HYBRID):
    """Client: a socket on which the server expects CredSSP."""
    sock = socket.create_connection(address, timeout=20)
    sock.sendall(_negotiation(CONNECTION_REQUEST, 1, protocols))
    confirm = read_tpkt(sock.recv)
    kind, _, _, taken = struct.unpack('<BBHI', confirm[-8:])
    assert (confirm[1], kind, taken) == (CONNECTION_CONFIRM, 2, protocols), confirm
    return sock


def first_message(receive):
    """The first whole TPKT of a stream whose pieces `receive()` gives."""
    data = b''
    while len(data) < 4 or len(data) < struct.unpack('>H', data[2:4])[0]:
        piece = receive()
        if not piece:
            raise EOFError(f'ends behind {data!r}')
        data += piece
    return data
