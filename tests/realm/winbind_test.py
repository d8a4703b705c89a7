# SPDX-License-Identifier: MIT
"""Our acceptor and a real winbindd: who is let in, what is told of him, and who may ask. Prints TAP."""
import itertools
import os
import subprocess
import sys

import domain
from domain import ACCOUNTS, ALICE, BOB, DOMAIN, EXPIRED, GROUP, LOCKED, MUST_CHANGE, ZOE, run, sid_of

domain.enter(programs=[('ntlm_auth', 'winbind'), ('setpriv', 'util-linux')])

# pylint: disable=wrong-import-position
import logins
import ntlm_tokens
from logins import NTLM, SPNEGO, Refused, login
from private_host import Tap

ATTRIBUTE = 'urn:gss-sspi:ntlm:'
CARRIERS = {'NTLM': NTLM, 'SPNEGO': SPNEGO}
ALWAYS_ON = (('realm\\BOB', BOB), (f'{DOMAIN}\\Bob', BOB), ('realm.test\\bob', BOB), ('\\bob', BOB))
REFUSED = 'logon failure: unknown user or wrong password'


def outcome(*arguments, **options):
    """The client's name, or the refusal."""
    try:
        return login(*arguments, **options)
    except Refused as error:
        return error


def check_users(tap, realm):
    for carrier, mech in CARRIERS.items():
        def enter(name, password, mech=mech):
            return outcome(logins.by_file(realm.account_file(name, password), mech), mech)

        for account in (ALICE, BOB, ZOE):
            got = enter(account.name, account.password)
            tap.check(f'{carrier}: {account.name} is let in', str(got) == account.name, got)
            if not isinstance(got, Refused):
                keys = got.keys()
                tap.check(f'{carrier}: {account.name}: by NTLM, with one key, messages pass',
                          got.mech == NTLM and len(keys[0]) == 16 and keys[0] == keys[1] and
                          got.messages_pass())
        for name, account in ALWAYS_ON:
            got = enter(name, account.password)
            tap.check(f'{carrier}: {name} is {account.name}', str(got) == account.name, got)
        for title, name, password in (
                ('wrong password', BOB.name, ALICE.password),
                ('empty password', BOB.name, ''),
                ('password in other case', BOB.name, BOB.password.upper()),
                ('non-ASCII password cut', ZOE.name, ZOE.password[:-1]),
                ('unknown user', f'{DOMAIN}\\nobody', BOB.password),
                ('unknown domain', 'NOWHERE\\bob', BOB.password),
                ('this host as domain', f'{domain.MEMBER.upper()}\\bob', BOB.password),
                *((account.user, account.name, account.password)
                  for account in (domain.DISABLED, EXPIRED, MUST_CHANGE))):
            got = enter(name, password)
            tap.check(f'{carrier}: {title}: refused, in the words of all refusals',
                      isinstance(got, Refused) and got.end == 'acceptor' and
                      f'{REFUSED}: {name}, accounts of winbind' in got.minor_text, got)


def check_lockout(tap, realm):
    """Three wrong passwords lock an account; then the right one is refused too."""
    def settings(threshold):
        realm.controller.run('samba-tool', 'domain', 'passwordsettings', 'set',
                             f'--account-lockout-threshold={threshold}',
                             '--account-lockout-duration=5')

    right = realm.account_file(LOCKED.name, LOCKED.password)
    wrong = realm.account_file(LOCKED.name, 'wrong')
    got = outcome(logins.by_file(right))
    tap.check('before the lockout: let in', str(got) == LOCKED.name, got)
    settings(3)
    for _ in range(3):
        outcome(logins.by_file(wrong))
    got = outcome(logins.by_file(right))
    tap.check('locked: the right password is refused', isinstance(got, Refused) and
              REFUSED in got.minor_text, got)
    got = outcome(logins.by_file(realm.account_file(BOB.name, BOB.password)))
    tap.check('locked: others are let in', str(got) == BOB.name, got)
    settings(0)
    realm.controller.run('samba-tool', 'user', 'unlock', LOCKED.user)
    got = outcome(logins.by_file(right))
    tap.check('unlocked: let in', str(got) == LOCKED.name, got)


def check_attributes(tap, realm):
    """N434: against what wbinfo says."""
    got = login(logins.by_file(realm.account_file(BOB.name, BOB.password)))
    sids = set(run('wbinfo', '--user-sids', sid_of(BOB.name)).split())
    told = got.attribute(ATTRIBUTE + 'sid')
    tap.check('the first SID is the user\'s', told[0] == sid_of(BOB.name), told)
    tap.check('the others are those of wbinfo, each once',
              set(told) == sids and len(told) == len(sids), told, sids)
    tap.check('the groups are the others', got.attribute(ATTRIBUTE + 'group-sid') == told[1:])
    tap.check('his group is among them', sid_of(f'{DOMAIN}\\{GROUP}') in told)
    gids = {run('wbinfo', '--sid-to-gid', sid).strip() for sid in told[1:]}
    told_gids = set(run('wbinfo', '-r', BOB.name).split())
    tap.check('they are the groups of wbinfo -r', gids <= told_gids and
              len(told_gids - gids) <= 1, gids, told_gids)
    tap.check('all in one text', got.attribute('urn:gssntlmssp:sids') == [','.join(told)])
    for name, value in (('dns-domain', domain.DNS), ('upn', f'bob@{domain.DNS}'), ('user', 'bob'),
                        ('domain', DOMAIN), ('source', 'winbind')):
        tap.check(f'attribute {name}', got.attribute(ATTRIBUTE + name) == [value],
                  got.attribute(ATTRIBUTE + name))
    upn = login(logins.by_file(realm.world.write('upn', f':bob@{domain.DNS}:{BOB.password}\n', 0o600)))
    tap.check('a principal name is the same user', str(upn) == BOB.name, upn)


def check_challenge(tap, realm):
    """N303: the names are the join's, whatever the environment says."""
    os.environ['NETBIOS_DOMAIN_NAME'] = 'ENVIRON'
    got = login(logins.by_file(realm.account_file(BOB.name, BOB.password)))
    del os.environ['NETBIOS_DOMAIN_NAME']
    challenge = ntlm_tokens.find(got.tokens[1])
    pairs = dict(ntlm_tokens.av_pairs(challenge.fields['target_info']))
    names = [pairs.get(i, b'').decode('utf-16-le') for i in (1, 2, 3, 4)]
    tap.check('the CHALLENGE names the join', names ==
              [domain.MEMBER.upper(), DOMAIN, f'{domain.MEMBER}.{domain.DNS}', domain.DNS], names)
    tap.check('its target is the domain', challenge.text('target') == DOMAIN and
              challenge.has('TARGET_TYPE_DOMAIN'))
    realm.policy('spn_check = require')
    for target, good in (('host@member1.realm.test', True), ('HTTP@member1', True),
                         ('host@dc1.realm.test', False)):
        got = outcome(logins.by_file(realm.account_file(BOB.name, BOB.password)), target=target)
        tap.check(f'spn_check = require: {target} is {"" if good else "not "}this host',
                  isinstance(got, Refused) != good, got)
    realm.policy('')


def check_local_names(tap, realm):
    """N411: root and bob of the domain are not those of this host."""
    with open('/etc/passwd', encoding='utf-8') as file:
        accounts = file.read()
    realm.world.replace('/etc/passwd', accounts + 'bob:x:4711:4711::/:/bin/false\n')
    tap.check('a user of the domain is not the local one of his name',
              logins.local_name(BOB.name) is None)
    realm.policy(f'local_domains = {DOMAIN}')
    tap.check('unless local_domains says so', logins.local_name(BOB.name) == 'bob')
    realm.policy('')
    if subprocess.run(['sh', '-c', 'ldconfig -p | grep -q libnss_winbind.so.2 || '
                       'find $(echo $LD_LIBRARY_PATH | tr : " ") -name libnss_winbind.so.2 2>&1 | '
                       'grep -q .'], check=False).returncode != 0:
        tap.skip('with nss_winbind the local name is the domain\'s',
                 'missing package: libnss-winbind (it changes /etc/nsswitch.conf)')
        return
    realm.world.replace('/etc/nsswitch.conf', 'passwd: files winbind\ngroup: files winbind\n')
    code = f'import logins; print(logins.local_name({BOB.name!r}))'
    told = run(sys.executable, '-c', code, env={**os.environ, 'PYTHONPATH': str(domain.HERE)}).strip()
    tap.check('with nss_winbind the local name is the domain\'s', told == BOB.name, told)


def check_permissions(tap, realm):
    """P86, N448: as nobody, outside of winbindd's group and in it."""
    path = realm.world.write('bob-of-all', f'{BOB.name.replace(chr(92), ":")}:{BOB.password}\n')
    code = ('import logins, sys\n'
            'try: print(logins.login(logins.by_file(sys.argv[1])))\n'
            'except logins.Refused as error: print(error)\n')
    env = {**os.environ, 'PYTHONPATH': str(domain.HERE), 'GSS_SSPI_CONFIG': realm.world.write(
        'lenient.conf', '[ntlm]\nuser_file_mode_check = warn\n')}
    for groups, good in ((['--clear-groups'], False), (['--groups=winbindd_priv'], True)):
        got = run('setpriv', '--reuid=nobody', '--regid=nogroup', *groups, sys.executable, '-c', code,
                  path, env=env).strip()
        if good:
            tap.check('nobody in winbindd_priv: let in', got == BOB.name, got)
        else:
            tap.check('nobody without groups: the source cannot be reached, and which group it takes',
                      'the account source cannot be reached' in got and
                      '(group winbindd_priv)' in got and REFUSED not in got, got)


# ---- N701: every form, without the secret --------------------------------------------------------

FORMS = {0: 'LM and NTLM', 1: 'NTLMv1 with ESS', 2: 'NTLMv1 with ESS', 3: 'NTLMv2'}


def with_fields(token, **fields):
    """An AUTHENTICATE with other LM and NT fields; the new ones are at the end."""
    for name, at in (('lm', 12), ('nt', 20)):
        value = fields.get(name)
        if value is not None:
            place = len(value).to_bytes(2, 'little') * 2 + len(token).to_bytes(4, 'little')
            token = token[:at] + place + token[at + 8:] + value
    return token


def without_secret(realm, form):
    """Triples of title, account file, and what becomes of the AUTHENTICATE."""
    def same(token):
        return token

    for title, name, password in (
            ('wrong password', ALICE.name, 'wrong'), ('empty password', ALICE.name, ''),
            ('the password of another user', ALICE.name, BOB.password),
            ('unknown user', f'{DOMAIN}\\nobody', ALICE.password)):
        yield title, realm.account_file(name, password), same
    right = realm.account_file(ALICE.name, ALICE.password)
    old = []
    with_level(FORMS_LEVEL[form], lambda: outcome(
        logins.by_file(right), flags=0,
        tamper=lambda leg, token: old.append(token) or token))
    earlier = ntlm_tokens.find(old[2]).fields
    zero = bytes(24)
    for title, fields in (
            ('NT zero', {'nt': bytes(len(earlier['nt']))}), ('both zero', {'lm': zero, 'nt': zero}),
            ('no NT, LM zero', {'lm': zero, 'nt': b''}), ('no NT', {'nt': b''}),
            ('neither', {'lm': b'', 'nt': b''}), ('one octet of LM', {'lm': b'\0', 'nt': b''}),
            ('answer to an earlier challenge', {'lm': earlier['lm'], 'nt': earlier['nt']}),
            ('LM in place of NT', {'nt': earlier['lm']}),
            ('NT cut to 16 octets', {'nt': earlier['nt'][:16]})):
        yield title, right, lambda token, fields=fields: with_fields(token, **fields)


FORMS_LEVEL = {form: level for level, form in FORMS.items()}


def with_level(level, function):
    os.environ['LM_COMPAT_LEVEL'] = str(level)
    try:
        return function()
    finally:
        del os.environ['LM_COMPAT_LEVEL']


def check_forms(tap, realm):
    realm.policy('initiator_minimum_security = none\nacceptor_minimum_security = none')
    right = realm.account_file(ALICE.name, ALICE.password)
    servers = {level: with_level(level, logins.acceptor) for level in range(6)}
    for level, form in FORMS.items():
        cases = list(without_secret(realm, form)) if FORMS_LEVEL[form] == level else []
        clients = {path: with_level(level, lambda p=path: logins.by_file(p))
                   for path in {right, *(path for _, path, _ in cases)}}
        for server_level, server in servers.items():
            pair = f'initiator {level}, acceptor {server_level}'
            sent = []
            got = outcome(clients[right], server_cred=server, flags=0,
                          tamper=lambda leg, token: sent.append(token) or token)
            good = form == 'NTLMv2' or server_level <= 2
            told = str(got) == ALICE.name if good else (
                isinstance(got, Refused) and 'form of the peer\'s response' in got.text)
            is_form = ntlm_tokens.response_form(ntlm_tokens.find(sent[2])) == form
            tap.check(f'{pair}: {form} is {"let in" if good else "refused"}', told and is_form, got)
            let_in = []
            for title, path, change in cases:
                changed = []

                def tamper(leg, token, change=change, changed=changed):
                    if leg != 2:
                        return token
                    changed.append(change(token) != token)
                    return change(token)

                got = outcome(clients[path], server_cred=server, flags=0, tamper=tamper)
                alters = path != right or any(changed)
                if not isinstance(got, Refused) or got.end != 'acceptor' or not alters:
                    let_in.append(f'{title}: {got}')
            if cases:
                tap.check(f'{pair}: {form} without the secret: {len(cases)} refused', not let_in,
                          *let_in)
    realm.policy('')


# ---- initiators ----------------------------------------------------------------------------------

def check_cached_logon(tap, realm):
    """P87, N415: winbind's own logon makes the messages."""
    os.environ['NTLMUSER'] = 'bob'
    try:
        logins.by_default()
        tap.check('no cached logon, no credential', False)
    except Refused as error:
        tap.check('no cached logon, no credential', 'winbind keeps no logon of bob' in
                  error.minor_text, error)
    run('wbinfo', f'--ccache-save={BOB.name}%{BOB.password}')
    for carrier, mech in CARRIERS.items():
        cred = logins.by_default(mech)
        if mech == SPNEGO:
            logins.cut(cred)
        got = outcome(cred, mech)
        tap.check(f'{carrier}: cached logon', str(got) == BOB.name and got.mech == NTLM and
                  got.messages_pass() and len(set(got.keys())) == 1, got)
    os.environ['NTLMUSER'] = 'alice'
    try:
        got = logins.by_default()
        tap.check('the logon of another user is not taken', False)
    except Refused as error:
        tap.check('the logon of another user is not taken', 'alice' in error.minor_text, error)
    del os.environ['NTLMUSER']


class NtlmAuth:
    """Samba's acceptor; it asks winbindd."""

    def __init__(self, protocol):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ['ntlm_auth', f'--helper-protocol={protocol}'], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def check_ntlm_auth(tap, realm):
    """P88: our initiator, and Samba's acceptor with the domain's accounts."""
    for carrier, protocol, mech in (('NTLM', 'squid-2.5-ntlmssp', NTLM),
                                    ('SPNEGO', 'gss-spnego', SPNEGO)):
        for account, password in itertools.product((BOB, ZOE), (None, 'wrong')):
            helper = NtlmAuth(protocol)
            helper.ask('SF NTLMSSP_FEATURE_SESSION_KEY NTLMSSP_FEATURE_SIGN NTLMSSP_FEATURE_SEAL')
            file = realm.account_file(account.name, password or account.password)
            answer, key = logins.talk_to_helper(helper.ask, logins.by_file(file, mech), mech)
            theirs = helper.ask('GK')
            helper.stop()
            title = f'{carrier}: {account.name} at ntlm_auth'
            if password:
                tap.check(f'{title}: wrong password refused', answer.startswith('NA') and key is None,
                          answer)
            else:
                tap.check(f'{title}: let in', answer.startswith('AF') and
                          answer.endswith(account.name), answer)
                tap.check(f'{title}: the same key', theirs == f'GK {key}', theirs, key)


def main():
    tap = Tap()
    with domain.Domain() as realm:
        assert len(ACCOUNTS) == 7
        check_users(tap, realm)
        check_attributes(tap, realm)
        check_challenge(tap, realm)
        check_permissions(tap, realm)
        check_forms(tap, realm)
        check_cached_logon(tap, realm)
        check_ntlm_auth(tap, realm)
        check_lockout(tap, realm)
        check_local_names(tap, realm)
        tap.check('winbindd still runs', realm.member.winbindd.process.poll() is None)
    return tap.finish()


sys.exit(main())
