# SPDX-License-Identifier: MIT
"""Kerberos of a domain beside our NTLM, and when SPNEGO goes from one to the other. The acceptor is the
member, with its keytab and winbind; what it reports counts. Prints TAP."""
import os
import sys

import domain
from domain import ALICE, BOB, DNS, MEMBER, REALM

domain.enter(programs=[('kinit', 'krb5-user')])

# pylint: disable=wrong-import-position
import logins
from logins import KRB5, NTLM, SPNEGO, Refused
from private_host import Tap

# The domain knows a service host of this name, and none of the other.
KNOWN, UNKNOWN = f'host@{MEMBER}.{DNS}', f'nosuch@{MEMBER}.{DNS}'
PRINCIPAL = f'{ALICE.user}@{REALM}'
NOT_FOUND = 'Server not found in Kerberos database'


def login(target, mech=SPNEGO, server_cred=None):
    """The user and the mechanism that the acceptor reports, or the refusal."""
    try:
        done = logins.login(logins.by_default(mech), mech, target,
                            server_cred=server_cred or logins.acceptor(mech))
    except Refused as error:
        return error
    return (str(done), done.mech) if done.messages_pass() else 'messages do not pass'


def acceptor():
    return logins.acceptor(SPNEGO)


def use_ntlm(realm, account=BOB):
    """The initiator's NTLM credential: of a file, which the acceptor must not take for its own."""
    os.environ.pop('GSS_SSPI_CONFIG', None)
    if account is None:
        realm.ntlm = ''
    else:
        realm.ntlm = f'initiator_user_file = {realm.account_file(account.name, account.password)}\n'
    policy(realm)


def policy(realm, text='use_winbind = yes'):
    realm.policy(realm.ntlm + text)


def check_kerberos(tap, realm):
    """P6: each mechanism chooses the ticket, whatever else is there."""
    for title, account in (('no NTLM credential', None), ('NTLM credential of bob', BOB)):
        use_ntlm(realm, account)
        for name, mech in (('krb5', KRB5), ('SPNEGO', SPNEGO)):
            got = login(KNOWN, mech)
            tap.check(f'{name} with a ticket, {title}: Kerberos', got == (PRINCIPAL, KRB5), got)
    got = login(KNOWN, NTLM)
    tap.check('NTLM itself in spite of the ticket', got == (BOB.name, NTLM), got)


def check_fallback(tap, realm):
    """A ticket, but no such service at the domain controller."""
    rules = (
        ('no rule', 'outgoing = allow', True),
        ('outgoing = deny', 'outgoing = deny', False),
        ('outgoing = deny, this target excepted', f'outgoing = deny\noutgoing_except = *.{DNS}', True),
        ('outgoing = deny, another excepted', 'outgoing = deny\noutgoing_except = other', False),
        ('outgoing = deny, audit only', 'outgoing = deny\noutgoing_audit_only = yes', True),
        ('outgoing = allow, this target excepted', 'outgoing_except = nosuch/*', False),
        ('offer_in_negotiate = no', 'offer_in_negotiate = no', False),
    )
    use_ntlm(realm)
    # The rules are about the initiator; the acceptor has none.
    policy(realm)
    server = acceptor()
    for title, rule, goes_on in rules:
        policy(realm, rule)
        got = login(UNKNOWN, server_cred=server)
        if goes_on:
            tap.check(f'{title}: NTLM in place of Kerberos', got == (BOB.name, NTLM), got)
        else:
            tap.check(f'{title}: no NTLM, the error of Kerberos', isinstance(got, Refused) and
                      got.end == 'initiator' and NOT_FOUND in got.text, got)
        got = login(KNOWN, server_cred=server)
        tap.check(f'{title}: Kerberos where the service is known', got == (PRINCIPAL, KRB5), got)
    use_ntlm(realm, None)
    got = login(UNKNOWN, server_cred=server)
    tap.check('no NTLM credential: the error of Kerberos', isinstance(got, Refused) and
              NOT_FOUND in got.text, got)


def check_without_ticket(tap, realm):
    ticket = os.environ['KRB5CCNAME']
    realm.no_ticket()
    use_ntlm(realm)
    server = acceptor()
    got = login(KNOWN, server_cred=server)
    tap.check('no ticket: NTLM', got == (BOB.name, NTLM), got)
    policy(realm, 'outgoing = deny')
    got = login(KNOWN, server_cred=server)
    tap.check('no ticket, outgoing = deny: our error', isinstance(got, Refused) and
              got.end == 'initiator' and 'the policy of this host does not allow this: NTLM to host/' in
              got.text, got)
    policy(realm, 'offer_in_negotiate = no')
    got = login(KNOWN, server_cred=server)
    tap.check('no ticket, offer_in_negotiate = no: nothing to negotiate', isinstance(got, Refused) and
              got.end == 'initiator', got)
    got = login(KNOWN, NTLM)
    tap.check('offer_in_negotiate = no: NTLM itself still works', got == (BOB.name, NTLM), got)
    os.environ['KRB5CCNAME'] = ticket


def check_incoming(tap, realm):
    """The acceptor's rules are about NTLM alone."""
    use_ntlm(realm)
    for title, rule, bob in (
            ('incoming = deny', 'incoming = deny', False),
            ('incoming = deny, bob excepted', f'incoming = deny\nincoming_except = {BOB.name}', True),
            ('incoming = deny, alice excepted', f'incoming = deny\nincoming_except = {ALICE.name}',
             False),
            ('incoming = deny, audit only', 'incoming = deny\nincoming_audit_only = yes', True),
            ('incoming_except = bob', 'incoming_except = bob', False)):
        policy(realm, rule)
        server = acceptor()
        policy(realm)
        got = login(UNKNOWN, server_cred=server)
        if bob:
            tap.check(f'{title}: bob by NTLM', got == (BOB.name, NTLM), got)
        else:
            tap.check(f'{title}: bob is refused, by policy', isinstance(got, Refused) and
                      got.end == 'acceptor' and
                      f'the policy of this host does not allow this: NTLM of {BOB.name}' in got.text,
                      got)
        got = login(KNOWN, server_cred=server)
        tap.check(f'{title}: alice by Kerberos', got == (PRINCIPAL, KRB5), got)


def check_acceptor_choice(tap, realm):
    """N209: the client begins with Kerberos, and the server has no keytab."""
    use_ntlm(realm)
    keytab = os.environ['KRB5_KTNAME']
    os.environ['KRB5_KTNAME'] = 'FILE:' + realm.world.path('no-keytab')
    got = login(KNOWN, server_cred=acceptor())
    tap.check('no keytab: the acceptor takes NTLM, bob', got == (BOB.name, NTLM), got)
    use_ntlm(realm, None)
    got = login(KNOWN, server_cred=acceptor())
    tap.check('no keytab, no NTLM credential: refused', isinstance(got, Refused), got)
    os.environ['KRB5_KTNAME'] = keytab
    use_ntlm(realm)
    policy(realm, 'use_winbind = no')
    server = acceptor()
    policy(realm)
    got = login(KNOWN, server_cred=server)
    tap.check('use_winbind = no: Kerberos goes on', got == (PRINCIPAL, KRB5), got)
    got = login(UNKNOWN, server_cred=server)
    tap.check('use_winbind = no: NTLM is refused', isinstance(got, Refused) and got.end == 'acceptor',
              got)


def main():
    tap = Tap()
    with domain.Domain() as realm:
        os.environ['KRB5_KTNAME'] = f'FILE:{domain.KEYTAB}'
        os.environ['KRB5RCACHETYPE'] = 'none'
        tap.check('kinit', realm.ticket(ALICE))
        check_kerberos(tap, realm)
        check_fallback(tap, realm)
        check_without_ticket(tap, realm)
        check_incoming(tap, realm)
        check_acceptor_choice(tap, realm)
    return tap.finish()


sys.exit(main())
