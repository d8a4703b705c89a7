# SPDX-License-Identifier: MIT
"""A server of a test with the packages installed, and the comparison of what clients meet in each phase."""
import os

import installed_host
import installed_world as installed


class Service:
    """Runs in the foreground till `stop`, or to the end of a `with` statement."""

    def __init__(self, world, *command, port, variables=()):
        self.process = world.start(*command, port=port, env={**os.environ, **dict(variables)})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stop()

    def said(self):
        with open(self.process.log, encoding='utf-8', errors='replace') as file:
            return file.read()

    def loaded(self):
        """The module of the package, and no other file, is what it has of NTLM."""
        with open(f'/proc/{self.process.process.pid}/maps', encoding='utf-8') as file:
            return f'{installed_host.modules_folder()}/gss_ntlm.so\n' in file.read()


def check_same(tap, results):
    """`results` has a dictionary for each phase: in none it may differ from the one before."""
    before = results[installed.BEFORE]
    for phase in (installed.INSTALLED, installed.REMOVED):
        changed = {title: (value, results[phase].get(title)) for title, value in before.items()
                   if results[phase].get(title) != value}
        tap.check(f'{phase}: all of it is as before', before and not changed, *changed.items())


def last_line(text):
    return text.strip().splitlines()[-1].strip()
