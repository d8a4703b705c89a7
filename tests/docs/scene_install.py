# SPDX-License-Identifier: MIT
"""A machine without our packages, on which an administrator follows README.md and docs/admin.md in the source
folder."""
import os

import documents
import installed_host
import private_host
from steps import Copy, Probe, Run, Shows

NAME = 'install'
ADMIN = 'docs/admin.md'
STEPS = (
    Probe('nothing is installed yet', 'command -v gss-sspi; ls /etc/gss/mech.d', says=r'\A\Z'),
    Run('meson setup build-install --prefix=/usr --buildtype=release -Dtests=false', says='^Found ninja'),
    Run('ninja -C build-install && meson install -C build-install', says='Installing .*gss_ntlm.so'),
    Probe('nothing is active yet', 'ls /etc/gss/mech.d', says=r'\A\Z'),
    Run('cp conf/zz-gss-sspi-ntlm.conf conf/zz-gss-sspi-credssp.conf /etc/gss/mech.d/'),
    Probe('both modules are active', 'gss-sspi doctor', says=r'(?s)gss_ntlm\.so.*gss_credssp\.so', status=1),
    Shows('ntlm 1.3.6.1.4.1.311.2.2.10 gss_ntlm.so', ADMIN, 'cat /etc/gss/mech.d/zz-gss-sspi-ntlm.conf'),
    Shows('ntlm 1.3.6.1.4.1.311.2.2.10 gss_ntlm.so', 'docs/man/gss_ntlm.8',
          'cat /etc/gss/mech.d/zz-gss-sspi-ntlm.conf'),
    Shows('credssp 2.25.7309953812226743153 gss_credssp.so', ADMIN,
          'cat /etc/gss/mech.d/zz-gss-sspi-credssp.conf'),
    Shows('credssp 2.25.7309953812226743153 gss_credssp.so', 'docs/man/gss_credssp.8',
          'cat /etc/gss/mech.d/zz-gss-sspi-credssp.conf'),
    Copy('DOMAIN:user:password', '/srv/accounts', document='README.md', mode=0o600),
    Probe('an account logs in',
          'export NTLM_USER_FILE=/srv/accounts; gss-sspi test server --port 7000 --once --mech ntlm & '
          'sleep 1; gss-sspi test client --mech ntlm 127.0.0.1:7000; wait', says=r'DOMAIN\\user'),
    Probe('the headers are there', 'pkg-config --cflags --libs sspi', says='-I/usr/include/sspi .*-lsspi'),
    Probe('the pages are there', 'man -w gss_ntlm gss_credssp sspi.conf gss-sspi libsspi', needs=('man', 'man-db')),
    Probe('deleting the files undoes it', 'rm /etc/gss/mech.d/*; gss-sspi test client --mech ntlm 127.0.0.1:1',
          status=1),
)


# Of root. What a compiler makes is kept there from run to run.
CACHE = os.path.expanduser('~root/.cache/ccache')


def enter():
    if os.environ.get(private_host.INSIDE) and os.path.isdir(CACHE):
        private_host.run('mount', '--bind', CACHE, CACHE)  # before there is another root folder
    installed_host.enter('install', [('meson', 'meson'), ('ninja', 'ninja-build')], installed=False)
    installed_host.clear_mechanisms()


def prepare(world):
    world.folder = str(documents.SOURCE)
    for name in (private_host.INSIDE, 'GSS_SSPI_BUILD'):
        world.environment.pop(name, None)
    world.environment['HOME'] = os.path.expanduser('~root')
    if os.path.isdir('/usr/lib/ccache'):
        world.environment['PATH'] = '/usr/lib/ccache:' + world.environment['PATH']
