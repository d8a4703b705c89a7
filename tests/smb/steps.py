# SPDX-License-Identifier: MIT
"""What the tests of both roles do with a server, and smbclient."""
import contextlib
import pathlib
import subprocess
import sys

from impacket import smb3
from impacket.nt_errors import STATUS_ACCESS_DENIED, STATUS_LOGON_FAILURE

from smb_client import names, retrieve, store

CONTENT = b'Off with their heads!\n' * 300
SERVER = pathlib.Path(__file__).resolve().parent / 'smb_server.py'
# It signs, and takes no answer that is not signed.
SMBCLIENT = ('smbclient', '-s', '/dev/null', '--use-kerberos=off',
             '--option=client signing=mandatory')
REFUSED_LOGIN = 'session setup failed: NT_STATUS_LOGON_FAILURE'


@contextlib.contextmanager
def works(tap, name, *details):
    """A check that holds when the body ends without an exception."""
    try:
        yield
    except Exception as error:  # pylint: disable=broad-except
        tap.check(name, False, f'{type(error).__name__}: {error}',
                  *(detail() for detail in details))
    else:
        tap.check(name, True)


@contextlib.contextmanager
def refused(tap, name, *statuses, error=smb3.SessionError):
    """A check that holds when the body is refused so, and in no other way."""
    try:
        yield
    except error as reason:
        status = getattr(reason, 'error', None)
        tap.check(name, not statuses or status in statuses, f'{type(reason).__name__}: {reason}')
    except Exception as reason:  # pylint: disable=broad-except
        tap.check(name, False, f'{type(reason).__name__}: {reason}')
    else:
        tap.check(name, False, 'not refused')


def login_refused(tap, name):
    return refused(tap, name, STATUS_LOGON_FAILURE)


def access_refused(tap, name):
    return refused(tap, name, STATUS_ACCESS_DENIED)


def use_files(client, share, name):
    """Writes a file, lists it and reads it again."""
    store(client, share, name, CONTENT)
    assert name in names(client, share), names(client, share)
    assert retrieve(client, share, name) == CONTENT, 'another content'


def expect(value, *good):
    if value not in good:
        raise AssertionError(f'{value!r} instead of {" or ".join(map(repr, good))}')


def smbclient(address, share, account, commands, *options):
    return subprocess.run([*SMBCLIENT, *options, f'//{address}/{share}', '-U',
                           f'{account.name()}%{account.password}', '-c', commands],
                          capture_output=True, text=True, check=False, timeout=30)


def use_files_with_smbclient(world, address, share, account, *options):
    """Writes a file, lists it and reads it again."""
    source, copy, name = world.path('content'), world.path('copy'), f'of {account.user}'
    pathlib.Path(source).write_bytes(CONTENT)
    pathlib.Path(copy).unlink(missing_ok=True)
    done = smbclient(address, share, account, f'put {source} "{name}"; ls; get "{name}" {copy}',
                     *options)
    if done.returncode != 0 or name not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    assert pathlib.Path(copy).read_bytes() == CONTENT, 'another content'


def smbclient_refused(tap, name, address, share, account, text, *options):
    done = smbclient(address, share, account, 'ls', *options)
    return tap.check(name, done.returncode == 1 and text in done.stdout, done)


def start_server(world, address, *options, **variables):
    """smb_server.py with a folder of its own."""
    folder = world.path(f'files of {address}')
    pathlib.Path(folder).mkdir()
    return world.start(sys.executable, str(SERVER), address, folder, *options, address=address,
                       port=445, **variables)


def printed(server):
    return pathlib.Path(server.log).read_text(encoding='utf-8')
