# SPDX-License-Identifier: MIT
"""The source folder of a developer: an overlay of it, in which the build folder is as it was left."""
import os
import shutil

import documents
import private_host
from private_host import run
from steps import Probe, Run

NAME = 'tree'
SOURCE = str(documents.SOURCE)
STEPS = (
    Run('./dev setup', says='nothing is missing|still missing|apt-get failed', more='build || true'),
    Run('./dev build', says='ninja: '),
    Run('./dev demo', says=r'^all \d+ steps held$', needs=('apache2', 'apache2-bin')),
    Run('meson setup build && ninja -C build && meson test -C build', more="'gss levels'", says=r'^Ok: +1'),
    Run("./dev test 'gss levels'", says=r'^1 passed, 0 failed, 0 skipped$'),
    Run('./dev test --suite gss', more="'gss levels'", says=r'^1 passed, 0 failed, 0 skipped$'),
    Run('./dev test --valgrind', more="'gss prf'", says=r'^1 passed, 0 failed, 0 skipped$',
        needs=('valgrind', 'valgrind')),
    Run('meson test --suite bench', more='-C build --list', says='bench'),
    Run('export GSS_MECH_CONFIG=$PWD/build/tests/gss_mech.conf'),
    Run('build/tests/gss/levels_test', says='100%: Checks: [0-9]+, Failures: 0, Errors: 0'),
    Run('CK_FORK=no gdb build/tests/gss/levels_test', more='-batch -ex run',
        says='(?s)100%: Checks: .*exited normally', needs=('gdb', 'gdb')),
    Probe('the variable goes', 'unset GSS_MECH_CONFIG'),
    Run("REWRITE_GOLDEN=1 meson test -C build 'gss levels' 'gss stage_matrix'", says=r'^Ok: +2'),
    Run('git diff', says=r'\A\Z', more='tests/gss', needs=('git', 'git')),
    Run('./dev matrix'),
    Probe('the table is in its place', 'cat README.md', says=r'(?s)support matrix.*\n\| curl \|.*end of the support'),
)


def enter():
    private_host.enter('tree', [('git', 'git')])
    build = os.environ['GSS_SSPI_BUILD']
    if os.path.realpath(build) != os.path.join(SOURCE, 'build'):
        private_host.skip_all('the build folder is another one than build/')
    run('mount', '-t', 'tmpfs', 'private', '/mnt')
    for name in ('upper', 'work'):
        os.mkdir('/mnt/' + name)
    try:
        run('mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={SOURCE},upperdir=/mnt/upper,workdir=/mnt/work',
            SOURCE)
    except RuntimeError as error:
        private_host.skip_all(f'no overlay of the source folder: {error}')


def prepare(world):
    """Scripts of the folder make private hosts of their own."""
    world.folder = SOURCE
    for name in (private_host.INSIDE, 'GSS_SSPI_BUILD'):
        world.environment.pop(name, None)
    if shutil.which('ccache'):
        world.environment['PATH'] = '/usr/lib/ccache:' + world.environment['PATH']
