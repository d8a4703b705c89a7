# SPDX-License-Identifier: MIT
"""What becomes of logins when the domain controller or winbindd is slow, silent or gone (N831): an error
within the time of the policy, never a hang, and nobody else notices. Prints TAP."""
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

import domain
from domain import ALICE, BOB, DOMAIN, REALM, run

domain.enter(programs=[('kinit', 'krb5-user')])

# pylint: disable=wrong-import-position
import logins
from logins import KRB5, NTLM, SPNEGO, Refused, timed
from private_host import Tap

TIMEOUT = 2  # seconds, winbind_timeout of the policy
DEFAULT_TIMEOUT = 5
# On top of a time-out, for a machine that does other things too.
GRACE = 3
BACK = 120  # seconds in which all must be well again
UNREACHABLE = 'the account source cannot be reached: winbind: '
LOGON_FAILURE = 'logon failure'
LATE_LIMIT = 16


class Bench:
    """Credentials that were acquired while all was well, and what is done with them."""

    def __init__(self, tap, realm):
        self.tap, self.realm = tap, realm
        self.bob = realm.account_file(BOB.name, BOB.password)
        self.local = realm.account_file('LOCAL\\carol', 'Caro-line7')
        self.client = logins.by_file(self.bob)
        realm.policy(f'winbind_timeout = {TIMEOUT}')
        self.server = logins.acceptor()
        realm.policy('')
        self.server_by_default = logins.acceptor()
        self.local_client = logins.by_file(self.local)
        self.local_server = logins.acceptor(store={'ntlmssp_keyfile': self.local})
        self.open = logins.login(self.client, server_cred=self.server)

    def login(self, server=None):
        return logins.login(self.client, server_cred=server or self.server)

    def local_login(self):
        return logins.login(self.local_client, server_cred=self.local_server)

    def is_well(self, title, result):
        self.tap.check(title, str(result) == BOB.name, result)

    def is_unreachable(self, title, result, seconds, limit):
        self.tap.check(f'{title}: the account source cannot be reached, and no word of a password',
                       isinstance(result, Refused) and result.end == 'acceptor' and
                       UNREACHABLE in result.text and LOGON_FAILURE not in result.text, result)
        self.tap.check(f'{title}: within {limit} s', seconds < limit + GRACE, seconds)
        self.tap.figure(f'seconds of a login, {title}', f'{seconds:.2f}')
        print(f'# {title}: {getattr(result, "minor_text", result)}', flush=True)

    def others_are_well(self, title, seconds):
        """While a login waits: logins with accounts of a file, and messages of an open context."""
        times = []

        def others():
            while time.monotonic() < end:
                result, spent = timed(self.local_login)
                times.append(spent if str(result) == 'LOCAL\\carol' else 1000)

        end = time.monotonic() + seconds
        thread = threading.Thread(target=others)
        thread.start()
        result, spent = timed(self.login)
        good = self.open.messages_pass()
        thread.join()
        self.is_unreachable(title, result, spent, TIMEOUT)
        self.tap.check(f'{title}: others log in meanwhile', len(times) >= 5 and max(times) < TIMEOUT / 2,
                       len(times), max(times))
        self.tap.check(f'{title}: an open context goes on', good)
        self.tap.figure(f'median us of {len(times)} other logins, {title}',
                        f'{1e6 * statistics.median(times):.0f}')

    def comes_back(self, title):
        start = time.monotonic()
        result = None
        while time.monotonic() - start < BACK:
            result, _ = timed(self.login)
            if not isinstance(result, Refused) or LOGON_FAILURE in result.text:
                break
            time.sleep(0.3)
        self.is_well(f'{title}: logins work again', result)
        self.tap.figure(f'seconds until logins work, {title}', f'{time.monotonic() - start:.1f}')
        result, _ = timed(self.login, self.server_by_default)
        self.is_well(f'{title}: with the other credential too', result)


def check_silent_controller(bench):
    bench.realm.controller.silence(True)
    bench.others_are_well('controller silent', TIMEOUT)
    result, seconds = timed(bench.login, bench.server_by_default)
    bench.is_unreachable('controller silent, default time', result, seconds, DEFAULT_TIMEOUT)
    check_many_late(bench)
    bench.realm.controller.silence(False)
    bench.comes_back('controller heard again')


def check_many_late(bench):
    """Not more threads than that wait for winbindd; the others fail at once."""
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(timed(bench.login)))
               for _ in range(LATE_LIMIT + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [error for error, _ in outcomes if isinstance(error, Refused)]
    bench.tap.check('many logins at once: each is told that the source cannot be reached',
                    len(refused) == len(threads) and
                    all(UNREACHABLE in error.text for error in refused), *outcomes)
    bench.tap.check('many logins at once: each within the time',
                    max(seconds for _, seconds in outcomes) < TIMEOUT + GRACE)
    result, seconds = timed(bench.login)
    bench.tap.check('then the next fails at once, and says why', isinstance(result, Refused) and
                    'calls of this process wait for' in result.text and seconds < 1, result, seconds)


def check_dead_controller(bench):
    bench.realm.controller.stop()
    for count in range(3):
        result, seconds = timed(bench.login)
        bench.is_unreachable(f'controller gone, login {count}', result, seconds, TIMEOUT)
    # The new one takes NTLMv2 only, as it is by default.
    bench.realm.controller.run('sed', '-i', '/ntlm auth/d', '/etc/samba/smb.conf')
    bench.realm.controller.start()
    bench.comes_back('controller back')
    bench.realm.policy('initiator_minimum_security = none\nacceptor_minimum_security = none\n'
                       'initiator_lm_level = 2\nacceptor_lm_level = 2')
    result, _ = timed(logins.login, logins.by_file(bench.bob), flags=0)
    bench.tap.check('NTLMv1 at level 2: refused by the domain controller', isinstance(result, Refused)
                    and LOGON_FAILURE in result.text, result)
    bench.realm.policy('')


def elsewhere(expression, *arguments):
    """What another process prints of its value, or of the refusal."""
    code = ('import logins, os, sys\n'
            f'try: print({expression})\n'
            'except logins.Refused as error: print(error)\n')
    return subprocess.run([sys.executable, '-c', code, *arguments], capture_output=True, text=True,
                          check=False, env={**os.environ, 'PYTHONPATH': str(domain.HERE)}).stdout


def check_frozen_winbindd(bench):
    daemon = bench.realm.member.winbindd.process
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        bench.others_are_well('winbindd frozen', TIMEOUT)
        time.sleep(6)  # longer than the names of the join are kept
        server, seconds = timed(logins.acceptor)
        bench.tap.check('winbindd frozen: a new credential keeps the names that were told', server
                        and not isinstance(server, Refused), server)
        bench.tap.check('winbindd frozen: that one is had within a second', seconds < 1.5, seconds)
        bench.is_unreachable('winbindd frozen, new credential', *timed(bench.login, server),
                             DEFAULT_TIMEOUT)
        told, seconds = timed(elsewhere, 'logins.acceptor()')
        bench.tap.check('winbindd frozen: another process gets no credential, and why',
                        'winbind: no answer from /run/samba/winbindd/pipe' in told, told)
        bench.tap.check('winbindd frozen: that is told within a second', seconds < 2, seconds)
        bench.realm.policy(f'initiator_user_file = {bench.bob}')
        result, seconds = timed(lambda: logins.login(logins.by_default(SPNEGO), SPNEGO))
        bench.tap.check('winbindd frozen: Kerberos logs in', not isinstance(result, Refused) and
                        str(result) == f'alice@{REALM}' and result.mech == KRB5, result)
        bench.tap.figure('seconds of a Kerberos login, winbindd frozen', f'{seconds:.2f}')
        bench.tap.check('winbindd frozen: Kerberos is not held up long', seconds < 1 + GRACE, seconds)
    finally:
        bench.realm.policy('')
        os.kill(daemon.pid, signal.SIGCONT)
    bench.comes_back('winbindd thawed')


def check_dead_winbindd(bench):
    process = bench.realm.member.winbindd.process
    process.kill()
    process.wait()
    result, seconds = timed(bench.login)
    bench.is_unreachable('winbindd gone', result, seconds, TIMEOUT)
    bench.tap.check('winbindd gone: the text names its socket and its group',
                    '/run/samba/winbindd/pipe' in result.text and 'winbindd_priv' in result.text, result)
    result, _ = timed(bench.local_login)
    bench.tap.check('winbindd gone: accounts of a file', str(result) == 'LOCAL\\carol', result)
    bench.realm.member.start()
    bench.comes_back('winbindd back')


def check_forbidden_winbindd(bench):
    """_NO_WINBINDD is Samba's own way to keep a program from asking; told apart from wrong passwords."""
    told = elsewhere('[server := logins.acceptor(), os.environ.update(_NO_WINBINDD="1"), '
                     'logins.login(logins.by_file(sys.argv[1]), server_cred=server)]', bench.bob)
    bench.tap.check('_NO_WINBINDD: the source cannot be reached, no wrong password',
                    UNREACHABLE in told and LOGON_FAILURE not in told, told)


def check_lost_membership(bench):
    """Somebody else joined under the name of this host: its password at the controller is another."""
    bench.realm.controller.run('samba-tool', 'user', 'setpassword', f'{domain.MEMBER.upper()}$',
                               '--newpassword=Another-Host-1')
    bench.realm.member.stop()
    bench.realm.member.start(joined=False)
    result, seconds = timed(bench.login)
    bench.is_unreachable('membership lost', result, seconds, TIMEOUT)
    bench.realm.member.stop()
    bench.realm.member.join()
    bench.realm.member.start()
    bench.comes_back('member again')


def main():
    tap = Tap()
    with domain.Domain() as realm:
        os.environ['KRB5_KTNAME'] = f'FILE:{domain.KEYTAB}'
        tap.check('kinit', realm.ticket(ALICE))
        bench = Bench(tap, realm)
        bench.is_well('all is well', timed(bench.login)[0])
        assert bench.open.mech == NTLM and run('wbinfo', '--own-domain').strip() == DOMAIN
        check_forbidden_winbindd(bench)
        check_frozen_winbindd(bench)
        check_dead_winbindd(bench)
        check_lost_membership(bench)
        check_silent_controller(bench)
        check_dead_controller(bench)
    return tap.finish()


sys.exit(main())
