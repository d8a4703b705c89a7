# SPDX-License-Identifier: MIT
"""A machine without our packages, on which an administrator installs them as docs/admin.md says, switches mechanisms
off and on for the host and for one service, and removes them."""
import os
import shutil

import installed_host
import private_host
from steps import Copy, Do, Probe, Run

NAME = 'packages'
ADMIN = 'docs/admin.md'
ACTIVE = '/etc/gss/mech.d'
FOLDER = '/srv/gss-sspi'
UNIT = '/etc/systemd/system/apache2.service'
DROP_IN = UNIT + '.d/gss.conf'
ACCOUNTS = '/etc/apache2/ntlm-accounts'
# The service of Debian's package, as far as it matters here.
SERVICE = '[Service]\nExecStart=/bin/true\n'
# With the environment of the unit.
AS_SERVICE = f"env $(sed -n 's/^Environment=//p' {DROP_IN}) "
LOG_IN = (AS_SERVICE + 'gss-sspi test server --bind 127.0.0.1 --port 7001 --once --mech ntlm & sleep 1; '
          + AS_SERVICE + 'gss-sspi test client --mech ntlm 127.0.0.1:7001; status=$?; wait; (exit $status)')
APT = ('apt', 'apt')
ANALYZE = ('systemd-analyze', 'systemd')


# What systemd makes of ProtectSystem=strict and NoNewPrivileges.
CONFINED = "unshare --mount sh -c 'mount -o remount,bind,ro / && exec setpriv --no-new-privs bash login'"


def make_service(world):
    os.makedirs(os.path.dirname(ACCOUNTS), exist_ok=True)
    for path, text, mode in ((UNIT, SERVICE, 0o644), (ACCOUNTS, 'DOMAIN:user:password\n', 0o600)):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        os.chmod(path, mode)
    with open(os.path.join(world.folder, 'login'), 'w', encoding='ascii') as file:
        file.write(LOG_IN)


STEPS = (
    Run('apt install ../gss-sspi_*.deb ../gss-sspi-mech_*.deb', more='-y', needs=APT,
        says='NTLM is active for every program that starts from now on'),
    Probe('both modules are active', 'gss-sspi doctor', says=r'(?s)gss_ntlm\.so.*gss_credssp\.so', status=1, needs=APT),
    Do('there is a service', make_service),
    Run('rm /etc/gss/mech.d/zz-gss-sspi-ntlm.conf', needs=APT),
    Probe('NTLM is off', 'gss-sspi test server --port 7001 --once --mech ntlm', says='unsupported mechanism',
          status=1, needs=APT),
    Copy('Environment=GSS_MECH_CONFIG=/usr/share/gss-sspi/mech.d/zz-gss-sspi-ntlm.conf\n'
         'Environment=NTLM_USER_FILE=/etc/apache2/ntlm-accounts', DROP_IN, document=ADMIN),
    Probe('systemd understands the unit', f'systemd-analyze verify {UNIT}', says=r'\A\Z', needs=ANALYZE),
    Probe('the one service has NTLM', LOG_IN, says=r'DOMAIN\\user', needs=APT),
    Probe('also with a root folder that is read-only, and without new privileges', CONFINED, says=r'DOMAIN\\user',
          needs=APT),
    Run('ln -s /usr/share/gss-sspi/mech.d/zz-gss-sspi-ntlm.conf /etc/gss/mech.d/', needs=APT),
    Probe('NTLM is on', f'NTLM_USER_FILE={ACCOUNTS} gss-sspi doctor', says=r'gss_ntlm\.so', needs=APT),
    Copy('Environment=GSS_MECH_CONFIG=/dev/null', DROP_IN, document=ADMIN),
    Probe('systemd understands that', f'systemd-analyze verify {UNIT}', says=r'\A\Z', needs=ANALYZE),
    Probe('the one service has none', LOG_IN, says='unsupported mechanism', status=1, needs=APT),
    Run('apt purge gss-sspi gss-sspi-mech', more='-y', needs=APT),
    Probe('nothing is left', f'ls {ACTIVE} /etc/gss/sspi.conf /usr/share/gss-sspi', says='No such file', status=2,
          needs=APT),
)


def enter():
    installed_host.enter('packages', installed=False)
    installed_host.clear_mechanisms()


def prepare(world):
    """The packages lie where dpkg-buildpackage puts them."""
    os.makedirs(FOLDER)
    for path in installed_host.PACKAGES.values():
        shutil.copy(path, os.path.dirname(FOLDER))
    world.folder = FOLDER
    world.environment.update(DEBIAN_FRONTEND='noninteractive')
    world.environment.pop(private_host.INSIDE, None)
