# SPDX-License-Identifier: MIT
"""A session keyring of this process's own, for logins by `gss-sspi login`."""
import ctypes
import os

KEYCTL = {'x86_64': 250, 'aarch64': 219}
JOIN_SESSION_KEYRING = 1


def join_new():
    """False where the kernel does not permit it."""
    number = KEYCTL.get(os.uname().machine)
    return number is not None and ctypes.CDLL(None).syscall(number, JOIN_SESSION_KEYRING, None) >= 0
