# SPDX-License-Identifier: MIT
"""The worked example of docs/porting-from-windows.md: the programs of docs/examples on a machine with our
packages, in a realm."""
import os
import pathlib
import shutil
import sys

import documents
import installed_host
import private_host
from steps import KEYRING, Do, Probe, Run, Serve, ServerSays, Shows

sys.path.insert(0, str(documents.SOURCE / 'tests' / 'peers'))
import credssp_realm  # noqa: E402  pylint: disable=wrong-import-position

NAME = 'porting'
REALM = 'EXAMPLE.COM'
HOST = 'www.example.com'
PASSWORD = 'Wonder-land1'
MINGW = ('x86_64-w64-mingw32-gcc', 'gcc-mingw-w64-x86-64')
KDC = ('krb5kdc', 'krb5-kdc')
NTLM_SERVER = 'NTLM_USER_FILE=accounts ./sspi_server 7001 NTLM'
OWN_LOGIN = './sspi_client 7001 NTLM host/www.example.com hello'


def make_realm(world):
    """Alice, and the key of the server in `keytab`. It lasts as long as the host of the test."""
    host = private_host.World().__enter__()  # pylint: disable=unnecessary-dunder-call
    credssp_realm.REALM = REALM
    credssp_realm.Realm(host, HOST, 'host', ('alice', PASSWORD))
    shutil.copy(host.path('keytab'), world.folder)
    world.environment.update(KRB5_CONFIG=os.environ['KRB5_CONFIG'], KRB5CCNAME=f'FILE:{world.folder}/ticket',
                             KRB5RCACHETYPE='none')


STEPS = (
    Run('x86_64-w64-mingw32-gcc sspi_server.c -o sspi_server.exe -lsecur32 -lws2_32', needs=MINGW),
    Run('x86_64-w64-mingw32-gcc sspi_client.c -o sspi_client.exe -lsecur32 -lws2_32', needs=MINGW),
    Run('cc sspi_server.c -o sspi_server $(pkg-config --cflags --libs sspi)', says=r'\A\Z'),
    Run('cc sspi_client.c -o sspi_client $(pkg-config --cflags --libs sspi)', says=r'\A\Z'),
    Run("echo 'EXAMPLE:alice:Wonder-land1' >accounts"),
    Run('chmod 600 accounts'),
    Serve(NTLM_SERVER, says='^port 7001'),
    Run('SSPI_PASSWORD=Wonder-land1 ./sspi_client 7001 NTLM host/www.example.com hello alice EXAMPLE',
        says=r'\Athank you\n\Z'),
    ServerSays('the server says who it was', r'EXAMPLE\\alice by NTLM: hello'),
    Shows(r'EXAMPLE\alice by NTLM: hello'),
    Serve(NTLM_SERVER, says='^port 7001'),
    Run('SSPI_PASSWORD=Looking-glass2 ./sspi_client 7001 NTLM host/www.example.com hello alice EXAMPLE', status=1),
    ServerSays('the server says why not', '8009030c'),
    Shows(r'logon failure: unknown user or wrong password: EXAMPLE\alice, accounts of accounts'),
    Run(r"gss-sspi login 'EXAMPLE\alice'", types=PASSWORD, needs=KEYRING),
    Serve(NTLM_SERVER, says='^port 7001', needs=KEYRING),
    Run(OWN_LOGIN, says='^thank you', needs=KEYRING),
    ServerSays('the server says who it was', r'EXAMPLE\\alice by NTLM: hello', needs=KEYRING),
    Probe('no login is left', 'gss-sspi logout --all', needs=KEYRING),
    Do('there is a realm', make_realm, needs=KDC),
    Serve('KRB5_KTNAME=keytab NTLM_USER_FILE=accounts ./sspi_server 7001 Negotiate', says='^port 7001', needs=KDC),
    Run('kinit alice', types=PASSWORD, needs=KDC),
    Run('./sspi_client 7001 Negotiate host/www.example.com hello', says='^thank you', needs=KDC),
    ServerSays('the server says who it was', 'alice@EXAMPLE.COM by Kerberos', needs=KDC),
    Shows('alice@EXAMPLE.COM by Kerberos: hello', needs=KDC),
    Run('cc $(pkg-config --cflags sspi) program.c $(pkg-config --libs sspi)',
        given=(('program.c', 'sspi_client.c'),), says=r'\A\Z'),
)


def enter():
    installed_host.enter(HOST, [('cc', 'gcc'), ('pkg-config', 'pkg-config')])


def prepare(world):
    for path in (documents.SOURCE / 'docs' / 'examples').iterdir():
        shutil.copy(path, pathlib.Path(world.folder) / path.name)
    world.environment['HOME'] = world.folder
    world.join_keyring()
