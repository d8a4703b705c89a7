#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""git over HTTP with the installed packages: clone and push at git-http-backend behind Apache, with an account
file, with a login of `gss-sspi login`, and with Kerberos. Prints TAP.
"""
import os
import sys

import installed_apache as web
import installed_world
import session_keyring
from installed_apache import TLS_URL, URL
from installed_world import ALICE, INSTALLED, LOGON_FAILURE, PRINCIPAL, USER, WRONG
from private_host import Tap, attempt, run

BACKEND = '/usr/lib/git-core/git-http-backend'
# Without it git asks for a user name before it tries Negotiate.
NEGOTIATE = ('-c', 'http.emptyAuth=true')
IDENTITY = {f'GIT_{who}_{what}': 'test@example.com' for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}
# What git says where no login is left to try; on a terminal it asks.
ASKS = 'could not read Username'
NO_TOKEN = 'Client did not send any authentication headers'


class Repository:
    """On the server, and clones of it, each with a branch of its own."""

    def __init__(self, world):
        self.world, self.count = world, 0
        self.path = world.path('repositories/project.git')
        run('git', 'init', '-q', '--bare', self.path)
        run('chown', '-R', web.WORKERS, self.path)

    def directives(self):
        return (f'SetEnv GIT_PROJECT_ROOT {os.path.dirname(self.path)}', 'SetEnv GIT_HTTP_EXPORT_ALL',
                f'ScriptAlias /git/ {BACKEND}/')

    def clone(self, url, environment, options=NEGOTIATE):
        """What became of it, and the folder."""
        self.count += 1
        folder = self.world.path(f'clone{self.count}')
        return self.git(environment, *options, 'clone', '-q', f'{url}/git/project.git', folder), folder

    def push(self, folder, environment):
        """What became of it, and whether the server has the commit."""
        branch = os.path.basename(folder)
        for command in (('checkout', '-q', '-b', branch), ('commit', '-q', '--allow-empty', '-m', branch)):
            run('git', '-C', folder, *command, env={**environment, **IDENTITY})
        done = self.git(environment, '-C', folder, *NEGOTIATE, 'push', '-q', 'origin', branch)
        there = attempt('git', '--git-dir', self.path, '-c', 'safe.directory=*', 'rev-parse', branch).stdout
        return done, there == run('git', '-C', folder, 'rev-parse', branch)

    @staticmethod
    def git(environment, *arguments):
        return attempt('git', *arguments, env={**environment, 'GIT_CONFIG_NOSYSTEM': '1', 'GIT_TERMINAL_PROMPT': '0',
                                               'GIT_SSL_CAINFO': environment.get('TRUST', '')})


def check_login(tap, name, apache, repository, environment, who, url=URL):
    """Clone and push; `who` is user and mechanism, as the server's log has them."""
    user, mech = who
    done, folder = repository.clone(url, environment)
    seen = f'User {user} authenticated with Negotiate/{mech}' in apache.log().replace('\\\\', '\\')
    if not tap.check(f'{name}: clone', done.returncode == 0 and seen, done.stderr, f'seen: {seen}'):
        return
    done, there = repository.push(folder, environment)
    seen = f'User {user} authenticated with Negotiate/{mech}' in apache.log().replace('\\\\', '\\')
    tap.check(f'{name}: push', done.returncode == 0 and there and seen, done.stderr, f'seen: {seen}')


def check_refused(tap, name, apache, repository, environment, reason, options=NEGOTIATE):
    done, folder = repository.clone(URL, environment, options)
    log = apache.log()
    tap.check(name, done.returncode == 128 and ASKS in done.stderr and reason in log and 'authenticated' not in log
              and not os.path.exists(folder), done.stderr, log[-1000:])


def check_ntlm(tap, world, apache, repository):
    alice = installed_world.client(world, ALICE)
    check_login(tap, 'an account file', apache, repository, alice, (USER, 'NTLM'))
    alice['TRUST'] = apache.certificate
    check_login(tap, 'an account file, over TLS', apache, repository, alice, (USER, 'NTLM'), TLS_URL)
    check_refused(tap, 'without http.emptyAuth git asks for a user', apache, repository, alice, NO_TOKEN, ())
    check_refused(tap, 'a wrong password', apache, repository, installed_world.client(world, WRONG), LOGON_FAILURE)


def check_keyring(tap, world, apache, repository):
    if not session_keyring.join_new():
        tap.skip('a login of gss-sspi', 'no session keyring (keyctl(2))')
        return
    nobody = installed_world.client(world)
    check_refused(tap, 'before a login of gss-sspi', apache, repository, nobody, NO_TOKEN)
    run('gss-sspi', 'login', '--stdin', USER, input=ALICE[2] + '\n')
    check_login(tap, 'a login of gss-sspi', apache, repository, nobody, (USER, 'NTLM'))
    run('gss-sspi', 'logout', '--all')
    run('gss-sspi', 'login', '--stdin', USER, input=WRONG[2] + '\n')
    check_refused(tap, 'a login of gss-sspi with a wrong password', apache, repository, nobody, LOGON_FAILURE)
    run('gss-sspi', 'logout', '--all')


def main():
    installed_world.enter((*web.PROGRAMS, ('git', 'git'), (BACKEND, 'git')))
    tap = Tap()
    with installed_world.open_world('HTTP', group=web.WORKERS) as world:
        repository = Repository(world)
        apache = web.Apache(world, {'/git': web.BOTH}, repository.directives())
        for phase in installed_world.phases():
            apache.restart()
            apache.log()
            check_login(tap, f'{phase}: Kerberos', apache, repository, installed_world.client(world, ticket=True),
                        (PRINCIPAL, 'krb5'))
            if phase == INSTALLED:
                check_ntlm(tap, world, apache, repository)
                check_keyring(tap, world, apache, repository)
            else:
                check_refused(tap, f'{phase}: no NTLM', apache, repository, installed_world.client(world, ALICE),
                              NO_TOKEN)
        tap.check('Apache had no crash', not apache.crashes(), *apache.crashes())
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
