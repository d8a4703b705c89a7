# SPDX-License-Identifier: MIT
"""The source folder as in `scene_tree`: what measures and formats, for as short as it can."""
from scene_tree import enter, prepare  # noqa: F401  pylint: disable=unused-import
from steps import Probe, Run

NAME = 'tools'
CLANG_FORMAT = ('clang-format', 'clang-format')
VALGRIND = ('valgrind', 'valgrind')
STEPS = (
    # clang-format takes minutes for all files, and as many as git knows.
    Probe('git knows a few files', 'export GIT_INDEX_FILE=$PWD/few; git add -N docs/examples tools'),
    Run('./dev fmt --check', needs=CLANG_FORMAT),
    Probe('one is not formatted', 'echo "int  x ;" >>docs/examples/loopback.h'),
    Probe('that is noticed', './dev fmt --check', says='loopback.h', status=1, needs=CLANG_FORMAT),
    Run('./dev fmt', needs=CLANG_FORMAT),
    Probe('it is formatted', 'tail -n 1 docs/examples/loopback.h', says=r'^int x;$', needs=CLANG_FORMAT),
    Probe('git knows all files', 'unset GIT_INDEX_FILE'),
    Run('./dev strength sweep_flags', says='not ok 0|passed, 0 failed'),
    Run('bench/run --profile hs_reuse', needs=VALGRIND),
    Run('bench/run PATH/module.so', more='--quick --report --json figures.json',
        given=(('PATH/module.so', 'build/mech/gss_ntlm.so'),)),
    Probe('the figures are for a program', 'python3 -m json.tool figures.json'),
)
