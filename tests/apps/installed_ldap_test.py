#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""OpenLDAP's slapd and its clients, by Cyrus SASL, with the packages installed: GSS-SPNEGO with NTLM, with
each layer and with channel bindings; Kerberos as before by GSSAPI, GS2 and GSS-SPNEGO; that GS2 leaves NTLM
out. Prints TAP."""
import os
import re
import sys
import typing

import installed_world as installed

SASL = '/usr/lib/x86_64-linux-gnu/sasl2'
installed.enter((('slapd', 'slapd'), ('ldapwhoami', 'ldap-utils'), ('openssl', 'openssl'),
                 (f'{SASL}/libgssapiv2.so', 'libsasl2-modules-gssapi-mit')), (('gssapi', 'python3-gssapi'),))

# pylint: disable=wrong-import-position
import private_host
from gssapi import raw
from installed_servers import Service, check_same, last_line
from private_host import NTLM_OID, attempt, run

LDAP, LDAPS = f'ldap://{installed.HOST}', f'ldaps://{installed.HOST}'
ENTRIES, SUFFIX = 500, 'dc=testdom,dc=test'
SPNEGO = ('-Y', 'GSS-SPNEGO')
NTLM_DN, KERBEROS_DN = 'uid=testdom\\5Calice,cn=gss-spnego,cn=auth', 'uid=alice,cn={},cn=auth'
INVALID_CREDENTIALS, LOCAL_ERROR, UNKNOWN_METHOD = 49, 254, 250  # the latter two are -2 and -6
CONF = f'''include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {{folder}}/pid
sasl-host {installed.HOST}
sasl-secprops none
sasl-cbinding tls-endpoint
TLSCertificateFile {{folder}}/cert.pem
TLSCertificateKeyFile {{folder}}/key.pem
sizelimit unlimited
database mdb
suffix {SUFFIX}
directory {{folder}}/data
'''


class Layer(typing.NamedTuple):
    options: str
    ssf: int


LAYERS = {'the default': Layer('minssf=0', 64), 'sealed': Layer('minssf=56', 64),
          'signed': Layer('minssf=1,maxssf=1', 1), 'none': Layer('maxssf=0', 0)}
# How a user with a ticket logs in. With GS2 the client asks for a name, and does not use it.
KERBEROS = {'GSSAPI': (), 'GS2-KRB5': ('-U', 'alice'), 'GSS-SPNEGO': ()}
TLS_1_2 = {'LDAPTLS_CIPHER_SUITE': 'NORMAL:-VERS-TLS1.3'}  # the last version with tls-unique


def make_database(world):
    """Some hundred entries, so that answers have many messages of each layer."""
    folder = world.path('slapd')
    os.makedirs(f'{folder}/data')
    config = world.write('slapd/slapd.conf', CONF.format(folder=folder))
    run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', f'/CN={installed.HOST}', '-addext',
        f'subjectAltName=DNS:{installed.HOST}', '-keyout', f'{folder}/key.pem', '-out', f'{folder}/cert.pem')
    people = ''.join(f'\ndn: cn=p{number},{SUFFIX}\nobjectClass: device\ncn: p{number}\n'
                     f'description: {"x" * number}\n' for number in range(1, ENTRIES + 1))
    domain = f'dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: testdom\n'
    run('slapadd', '-q', '-f', config, input=domain + people)
    run('chown', '-R', 'openldap:openldap', folder)


def start(world, **variables):
    config = world.path('slapd/slapd.conf')
    return Service(world, 'slapd', '-d', 'stats', '-f', config, '-u', 'openldap', '-g', 'openldap', '-h',
                   f'{LDAP} {LDAPS}', port=389, variables=variables)


class Client:
    """ldapwhoami or ldapsearch, to its end."""

    def __init__(self, world, *options, program='ldapwhoami', url=LDAP, account=None, ticket=False,
                 **variables):
        env = {**installed.client(world, account, ticket), 'LDAPTLS_CACERT': world.path('slapd/cert.pem')}
        done = attempt(program, '-N', '-H', url, *options, env={**env, **variables}, stdin=0)
        self.code, self.output, self.errors = done.returncode, done.stdout, done.stderr

    def who(self):
        return self.output.strip().removeprefix('dn:')

    def ssf(self):
        found = re.search(r'^SASL SSF: (\d+)$', self.errors, re.M)
        return int(found[1]) if found else None

    def entries(self):
        return set(re.findall(r'^description: (\S+)', self.output, re.M))

    def __str__(self):
        return f'status {self.code}, SSF {self.ssf()}, {self.who()[:300]}: {self.errors}'


def offered(world):
    got = Client(world, '-x', '-LLL', '-s', 'base', '-b', '', 'supportedSASLMechanisms', program='ldapsearch')
    return sorted(re.findall(r'^supportedSASLMechanisms: (\S+)$', got.output, re.M))


def kerberos(world):
    """Who and how well protected a user with a ticket is, by each mechanism; an NTLM login at hand changes
    nothing. Without a ticket only the status: where NTLM is asked too the reasons are more."""
    result = {'offered': offered(world)}
    for mech, options in KERBEROS.items():
        for title, account in (('', None), (' beside NTLM', installed.ALICE)):
            got = Client(world, '-Y', mech, *options, ticket=True, account=account)
            result[mech + title] = (got.code, got.who(), got.ssf(), '' if got.ssf() else got.errors)
        got = Client(world, '-Y', mech, *options)
        result[f'{mech} without a ticket'] = (got.code, got.who())
    return result


def check_kerberos(tap, results):
    before = results[installed.BEFORE]
    for mech in KERBEROS:
        dn = KERBEROS_DN.format(mech.lower())
        tap.check(f'before: Kerberos by {mech}', before[mech][:2] == (0, dn), before[mech])
        without = before[f'{mech} without a ticket']
        tap.check(f'before: no ticket, no login by {mech}', without[0] != 0 and not without[1], without)
    check_same(tap, results)


def check_ntlm(tap, world, server):
    search = ('-LLL', '-o', 'ldif-wrap=no', '-b', SUFFIX)
    whole = Client(world, '-x', *search, program='ldapsearch').entries()
    for title, layer in LAYERS.items():
        options = (*SPNEGO, '-O', layer.options)
        before = len(server.said())
        got = Client(world, *options, account=installed.ALICE)
        tap.check(f'layer {title}: the server sees the user of NTLM', got.who() == NTLM_DN, got)
        tap.check(f'layer {title}: SSF {layer.ssf}', got.ssf() == layer.ssf, got)
        bind = f'dn="{NTLM_DN}" mech=GSS-SPNEGO bind_ssf={layer.ssf} '
        tap.check(f'layer {title}: and in the server\'s log', bind in server.said()[before:],
                  server.said()[-1500:])
        got = Client(world, *options, *search, program='ldapsearch', account=installed.ALICE)
        tap.check(f'layer {title}: {ENTRIES} entries arrive',
                  len(whole) == ENTRIES and got.entries() == whole, got)
    tap.check('the server has loaded the module of the package', server.loaded())


def check_wrong_password(tap, world, server):
    log = '/var/log/gss-sspi.log'
    run('install', '-m', '0622', '/dev/null', log)
    installed.policy(f'log_file = {log}')
    server = restart(world, server)
    got = Client(world, *SPNEGO, account=installed.WRONG)
    tap.check('wrong password: refused', got.code == INVALID_CREDENTIALS and not got.output, got)
    tap.check('wrong password: the client says that the server refused',
              'gss_accept_sec_context' in got.errors, got)
    with open(log, encoding='utf-8') as file:
        reason = file.read()
    tap.check('wrong password: the log of the policy has the reason', installed.LOGON_FAILURE in reason and
              installed.USER in reason, reason, server.said()[-1500:])
    tap.figure('wrong password, client', last_line(got.errors))
    return server


def check_gs2(tap, world):
    """GS2 wants a mechanism that proves the server (RFC 5801 section 4); NTLM does not, so Cyrus' plug-in
    leaves it out at both ends."""
    ntlm = raw.OID.from_int_seq(NTLM_OID)
    name = raw.inquire_saslname_for_mech(ntlm).sasl_mech_name.decode()
    attributes = raw.inquire_attrs_for_mech(ntlm).mech_attrs
    tap.check('NTLM has a GS2 name, and does not claim to prove the server', name.startswith('GS2-') and
              raw.OID.from_int_seq('1.3.6.1.5.5.13.11') not in attributes, name, attributes)
    got = Client(world, '-Y', name, '-U', 'alice', account=installed.ALICE)
    tap.check(f'{name}: the client has no such mechanism', got.code == UNKNOWN_METHOD and
              'No worthy mechs found' in got.errors, got)


def check_bindings(tap, world, server):
    """Over TLS; without a layer of SASL's, since TLS protects already. TLS 1.3 has no tls-unique, so a client
    that is told to use it has no bindings there, and wrong ones with TLS 1.2."""
    def login(kind, **variables):
        return Client(world, *SPNEGO, '-O', 'maxssf=0', url=LDAPS, account=installed.ALICE,
                      LDAPSASL_CBINDING=kind, **variables)

    for policy in ('', 'channel_bindings = always'):
        installed.policy(policy)
        server = restart(world, server)
        title = policy or 'ldaps'
        got = login('tls-endpoint')
        tap.check(f'{title}: a client with bindings', got.who() == NTLM_DN, got)
        for kind in ('none', 'tls-unique'):
            got = login(kind)
            good = got.code == INVALID_CREDENTIALS if policy else got.who() == NTLM_DN
            tap.check(f'{title}: a client without ({kind}) is {"refused" if policy else "let in"}', good, got)
        got = login('tls-unique', **TLS_1_2)
        tap.check(f'{title}: a client with other bindings is refused', got.code == INVALID_CREDENTIALS, got)
    installed.policy()
    return restart(world, server)


def check_absent(tap, world, phase):
    got = Client(world, *SPNEGO, account=installed.ALICE)
    tap.check(f'{phase}: no NTLM, and the client says why', got.code == LOCAL_ERROR and not got.output and
              'SPNEGO cannot find mechanisms to negotiate' in got.errors, got)
    tap.figure(f'{phase}, client', last_line(got.errors))


def check_absent_at_server(tap, world, server):
    server = restart(world, server, GSS_MECH_CONFIG='/dev/null')
    got = Client(world, *SPNEGO, account=installed.ALICE)
    tap.check('a server without the module: refused', got.code != 0 and not got.output, got)
    tap.figure('a server without the module, client', got.code, last_line(got.errors))
    return restart(world, server)


def restart(world, server, **variables):
    server.stop()
    return start(world, **variables)


def main():
    tap, results = private_host.Tap(), {}
    with installed.open_world('ldap', group='openldap') as world:
        make_database(world)
        for phase in installed.phases():
            server = start(world)
            results[phase] = kerberos(world)
            if phase == installed.INSTALLED:
                check_ntlm(tap, world, server)
                server = check_wrong_password(tap, world, server)
                check_gs2(tap, world)
                server = check_bindings(tap, world, server)
                server = check_absent_at_server(tap, world, server)
            else:
                check_absent(tap, world, phase)
            server.stop()
        server = start(world)
        got = Client(world, *SPNEGO, account=installed.ALICE)
        tap.check('installed again: NTLM', got.who() == NTLM_DN, got)
        server.stop()
        check_kerberos(tap, results)
    return tap.finish()


sys.exit(main())
