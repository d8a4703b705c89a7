# SPDX-License-Identifier: MIT
"""A host of a test's own, on which the Debian packages of this project are really installed.

It is the host of `private_host` with a root folder of its own: all of the machine, and what is written
is in memory and goes with the test. A script calls `enter()` first, and then has the packages by dpkg,
with their maintainer scripts; the environment `GSS_SSPI_SOURCE` names the source tree, and
`GSS_SSPI_PACKAGES` the folder in which the packages are kept.
"""
import contextlib
import os
import sys

import private_host
from private_host import run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../packaging'))
import build_packages  # pylint: disable=wrong-import-position

MODULES = '/usr/lib/{}/gss'
PACKAGES = {}  # name: path, after enter()


def enter(hostname, programs=(), modules=(), installed=True):
    """As that of private_host. With `installed=False` the packages are made, and nothing is installed or
    removed yet."""
    if not os.environ.get(private_host.INSIDE):
        _make_packages()
    private_host.enter(hostname, (*programs, ('dpkg', 'dpkg')), modules, own_root=True)
    PACKAGES.update(_make_packages())
    _enter_root()
    with contextlib.suppress(FileNotFoundError):
        os.unlink('/var/lib/man-db/auto-update')  # takes longer than all the rest
    if installed:
        clear_mechanisms()
        install(*PACKAGES)


def clear_mechanisms():
    """A module that is not of this project must not be what a test has met."""
    remove('gss-ntlmssp-dev', 'gss-ntlmssp', purge=True)
    for name in os.listdir('/etc/gss/mech.d'):
        os.unlink(os.path.join('/etc/gss/mech.d', name))


def _make_packages():
    if build_packages.missing():
        private_host.skip_all(f'missing packages: {" ".join(build_packages.missing())}')
    try:
        return build_packages.build(os.environ['GSS_SSPI_SOURCE'], os.environ['GSS_SSPI_PACKAGES'])
    except build_packages.BuildFailed as failure:
        print('1..1\nnot ok 1 - the packages are made')
        print('\n'.join(f'# {line}' for line in str(failure).splitlines()))
        sys.exit(1)


def _enter_root():
    """An overlay of / becomes the root; what is mounted below / comes along."""
    folder = '/mnt'
    run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'private', folder)
    for name in ('upper', 'work', 'root'):
        os.mkdir(os.path.join(folder, name))
    root = os.path.join(folder, 'root')
    try:
        run('mount', '-t', 'overlay', 'overlay', '-o',
            f'lowerdir=/,upperdir={folder}/upper,workdir={folder}/work', root)
    except RuntimeError as error:
        private_host.skip_all(f'no overlay of /: {error}')
    for name in _mounted():
        run('mount', '--bind', name, root + name)
    here = os.getcwd()
    os.chroot(root)
    os.chdir(here)


def _mounted():
    """The mount points below /, a folder before those in it."""
    with open('/proc/self/mountinfo', encoding='ascii') as table:
        points = [line.split()[4] for line in table]
    return sorted({point for point in points if point != '/' and not point.startswith('/mnt')})


def dpkg(*arguments):
    """What dpkg and the maintainer scripts print."""
    environment = dict(os.environ, DEBIAN_FRONTEND='noninteractive')
    return run('dpkg', '--force-unsafe-io', *arguments, env=environment)


def install(*names):
    return dpkg('--install', *(PACKAGES[name] for name in names))


def remove(*names, purge=False):
    """Those that are there: installed, or to be purged with their configuration files."""
    wanted = ('installed', 'config-files') if purge else ('installed',)
    there = [name for name in names if status(name) in wanted]
    return dpkg('--purge' if purge else '--remove', *there) if there else ''


def status(name):
    """`installed`, `config-files`, ..., or nothing for a package that is not known."""
    done = private_host.attempt('dpkg-query', '-W', '-f', '${db:Status-Status}', name)
    return done.stdout if done.returncode == 0 else ''


def modules_folder():
    return MODULES.format(run('gcc', '-print-multiarch').strip())
