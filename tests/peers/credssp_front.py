# SPDX-License-Identifier: MIT
"""An RDP server of the test's own up to MCS Connect-Initial: X.224, then our acceptor."""
import contextlib

import credssp_ends as ends
import credssp_rdp as rdp
from credssp_world import ALICE, EC, RSA, Listener, Xfreerdp, certificate, expect


class Front:
    def __init__(self, world, port=0):
        self.accounts, self.listener = world.accounts, Listener(port)
        self.pems = {'RSA': certificate(world, 'rsa.pem', *RSA), 'EC': certificate(world, 'ec.pem', *EC)}

    @contextlib.contextmanager
    def client(self, account, mode='full', tls='1.3', security='nla', **options):
        """xfreerdp and our acceptor, at the point where CredSSP begins."""
        with Xfreerdp(self.listener.port, account, security) as client, \
                self.listener.next() as sock:
            end = self.acceptor(sock, mode, tls, **options)
            try:
                yield client, end
            finally:
                end.close()

    def acceptor(self, sock, mode='full', tls='1.3', key='RSA', bound=None, protocol=rdp.HYBRID,
                 **options):
        _, taken = rdp.accept(sock, protocol)
        expect(taken, protocol)
        return ends.acceptor(sock, self.accounts, mode, tls, self.pems.get(key),
                             self.pems.get(bound), **options)

    def connect_initial(self):
        """What xfreerdp says first behind its login."""
        with self.client(ALICE) as (client, end):
            message = rdp.first_message(end.run().receive)
            end.close()
            client.end()
        expect(message[4:9], rdp.CONNECT_INITIAL)
        return message
