# SPDX-License-Identifier: MIT
"""ldapsearch with our NTLM, and with Kerberos, at the LDAP server of a domain controller: plain, with
SASL's layers, and over TLS with channel bindings. Prints TAP."""
import base64
import os
import re
import subprocess
import sys

import domain
from domain import ALICE, BASE, BOB, DOMAIN, ZOE, run, sid_of

domain.enter(programs=[('ldapsearch', 'ldap-utils'), ('kinit', 'krb5-user'),
                       ('/usr/lib/x86_64-linux-gnu/sasl2/libgssapiv2.so', 'libsasl2-modules-gssapi-mit')])

# pylint: disable=wrong-import-position
import ldap_client
import logins
import ntlm_tokens
from private_host import Tap

HOST = f'{domain.DC}.{domain.DNS}'
TARGET = f'ldap@{HOST}'
WHO = ('-b', '', '-s', 'base', 'tokenGroups')
SPNEGO = ('-Y', 'GSS-SPNEGO')
NONE, SIGN, SEAL = ('-O', 'maxssf=0'), ('-O', 'minssf=1,maxssf=1'), ('-O', 'minssf=56')
INVALID_CREDENTIALS, STRONG_AUTH_REQUIRED, UNWILLING = 49, 8, 53


def text_of_sid(octets):
    parts = [int.from_bytes(octets[i:i + 4], 'little') for i in range(8, len(octets), 4)]
    return '-'.join(map(str, ('S', octets[0], int.from_bytes(octets[2:8], 'big'), *parts)))


class Search:
    """One ldapsearch, to its end."""

    def __init__(self, realm, *options, file=None, url=f'ldap://{HOST}', **variables):
        env = {**os.environ, 'LDAPTLS_CACERT': realm.authority, **variables}
        if file:
            env['NTLM_USER_FILE'] = file
        done = subprocess.run(['ldapsearch', '-LLL', '-o', 'nettimeout=30', '-H', url, *options],
                              env=env, capture_output=True, text=True, check=False)
        self.code, self.output, self.errors = done.returncode, done.stdout, done.stderr

    def sid(self):
        """Of the user, as the server knows him."""
        first = re.search(r'^tokenGroups:: (\S+)$', self.output, re.M)
        return text_of_sid(base64.b64decode(first[1])) if first else None

    def ssf(self):
        found = re.search(r'^SASL SSF: (\d+)$', self.errors, re.M)
        return int(found[1]) if found else None

    def entries(self):
        return len(re.findall(r'^dn:', self.output, re.M))

    def authenticate(self):
        """The AUTHENTICATE, out of what -d 2 prints."""
        lines = re.findall(r'^  [0-9a-f]{4}:  (.{49})', self.errors, re.M)
        data = b''.join(bytes.fromhex(line.replace(' ', '')) for line in lines)
        return ntlm_tokens.decode(data[data.index(ntlm_tokens.SIGNATURE + b'\3'):])

    def __str__(self):
        return f'status {self.code}, SSF {self.ssf()}: {self.errors[-600:]}'


def channel_bindings(authenticate):
    return dict(ntlm_tokens.av_pairs(authenticate.fields['nt'][44:])).get(10)


def check_ntlm(tap, realm):
    """P82, P83."""
    bob = realm.account_file(BOB.name, BOB.password)
    for title, options, ssf in (('default', (), 64), ('seal', SEAL, 64), ('sign', SIGN, 1)):
        got = Search(realm, *SPNEGO, *options, *WHO, file=bob)
        tap.check(f'{title}: the server knows bob', got.sid() == sid_of(BOB.name), got)
        tap.check(f'{title}: SSF {ssf}', got.ssf() == ssf, got)
        tap.figure(f'SSF with {" ".join(options) or "the default"}', got.ssf())
    strong = Search(realm, *SPNEGO, '-O', 'minssf=128', *WHO, file=bob)
    tap.figure('SSF with -O minssf=128', strong.ssf())
    tap.check('minssf=128: refused, or by a context of 128 bits that SASL calls 64 (N207)',
              strong.code != 0 or strong.ssf() == 64, strong)
    got = Search(realm, *SPNEGO, *NONE, *WHO, file=bob)
    tap.check('no layer, no TLS: the server wants one, the login went as far',
              got.code == STRONG_AUTH_REQUIRED and not got.output, got)
    got = Search(realm, *SPNEGO, *WHO, file=realm.account_file(ZOE.name, ZOE.password))
    tap.check('non-ASCII user and password', got.sid() == sid_of(ZOE.name), got)
    for title, name, password in (('wrong password', BOB.name, 'wrong'),
                                  ('unknown user', f'{DOMAIN}\\nobody', BOB.password)):
        got = Search(realm, *SPNEGO, *WHO, file=realm.account_file(name, password))
        tap.check(f'{title}: refused', got.code == INVALID_CREDENTIALS and 'data 52' in got.errors, got)


def check_whole_tree(tap, realm):
    """P48."""
    bob = realm.account_file(BOB.name, BOB.password)
    base = f'CN=Configuration,{BASE}'
    counts = {}
    for title, options in (('sealed', SEAL), ('signed', SIGN)):
        got = Search(realm, *SPNEGO, *options, '-E', 'pr=500/noprompt', '-b', base, 'dn', file=bob)
        counts[title] = got.entries()
        tap.check(f'all entries, {title}', got.code == 0 and got.entries() > 1000, got)
    tap.check('as many sealed as signed', len(set(counts.values())) == 1, counts)
    tap.figure('entries of a paged search', counts['sealed'])


def check_cached_logon(tap, realm):
    """P87."""
    run('wbinfo', f'--ccache-save={BOB.name}%{BOB.password}')
    for title, options, ssf in (('seal', SEAL, 64), ('sign', SIGN, 1)):
        got = Search(realm, *SPNEGO, *options, *WHO, NTLMUSER='bob')
        tap.check(f'winbind\'s cached logon, {title}',
                  got.sid() == sid_of(BOB.name) and got.ssf() == ssf, got)


def check_tls(tap, realm):
    """Over TLS this server permits no layer of SASL's, and checks no channel bindings: Samba has that
    since 4.21. What is sent is checked here."""
    bob, url = realm.account_file(BOB.name, BOB.password), f'ldaps://{HOST}'
    got = Search(realm, *SPNEGO, *WHO, file=bob, url=url)
    tap.check('ldaps with a layer: the server refuses the layer', got.code == UNWILLING and
              'Sign or Seal are not allowed if TLS is used' in got.errors, got)
    for title, options, where in (('ldaps', (), url), ('StartTLS', ('-ZZ',), f'ldap://{HOST}')):
        got = Search(realm, *SPNEGO, *NONE, *options, *WHO, file=bob, url=where)
        tap.check(f'{title} without a layer: the server knows bob',
                  got.sid() == sid_of(BOB.name) and got.ssf() == 0, got)
    got = Search(realm, *SPNEGO, *NONE, *WHO, url=url, file=realm.account_file(BOB.name, 'wrong'))
    tap.check('ldaps: wrong password refused', got.code == INVALID_CREDENTIALS, got)

    connection = ldap_client.Connection(HOST)
    certificate = connection.certificate
    connection.close()
    right = ldap_client.end_point_bindings(certificate)
    for kind, expected in (('none', None), ('tls-endpoint', ldap_client.bindings_hash(right))):
        got = Search(realm, *SPNEGO, *NONE, '-d', '2', *WHO, file=bob, url=url,
                     LDAPSASL_CBINDING=kind)
        sent = channel_bindings(got.authenticate())
        tap.check(f'ldapsearch, SASL_CBINDING {kind}: {"the" if expected else "no"} bindings are '
                  'sent, the login succeeds', sent == expected and got.sid() == sid_of(BOB.name),
                  sent, expected, got)
    accepted = {}
    for title, data in (('right', right), ('wrong', right[:-1] + b'\0'), ('no', None)):
        code, text, token = ldap_client.login(HOST, logins.by_file(bob, logins.SPNEGO), TARGET, data)
        sent = channel_bindings(ntlm_tokens.find(token))
        expected = ldap_client.bindings_hash(data) if data else None
        tap.check(f'own client, {title} bindings: as given in the token', sent == expected, sent)
        accepted[title] = code == ldap_client.SUCCESS
        tap.figure(f'LDAP result with {title} bindings', code, text)
    tap.check('right bindings are accepted', accepted['right'])
    if accepted['wrong']:
        tap.skip('wrong bindings are refused',
                 f'{run("samba", "--version").strip()} accepts them, it does not check bindings')
    else:
        tap.check('wrong bindings are refused', not accepted['wrong'])


def check_kerberos(tap, realm):
    """P81, P84, P6: the same server by Kerberos, with our module in place."""
    bob = realm.account_file(BOB.name, BOB.password)
    got = Search(realm, '-Y', 'GSSAPI', *WHO, file=bob)
    tap.check('GSSAPI without a ticket: no NTLM instead', got.code != 0 and got.sid() is None, got)
    tap.check('kinit with a wrong password is refused', not realm.ticket(ALICE, 'wrong'))
    tap.check('kinit', realm.ticket(ALICE))
    for title, mech, file in (('GSSAPI', 'GSSAPI', None), ('GSSAPI, NTLM at hand', 'GSSAPI', bob),
                              ('SPNEGO', 'GSS-SPNEGO', None),
                              ('SPNEGO, NTLM at hand', 'GSS-SPNEGO', bob)):
        got = Search(realm, '-Y', mech, *WHO, file=file)
        tap.check(f'{title}: the server knows alice by her ticket',
                  got.sid() == sid_of(ALICE.name) and 'alice@REALM.TEST' in got.errors, got)
    # -N: the name of the service is made of the address.
    address, where = f'ldap://{domain.DC_ADDRESS}', ('-N', *WHO)
    got = Search(realm, *SPNEGO, *where, file=bob, url=address)
    tap.check('SPNEGO to an address, no such Kerberos service: NTLM, bob',
              got.sid() == sid_of(BOB.name), got)
    got = Search(realm, *SPNEGO, *where, url=address)
    tap.check('without NTLM credential: the error of Kerberos', got.sid() is None and
              'Server not found in Kerberos database' in got.errors, got)
    denied = realm.world.write('deny.conf', '[ntlm]\noutgoing = deny\n')
    got = Search(realm, *SPNEGO, *where, file=bob, url=address, GSS_SSPI_CONFIG=denied)
    tap.check('outgoing = deny: no NTLM, the error of Kerberos', got.sid() is None and
              'Server not found in Kerberos database' in got.errors, got)
    realm.no_ticket()
    got = Search(realm, *SPNEGO, *WHO, file=bob, GSS_SSPI_CONFIG=denied)
    tap.check('outgoing = deny, no ticket: our error', got.sid() is None and
              'the policy of this host does not allow this: NTLM to ldap/' in got.errors, got)


def main():
    tap = Tap()
    with domain.Domain() as realm:
        realm.authority = realm.world.write('ca.pem', realm.controller.run(
            'cat', '/var/lib/samba/private/tls/ca.pem'))
        check_ntlm(tap, realm)
        check_whole_tree(tap, realm)
        check_cached_logon(tap, realm)
        check_tls(tap, realm)
        check_kerberos(tap, realm)
        got = Search(realm, *SPNEGO, *WHO, file=realm.account_file(BOB.name, BOB.password))
        tap.check('the server still answers', got.sid() == sid_of(BOB.name), got)
    return tap.finish()


sys.exit(main())
