# SPDX-License-Identifier: MIT
"""Who logs in, to each of the servers."""
import typing

DOMAIN = 'DOM'


class Account(typing.NamedTuple):
    user: str
    password: str

    def name(self):
        return f'{DOMAIN}\\{self.user}'

    def line(self):
        return f'{DOMAIN}:{self.user}:{self.password}\n'


ALICE, ZOE = Account('alice', 'Wonder-land1'), Account('zoë', 'pä$swörd€')
# impacket makes an LM hash, whatever it sends, and so takes characters of Latin-1 only.
ZOE_LATIN_1 = Account('zoé', 'pä$swörd')
REFUSED = {'wrong password': Account('alice', 'Looking-glass2'),
           'unknown user': Account('nobody2', 'Wonder-land1')}
