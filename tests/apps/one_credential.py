# SPDX-License-Identifier: MIT
"""One credential of SPNEGO for a Kerberos principal and the NTLM account behind it (ntlmssp_user):
both log in, each with its own name. Arguments: principal, account, password, service@host, keytab,
account file."""
import sys

import gssapi
from gssapi import raw

PRINCIPAL, ACCOUNT, PASSWORD, SERVICE, KEYTAB, ACCOUNTS = sys.argv[1:]
SPNEGO = gssapi.OID.from_int_seq('1.3.6.1.5.5.2')
NTLM = gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')
TARGET = raw.import_name(SERVICE.encode(), gssapi.NameType.hostbased_service)


def store(**keys):
    return {key.encode(): value.encode() for key, value in keys.items()}


def login(client, server):
    """The name and the mechanism that the acceptor sees."""
    ours = theirs = token = None
    while True:
        step = raw.init_sec_context(TARGET, client, ours, SPNEGO, input_token=token)
        ours = step.context
        if not step.token:
            break
        answer = raw.accept_sec_context(step.token, server, theirs)
        theirs, token = answer.context, answer.token
        if not step.more_steps and not answer.more_steps:
            break
    seen = raw.inquire_context(theirs)
    return raw.display_name(seen.initiator_name).name.decode(), seen.mech


name = raw.import_name(PRINCIPAL.encode(), gssapi.NameType.kerberos_principal)
client = raw.acquire_cred_from(store(password=PASSWORD, ntlmssp_user=ACCOUNT), name=name,
                               mechs=[SPNEGO], usage='initiate').creds
server = raw.acquire_cred_from(store(keytab='FILE:' + KEYTAB, ntlmssp_keyfile=ACCOUNTS),
                               mechs=[SPNEGO], usage='accept').creds
who, mech = login(client, server)
assert (who, mech) == (PRINCIPAL, gssapi.MechType.kerberos), (who, mech)
raw.set_neg_mechs(client, [NTLM])
who, mech = login(client, server)
assert (who, mech) == (ACCOUNT, NTLM), (who, mech)
