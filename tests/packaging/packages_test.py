#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Debian packages: what is in them, what installing makes active and says, what an administrator
switched off, what gss-ntlmssp has to do with it, and that nothing is left at the end. Prints TAP.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import installed_host  # pylint: disable=wrong-import-position
from installed_host import install, remove, status  # pylint: disable=wrong-import-position
from private_host import NTLM_OID, Tap, World, attempt, run  # pylint: disable=wrong-import-position

ACTIVE = '/etc/gss/mech.d'
NTLM, CREDSSP = (f'{ACTIVE}/zz-gss-sspi-{name}.conf' for name in ('ntlm', 'credssp'))
OURS = ('gss-sspi-mech', 'gss-sspi', 'libsspi0', 'libwinshim0', 'libsspi-dev')
# A package, and files of it (without the folder of the architecture); nothing else has them.
CONTENTS = {
    'gss-sspi-mech': ('gss/gss_ntlm.so', 'gss/gss_credssp.so', '/etc/gss/sspi.conf',
                      '/usr/share/gss-sspi/mech.d/zz-gss-sspi-ntlm.conf', '/usr/share/gss-sspi/sspi.conf.example',
                      '/usr/share/man/man8/gss_ntlm.8.gz', '/usr/share/man/man8/gss_credssp.8.gz',
                      '/usr/share/man/man5/sspi.conf.5.gz'),
    'gss-sspi': ('/usr/bin/gss-sspi', '/usr/share/man/man1/gss-sspi.1.gz',
                 '/usr/share/bash-completion/completions/gss-sspi'),
    'libsspi0': ('libsspi.so.0',),
    'libwinshim0': ('libwinshim.so.0',),
    'libsspi-dev': ('libsspi.so', 'libwinshim.so', 'libsecur32.so', 'pkgconfig/sspi.pc', 'pkgconfig/winshim.pc',
                    '/usr/include/sspi/sspi.h', '/usr/include/gssapi/gssapi_ntlm_ext.h',
                    '/usr/include/gssapi/gssapi_credssp.h'),
}


def listed(folders=('/etc', '/usr', '/var/lib/dpkg/info', '/var/lib/dpkg/alternatives', '/var/lib/gss-sspi-mech')):
    """Every file there, but for what dpkg's triggers make anew."""
    return {os.path.join(folder, name) for top in folders for folder, _, names in os.walk(top)
            for name in names if name not in ('ld.so.cache', '__pycache__') and not name.endswith('.pyc')}


def mechanism_works():
    """A login through the system's own registration."""
    with World() as world:
        accounts = world.write('accounts', 'DOM:alice:Passw0rd-alice\n', mode=0o600)
        environment = dict(os.environ, NTLM_USER_FILE=accounts)
        return attempt('/usr/bin/python3', '-c', '''
import gssapi
oid = gssapi.OID.from_int_seq("%s")
host = gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service)
initiator = gssapi.SecurityContext(name=host, usage="initiate", mech=oid)
acceptor = gssapi.SecurityContext(usage="accept", creds=gssapi.Credentials(usage="accept", mechs=[oid]))
token = initiator.step()
while token:
    token = acceptor.step(token)
    token = token and initiator.step(token)
assert acceptor.complete and str(acceptor.initiator_name) == "DOM\\\\alice", acceptor.initiator_name
''' % NTLM_OID, env=environment)


def module_of(oid=NTLM_OID):
    """The module that libgssapi would take: of the last line with the OID."""
    found = None
    for name in sorted(os.listdir(ACTIVE)):
        with open(os.path.join(ACTIVE, name), encoding='utf-8') as file:
            rows = [line.split() for line in file if line[:1].strip() and not line.startswith('#')]
        found = next((row[2] for row in rows if row[1] == oid), found)
    return found


def check_contents(tap):
    owned = {name: run('dpkg', '-L', name).splitlines() for name in OURS}
    for name, files in CONTENTS.items():
        lost = [file for file in files if not any(path.endswith(file) for path in owned[name])]
        tap.check(f'{name} has its files', not lost, lost)
    for name in ('gss_ntlm.so', 'gss_credssp.so'):
        path = f'{installed_host.modules_folder()}/{name}'
        tap.check(f'{name} is where libgssapi looks for it', os.path.isfile(path), path)
    modified = [line for name in OURS for line in run('dpkg', '--verify', name).splitlines()]
    tap.check('every file is as it was packed', not modified, *modified)


def check_lintian(tap):
    if attempt('lintian', '--version').returncode != 0:
        tap.skip('lintian finds nothing', 'missing package: lintian')
        return
    folder = os.environ['GSS_SSPI_PACKAGES']
    changes = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith('.changes')]
    done = attempt('lintian', '-EvIL', '+pedantic', '--allow-root', *changes)
    found = [line for line in done.stdout.splitlines() if line[:2] in ('E:', 'W:', 'I:', 'P:', 'X:', 'C:')]
    tap.check('lintian finds nothing', done.returncode == 0 and changes and not found, *found, done.stderr)


def check_what_is_said(tap, said):
    for text in (f'NTLM is active for every program that starts from now on ({NTLM})',
                 f'CredSSP is active for programs that ask for it by name ({CREDSSP})'):
        tap.check(f'installing says: {text}', text in said, said)
    tap.check('nothing is said of gss-ntlmssp where it is not', 'gss-ntlmssp' not in said, said)


def check_works(tap, when):
    done = mechanism_works()
    tap.check(f'a login {when}', done.returncode == 0, done.stderr)


def check_fails(tap, when):
    done = mechanism_works()
    tap.check(f'no login {when}', done.returncode != 0 and 'mechanism' in done.stderr.lower(), done.stderr)


def check_doctor(tap):
    done = attempt('gss-sspi', 'doctor', env=dict(os.environ, NTLM_USER_FILE=''))
    good = 'gss_ntlm.so: loads' in done.stdout and 'gss_credssp.so: loads' in done.stdout
    tap.check('doctor sees both modules', good, done.stdout, done.stderr)


def check_switched_off(tap):
    """A link that an administrator removed does not come back with a new version."""
    os.unlink(NTLM)
    check_fails(tap, 'when the administrator has removed the link')
    said = install('gss-sspi-mech')
    tap.check('an upgrade does not bring it back', not os.path.lexists(NTLM), said)
    tap.check('and says so', 'NTLM is not active' in said, said)
    os.symlink('/usr/share/gss-sspi/mech.d/zz-gss-sspi-ntlm.conf', NTLM)
    check_works(tap, 'when the link is there again')


def check_removed_and_again(tap):
    """Without a purge in between; what was switched off before it stays so."""
    remove('gss-sspi', 'gss-sspi-mech')
    said = install('gss-sspi-mech', 'gss-sspi')
    tap.check('installing again after removal makes both active', os.path.exists(NTLM) and os.path.exists(CREDSSP),
              said)
    check_works(tap, 'after removal and installing again')
    os.unlink(CREDSSP)
    remove('gss-sspi', 'gss-sspi-mech')
    said = install('gss-sspi-mech', 'gss-sspi')
    tap.check('but not one that the administrator had switched off',
              os.path.exists(NTLM) and not os.path.lexists(CREDSSP) and 'CredSSP is not active' in said, said)
    os.symlink('/usr/share/gss-sspi/mech.d/zz-gss-sspi-credssp.conf', CREDSSP)


def check_own_file(tap):
    """A file in the place of a link is the administrator's: it survives removal, with a warning."""
    os.unlink(NTLM)
    with open(NTLM, 'w', encoding='utf-8') as file:
        file.write(f'ntlm {NTLM_OID} gss_ntlm.so\n')
    said = remove('gss-sspi', 'gss-sspi-mech')
    tap.check('an own file in the place of the link stays at removal', os.path.isfile(NTLM), said)
    tap.check('and that it keeps others out is said', 'no other module of the same OID' in said, said)
    remove('gss-sspi-mech', purge=True)
    tap.check('purge removes it', not os.path.lexists(NTLM))
    install('gss-sspi-mech', 'gss-sspi')


def check_policy_is_kept(tap):
    """/etc/gss/sspi.conf is a configuration file of dpkg."""
    policy = '/etc/gss/sspi.conf'
    packed = open(policy, encoding='utf-8').read()
    with open(policy, 'w', encoding='utf-8') as file:
        file.write(packed.replace('[ntlm]', '[ntlm]\n    outgoing = deny', 1))
    denied = mechanism_works()
    tap.check('a policy is obeyed', denied.returncode != 0 and 'outgoing' in denied.stderr, denied.stderr)
    install('gss-sspi-mech')
    tap.check('a changed policy survives an upgrade', 'outgoing = deny\n' in open(policy, encoding='utf-8').read())
    with open(policy, 'w', encoding='utf-8') as file:
        file.write(packed)


def check_beside_gss_ntlmssp(tap):
    """Its line has the same OID. Ours is used while it is there, and gives way when it goes."""
    if status('gss-ntlmssp') != 'installed':
        tap.skip('this module is used beside gss-ntlmssp', 'missing package: gss-ntlmssp')
        return
    other = module_of()
    tap.check('gss-ntlmssp is registered before', other and 'gssntlmssp' in other, other)
    said = install('gss-sspi-mech')
    tap.check('installing names gss-ntlmssp', 'this module is used' in said, said)
    tap.check('this module is used', module_of() == 'gss_ntlm.so', module_of())
    check_works(tap, 'beside gss-ntlmssp')
    remove('gss-sspi-mech', purge=True)
    tap.check('after removal gss-ntlmssp is used again', module_of() == other, module_of())


def check_nothing_left(tap, before):
    remove(*OURS)
    tap.check('after removal no mechanism is registered', not os.listdir(ACTIVE), os.listdir(ACTIVE))
    tap.check('the policy stays at removal', os.path.exists('/etc/gss/sspi.conf'))
    check_fails(tap, 'after removal')
    remove(*OURS, purge=True)
    left = sorted(listed() - before)
    tap.check('purge leaves nothing', not left, *left)
    lost = sorted(before - listed())
    tap.check('and takes nothing along', not lost, *lost)


def main():
    installed_host.enter('packages', modules=(('gssapi', 'python3-gssapi'),), installed=False)
    tap = Tap()
    check_lintian(tap)
    check_beside_gss_ntlmssp(tap)
    installed_host.clear_mechanisms()
    before = listed()
    check_fails(tap, 'before the packages are installed')
    said = install(*OURS)
    check_what_is_said(tap, said)
    check_contents(tap)
    check_works(tap, 'with what is installed')
    check_doctor(tap)
    check_policy_is_kept(tap)
    check_switched_off(tap)
    check_removed_and_again(tap)
    check_own_file(tap)
    check_nothing_left(tap, before)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
