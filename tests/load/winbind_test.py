#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many logins at once with accounts of a domain: a member server's winbindd asks its controller.
Argument: folder of the programs."""
import os
import sys

import bench
from private_host import Tap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'realm'))

import domain  # pylint: disable=wrong-import-position

ACCOUNTS = 50
AT_ONCE, AT_ONCE_SHORT = 100, 20
# winbindd asks the controller for one login after the other, so the last of many waits long.
POLICY = '[ntlm]\n    winbind_timeout = 60\n'

MAKE_ACCOUNTS = '''
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load_default()
db = SamDB(url=lp.samdb_url(), session_info=system_session(), lp=lp)
for line in sys.stdin.read().splitlines():
    _, user, password = line.split(':')
    db.newuser(user, password)
'''


def main():
    programs, = sys.argv[1:]
    domain.enter()
    tap = Tap()
    at_once = AT_ONCE if os.environ.get('LOAD_SECONDS') else AT_ONCE_SHORT
    lines = [f'{domain.DOMAIN}:load{number}:Pass-{number}-word\n' for number in range(ACCOUNTS)]
    with domain.Domain() as realm:
        realm.controller.run(sys.executable, '-c', MAKE_ACCOUNTS, input=''.join(lines))
        users = realm.world.write('load.accounts', ''.join(lines))
        load = bench.Bench(realm.world, tap, programs)
        load.serve(at_once, GSS_SSPI_CONFIG=realm.world.write('sspi.conf', POLICY))
        load.check('winbindd', users, '--connections', at_once, '--seconds', load.form.seconds)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
