# SPDX-License-Identifier: MIT
"""The programs of the load tests in a private host, and how long and how many.

LOAD_SECONDS in the environment is the length of each run of the long form; without it all is short
and small.
"""
import dataclasses
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

PORT = 24680


@dataclasses.dataclass(frozen=True)
class Form:
    seconds: float
    connections: int
    half_open: int
    change_every: float


SHORT = Form(seconds=3, connections=200, half_open=1000, change_every=0.8)


def form():
    seconds = os.environ.get('LOAD_SECONDS')
    if not seconds:
        return SHORT
    return Form(seconds=float(seconds), connections=1000, half_open=10000,
                change_every=min(5, float(seconds) / 4))


def account_lines(domain, count):
    return [f'{domain}{number % 3}:user{number}:Pass-{number}-word' for number in range(count)]


class Bench:
    def __init__(self, world, tap, programs):
        self.world, self.tap, self.programs, self.form = world, tap, programs, form()

    def serve(self, threads, *options, **environment):
        return self.world.start(os.path.join(self.programs, 'login_server'), str(PORT),
                                str(threads), *options, port=PORT,
                                env={**os.environ, **environment})

    def client(self, users, *options):
        """The client's figures, its exit status, and what it says of failures."""
        done = subprocess.run(
            [os.path.join(self.programs, 'login_load'), '--port', str(PORT), '--users', users,
             '--patience', '60', *map(str, options)],
            capture_output=True, text=True, timeout=self.form.seconds + 400, check=False)
        rows = [line.split() for line in done.stdout.splitlines()]
        return {row[0]: row[1:] for row in rows}, done.returncode, done.stderr

    def check(self, name, users, *options):
        """A run without a mistake; its figures."""
        figures, status, errors = self.client(users, *options)
        self.tap.check(f'{name}: no wrong user, no failure', status == 0, f'status {status}',
                       errors)
        self.tap.check(f'{name}: wrong passwords are refused',
                       count(figures, 'refusals_of_wrong_passwords') > 0)
        for figure, value in figures.items():
            self.tap.figure(f'{name} {figure}', *value)
        self.tap.figure(f'{name} load_average', f'{os.getloadavg()[0]:.1f}')
        return figures

    def check_load(self, name, users, *options):
        return self.check(name, users, '--connections', self.form.connections, '--seconds',
                          self.form.seconds, *options)


def count(figures, name):
    return int(figures.get(name, ['0'])[0])
