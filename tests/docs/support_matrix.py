#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The table of README.md: with which programs logins were made, by the results of the last test run.

    support_matrix.py show | write | compare BUILD

`write` puts it between the markers of README.md. `compare` says so when the table there is another one, and
nothing when the last run had not all of its tests.
"""
import dataclasses
import json
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).resolve().parents[2] / 'README.md'
BEGIN, END = '<!-- support matrix: ./dev matrix -->', '<!-- end of the support matrix -->'
CHECK = re.compile(r'^(ok|not ok)\b\s*\d*\s*-?\s*(.*?)(?:\s+#\s*(SKIP|TODO)\b\s*(.*))?$', re.I)


@dataclasses.dataclass(frozen=True)
class Row:
    """A program, the Debian packages whose versions count, and the checks that show its logins as client and
    as server: pairs of a mechanism and "SUITE TEST", the latter with ": " and a regular expression for the
    names of the checks where not all of them are about it. "not NTLM" is a mechanism too: what the program cannot
    do, as the checks show."""
    program: str
    packages: str
    client: tuple = ()
    server: tuple = ()


ROWS = (
    Row('curl', 'curl',
        (('NTLM', 'apps http_login: --negotiate|^P54'), ('Kerberos', 'apps http_kerberos: Kerberos'),
         ('NTLM', 'installed installed_curl: alice$'), ('Kerberos', 'installed installed_curl: : Kerberos'))),
    Row('curl, its own NTLM', 'curl', (('NTLM', 'peers curl'),)),
    Row('Apache with mod_auth_gssapi', 'apache2-bin libapache2-mod-auth-gssapi', (),
        (('NTLM', 'apps http_login: ^P54'), ('Kerberos', 'apps http_kerberos: Kerberos'),
         ('NTLM', 'installed installed_curl: alice$'), ('Kerberos', 'installed installed_curl: : Kerberos'))),
    Row('Chromium', 'chromium',
        (('NTLM', 'installed installed_chromium: alice$'), ('Kerberos', 'installed installed_chromium: : Kerberos'))),
    Row('git', 'git',
        (('NTLM', 'installed installed_git: account file'), ('Kerberos', 'installed installed_git: Kerberos'))),
    Row('python3-requests-ntlm', 'python3-requests-ntlm', (('NTLM', 'installed installed_bindings: requests'),)),
    Row('gss-client and gss-server of MIT', 'krb5-gss-samples',
        (('NTLM', 'apps gss_samples: ^P51'), ('Kerberos', 'apps gss_samples: ticket: Kerberos')),
        (('NTLM', 'apps gss_samples: ^P51'), ('Kerberos', 'apps gss_samples: ticket: Kerberos'))),
    Row('python3-gssapi', 'python3-gssapi',
        (('NTLM', 'apps python_gssapi: login'), ('Kerberos', 'installed installed_python_gssapi: : Kerberos')),
        (('NTLM', 'apps python_gssapi: login'), ('Kerberos', 'installed installed_python_gssapi: : Kerberos'))),
    Row('curl with its SSPI code', 'curl',
        (('NTLM', 'apps sspi_curl: NTLM|--ntlm'), ('Kerberos', 'apps sspi_curl: Kerberos'))),
    Row('libpq with its SSPI code', 'postgresql-15', (('Kerberos', 'apps sspi_libpq'),)),
    Row('ldapsearch (Cyrus SASL)', 'ldap-utils',
        (('NTLM', 'realm ldap: ^(default|seal|sign):'), ('Kerberos', 'realm ldap: Kerberos'),
         ('NTLM', 'installed installed_ldap: the user of NTLM'))),
    Row('slapd', 'slapd', (),
        (('NTLM', 'installed installed_ldap: the user of NTLM'), ('Kerberos', 'installed installed_ldap: : Kerberos'))),
    Row('ssh of OpenSSH', 'openssh-client',
        (('NTLM', 'installed installed_libssh: the user of NTLM'),
         ('Kerberos', 'installed installed_openssh: gssapi-with-mic$'))),
    Row('sshd of OpenSSH', 'openssh-server', (),
        (('Kerberos', 'installed installed_openssh: gssapi-with-mic$'),
         ('not NTLM', 'installed installed_openssh: refused by sshd'))),
    Row('a server with libssh', 'libssh-4', (), (('NTLM', 'installed installed_libssh: the user of NTLM'),)),
    Row('psql', 'libpq5',
        (('Kerberos', 'installed installed_postgresql: : include_realm=.$'),
         ('not NTLM', 'installed installed_postgresql: NTLM alone is refused'))),
    Row('PostgreSQL', 'postgresql-15', (),
        (('NTLM', 'installed installed_postgresql: on the wire.*taken'),
         ('Kerberos', 'installed installed_postgresql: : include_realm=.$'))),
    Row('LDAP server of a Samba AD controller', 'samba', (),
        (('NTLM', 'realm ldap: ^(default|seal|sign):'), ('Kerberos', 'realm ldap: Kerberos'))),
    Row('winbindd as source of accounts', 'winbind', (), (('NTLM', 'realm winbind: let in'),)),
    Row('smbclient', 'smbclient', (('NTLM', 'smb acceptor: smbclient'),)),
    Row('smbd', 'samba', (), (('NTLM', 'smb initiator: ^P7[56]'),)),
    Row('gss-ntlmssp', 'gss-ntlmssp', (('NTLM', 'peers gss-ntlmssp: ^gss-ntlmssp -> ours'),),
        (('NTLM', 'peers gss-ntlmssp: ^ours -> gss-ntlmssp'),)),
    Row('WinPR', 'libwinpr2-2', (('NTLM', 'peers WinPR: ^WinPR -> ours'),),
        (('NTLM', 'peers WinPR: ^ours -> WinPR'),)),
    Row('ntlm_auth of Samba', 'winbind', (('NTLM', 'peers ntlm_auth: ^ntlm_auth -> ours'),),
        (('NTLM', 'peers ntlm_auth: ^ours -> ntlm_auth'),)),
    Row('impacket', 'python3-impacket',
        (('NTLM', 'peers impacket: ^impacket -> ours'), ('NTLM', 'smb acceptor: impacket'),
         ('CredSSP', 'peers credssp impacket')),
        (('NTLM', 'peers impacket: ^ours -> impacket'), ('NTLM', 'smb initiator: ^P77'))),
    Row('FreeRDP', 'freerdp2-x11', (('CredSSP', 'peers credssp xfreerdp'),), (('CredSSP', 'peers credssp shadow'),)),
    Row('rdesktop', 'rdesktop', (('CredSSP, Kerberos inside', 'peers credssp rdesktop'),)),
    Row('python3-winrm', 'python3-winrm', (('CredSSP', 'peers credssp winrm'),)),
)


def test_of(evidence):
    return evidence.split(':')[0]


def tests_of(row):
    return list(dict.fromkeys(test_of(evidence) for _, evidence in row.client + row.server))


def results_of(build):
    """Output of each test of the last run, and how it ended, by "SUITE TEST"."""
    results = {}
    path = pathlib.Path(build) / 'meson-logs' / 'testlog.json'
    lines = path.read_text(encoding='utf-8').splitlines() if path.exists() else []
    for result in map(json.loads, filter(None, lines)):
        suites, _, name = result['name'].rpartition(' / ')
        suite = suites.split(':')[-1].split('+')[0]
        results[f'{suite} {name}'] = (result['stdout'], result['result'])
    return results


def skipped(output, checks):
    """With the reason of the first check that was skipped, or of the whole test."""
    reasons = [match[4] for match in checks if match[3] and match[4]]
    reasons += re.findall(r'^1\.\.0\s*#\s*SKIP\s+(.+)$', output, re.M | re.I)
    return f'skipped: {reasons[0]}' if reasons else 'skipped'


def is_failure(check):
    return check[1].lower() == 'not ok' and (check[3] or '').upper() != 'TODO'


def verdict(evidence, results):
    """Nothing when it was shown, else what became of it."""
    test, _, pattern = evidence.partition(': ')
    if test not in results:
        return 'not run'
    output, ended = results[test]
    checks = [match for match in map(CHECK.match, output.splitlines()) if match]
    about = [match for match in checks if re.search(pattern, match[2])]
    if any(map(is_failure, about)) or (not about and ended not in ('OK', 'SKIP')):
        return 'fails'
    if ended == 'SKIP':
        return skipped(output, checks)
    if not about:
        return 'not shown'
    return '' if any(not match[3] for match in about) else skipped(output, about)


def cell(pairs, results):
    """Each mechanism once. It needs all that was said to show it; of what lacks the first is told."""
    problems = {}
    for mechanism, evidence in pairs:
        problems[mechanism] = problems.get(mechanism) or verdict(evidence, results)
    return ', '.join(f'{name} ({problem})' if problem else name for name, problem in problems.items()) or '-'


def shown(test):
    """The suite says little where the name has it already."""
    suite, _, name = test.partition(' ')
    return f'`{name}`' if name.startswith(suite) else f'`{test}`'


def version(package):
    """Of what is installed, without the parts that are Debian's."""
    done = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Version}', package],
                          capture_output=True, text=True, check=False)
    state, _, text = done.stdout.partition(' ')
    if state != 'installed':
        return '-'
    return re.sub(r'(^\d+:|[+~](dfsg|deb|git|really).*$|-[^-]*$)', '', re.sub(r'-[^-]*$', '', text))


def table(results):
    lines = ['| program | version | as client | as server | shown by |', '|---|---|---|---|---|']
    for row in ROWS:
        versions = ', '.join(map(version, row.packages.split()))
        tests = ', '.join(map(shown, tests_of(row)))
        cells = (row.program, versions, cell(row.client, results), cell(row.server, results), tests)
        lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join(lines)


def parts(text):
    """What is in front of the table, the table, and what is behind it."""
    before, _, rest = text.partition(BEGIN + '\n')
    inside, _, after = rest.partition(END)
    return before, inside.rstrip('\n'), after


def differs(results, text):
    """Whether README.md has another table; not to be said by a run that lacks one of its tests."""
    whole = all(test in results for row in ROWS for test in tests_of(row))
    return whole and table(results) != parts(text)[1]


def main(command, build):
    results = results_of(build)
    text = README.read_text(encoding='utf-8')
    before, _, after = parts(text)
    if command == 'show':
        print(table(results))
    elif command == 'write':
        README.write_text(f'{before}{BEGIN}\n{table(results)}\n{END}{after}', encoding='utf-8')
    elif command == 'compare':
        if differs(results, text):
            print("README.md has another table of programs than these results give: see ./dev matrix")
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(*sys.argv[1:])
