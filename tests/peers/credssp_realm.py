# SPDX-License-Identifier: MIT
"""A Kerberos realm on the private host of a test."""
import os
import secrets

import private_host

REALM, KDC_PORT = 'TESTDOM.TEST', 88
PROGRAMS = (('krb5kdc', 'krb5-kdc'), ('kadmin.local', 'krb5-admin-server'), ('kinit', 'krb5-user'))
KRB5_CONF = '''[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  {host} = {realm}
[logging]
  kdc = FILE:{folder}/kdc.log
'''
KDC_CONF = '''[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
  }}
'''


class Realm:
    """`account`: user and password. The keys of services are in the key table of this process."""

    def __init__(self, world, host, service, account):
        self.world, self.host, (self.user, self.password) = world, host, account
        facts = {'realm': REALM, 'port': KDC_PORT, 'host': host, 'folder': world.path('kdc')}
        os.environ.update(KRB5_CONFIG=world.write('kdc/krb5.conf', KRB5_CONF.format(**facts)),
                          KRB5_KTNAME='FILE:' + world.path('keytab'), KRB5RCACHETYPE='none')
        self.env = {**os.environ, 'KRB5_KDC_PROFILE': world.write('kdc/kdc.conf', KDC_CONF.format(**facts))}
        self._run('kdb5_util', 'create', '-s', '-r', REALM, '-P', secrets.token_hex())
        self._run('kadmin.local', '-r', REALM, 'addprinc', '-pw', self.password, self.user)
        self.add_service(service)
        world.start('krb5kdc', '-n', port=KDC_PORT, env=self.env)

    def add_service(self, service):
        for query in (('addprinc', '-randkey'), ('ktadd', '-k', self.world.path('keytab'))):
            self._run('kadmin.local', '-r', REALM, *query, f'{service}/{self.host}')

    def _run(self, *command, **options):
        private_host.run(*command, env=self.env, **options)

    def ticket(self):
        """The name of a cache with a ticket of the account."""
        cache = 'FILE:' + self.world.path('ticket')
        self._run('kinit', '-c', cache, self.user, input=self.password + '\n')
        return cache
