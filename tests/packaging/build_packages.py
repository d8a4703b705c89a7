#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the Debian packages of the source tree, when something that they are made of has changed.

    build_packages.py SOURCE FOLDER

FOLDER then has the packages, and `build.log`. It is the same folder each time, so that a compiler cache
finds what it knows.
"""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys

# What packages are made of; not in it: tests, benches, and what git does not know.
INPUTS = ('LICENSE', 'NEWS', 'README.md', 'conf', 'debian', 'docs', 'include', 'mech', 'meson.build',
          'meson_options.txt', 'sspi_compat', 'tools', 'winshim')
PACKAGES = ('gss-sspi-mech', 'gss-sspi', 'libsspi0', 'libwinshim0', 'libsspi-dev')
NEEDED = (('dpkg-buildpackage', 'dpkg-dev'), ('dh', 'debhelper'), ('fakeroot', 'fakeroot'))


class BuildFailed(Exception):
    """The end of dpkg-buildpackage's output."""


def _files(source):
    for name in INPUTS:
        path = os.path.join(source, name)
        if os.path.isfile(path):
            yield path
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))


def _digest(source):
    digest = hashlib.sha256()
    for path in _files(source):
        with open(path, 'rb') as file:
            digest.update(os.path.relpath(path, source).encode() + b'\0' + file.read() + b'\0')
    return digest.hexdigest()


def missing():
    """The Debian packages without which none can be made."""
    return [package for program, package in NEEDED if not shutil.which(program)]


def build(source, folder):
    """Returns the path of each package by its name."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest, stamp = _digest(source), os.path.join(folder, 'stamp')
        if not os.path.exists(stamp) or open(stamp, encoding='ascii').read() != digest:
            _build_anew(source, folder)
            with open(stamp, 'w', encoding='ascii') as file:
                file.write(digest)
    return {name: glob.glob(os.path.join(folder, f'{name}_*.deb'))[0] for name in PACKAGES}


def _build_anew(source, folder):
    tree = os.path.join(folder, 'source')
    shutil.rmtree(tree, ignore_errors=True)
    for path in glob.glob(os.path.join(folder, '*_*')) + glob.glob(os.path.join(folder, 'stamp')):
        os.unlink(path)
    for path in _files(source):
        copy = os.path.join(tree, os.path.relpath(path, source))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(path, copy)
    environment = dict(os.environ, DEB_BUILD_OPTIONS=f'nocheck parallel={os.cpu_count()}', LC_ALL='C.UTF-8')
    environment.setdefault('CCACHE_DIR', os.path.expanduser('~/.cache/ccache'))  # debhelper has its own HOME
    with open(os.path.join(folder, 'build.log'), 'w+', encoding='utf-8') as log:
        done = subprocess.run(['dpkg-buildpackage', '-b', '-us', '-uc', '-Pnocheck'], cwd=tree, env=environment,
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            log.seek(0)
            raise BuildFailed(log.read()[-3000:])
    shutil.rmtree(tree)


if __name__ == '__main__':
    try:
        print('\n'.join(build(*sys.argv[1:]).values()))
    except BuildFailed as failure:
        sys.exit(str(failure))
