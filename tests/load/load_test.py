#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Very many logins at once, with accounts of a file and of the tests' libwbclient, and very many
that stay half-open. Arguments: folder of the programs, the module, folder of that libwbclient."""
import os
import sys

from bench import Bench, account_lines, count
from private_host import Tap, World, enter

ACCOUNTS = 10000
WINBIND_ACCOUNTS = 30
# Each waits for winbind, so that many logins wait there at once.
WINBIND_THREADS = 32


def write_accounts(world, number=ACCOUNTS):
    return world.write('accounts', '\n'.join(account_lines('DOM', number)) + '\n', 0o600)


def check_mix_up(bench):
    """That the client would notice."""
    users = write_accounts(bench.world, 100)
    server = bench.serve(2, '500', NTLM_USER_FILE=users)
    figures, status, errors = bench.client(users, '--connections', 50, '--seconds', 3)
    bench.tap.check('a server that mixes up its users is noticed',
                    status == 1 and count(figures, 'wrong_users') > 0, errors)
    server.stop()


def check_file(bench):
    """Passwords change with the file, and some milliseconds later only the new ones are right."""
    users = write_accounts(bench.world)
    server = bench.serve(2, NTLM_USER_FILE=users)
    figures = bench.check_load('file', users, '--change-every', bench.form.change_every)
    bench.tap.check('file: it was changed meanwhile',
                    count(figures, 'changes_of_the_accounts') >= 2)
    server.stop()


def check_half_open(bench):
    users = write_accounts(bench.world)
    server = bench.serve(2, NTLM_USER_FILE=users)
    figures = bench.check('half-open', users, '--half-open', bench.form.half_open)
    bench.tap.check('half-open: all of them at once',
                    count(figures, 'half_open_contexts') == bench.form.half_open)
    # N826.
    octets = count(figures, 'heap_per_context')
    bench.tap.check('half-open: at most 4 KiB of heap each', 0 < octets <= 4096, octets)
    server.stop()


def check_winbind(bench, library_folder):
    """Real answers of clients, judged by the libwbclient of the tests."""
    lines = account_lines('WB', WINBIND_ACCOUNTS)
    users = bench.world.write('winbind.accounts', '\n'.join(lines) + '\n')
    rows = [f'user {line.replace(":", " ")} {1000 + number}' for number, line in enumerate(lines)]
    fake = bench.world.write('winbind', '\n'.join(['host FILES WB0 wb.test', *rows]) + '\n')
    server = bench.serve(WINBIND_THREADS, LD_LIBRARY_PATH=library_folder, FAKE_WBCLIENT=fake)
    bench.check_load('winbind of the tests', users)
    server.stop()


def main():
    programs, module, fake_wbclient = sys.argv[1:]
    enter('load')
    tap = Tap()
    with World() as world:
        world.register(module)
        os.environ['KRB5_CONFIG'] = world.write('krb5.conf', '[libdefaults]\n')
        bench = Bench(world, tap, programs)
        check_mix_up(bench)
        check_file(bench)
        check_half_open(bench)
        check_winbind(bench, fake_wbclient)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
