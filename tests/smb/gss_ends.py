# SPDX-License-Identifier: MIT
"""The ends of a login whose tokens travel in SESSION_SETUP: a GSSAPI context each."""
from gssapi import raw

NTLM = raw.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')
SPNEGO = raw.OID.from_int_seq('1.3.6.1.5.5.2')
SESSION_KEY = raw.OID.from_int_seq('1.2.840.113554.1.2.2.5.5')
INTEG = int(raw.RequirementFlag.integrity)
# Asked by nearly everybody, never granted (P29), and asks for no protection. No flag at all would
# be read by python3-gssapi as its default, with GSS_C_SEQUENCE_FLAG, which needs signing.
MUTUAL = int(raw.RequirementFlag.mutual_authentication)
# The end of a SPNEGO token with mechListMIC: an NTLM signature of version 1 follows the first four.
MECH_LIST_MIC = b'\xa3\x12\x04\x10\x01\0\0\0'


def has_mech_list_mic(token):
    return token[-20:-12] == MECH_LIST_MIC


class _End:
    def __init__(self):
        self.context, self.done, self.flags = None, False, 0
        self.mech_list_mics = set()

    def _keep(self, received, result):
        self.context, self.done = result.context, not result.more_steps
        self.flags = int(result.flags)
        sent = result.token or b''
        for side, token in (('received', received or b''), ('sent', sent)):
            if has_mech_list_mic(token):
                self.mech_list_mics.add(side)
        return sent

    def session_key(self):
        return raw.inquire_sec_context_by_oid(self.context, SESSION_KEY)[0]


class Initiator(_End):
    def __init__(self, name, password, mech=SPNEGO, flags=INTEG):
        super().__init__()
        self.mech, self.asked = mech, flags
        user = raw.import_name(name.encode(), raw.NameType.user)
        self.cred = raw.acquire_cred_with_password(user, password.encode(), mechs=[mech],
                                                   usage='initiate').creds
        if mech == SPNEGO:
            raw.set_neg_mechs(self.cred, [NTLM])
        self.target = raw.import_name(b'cifs@127.0.0.1', raw.NameType.hostbased_service)

    def step(self, token):
        result = raw.init_sec_context(self.target, self.cred, self.context, self.mech, self.asked,
                                      input_token=token)
        return self._keep(token, result)


class Acceptor(_End):
    def __init__(self):
        super().__init__()
        self.cred = raw.acquire_cred(mechs=[SPNEGO, NTLM], usage='accept').creds
        self.name = None

    def step(self, token):
        result = raw.accept_sec_context(token, self.cred, self.context)
        self.name = result.initiator_name
        return self._keep(token, result)

    def shown_name(self):
        return raw.display_name(self.name, name_type=False).name.decode()
