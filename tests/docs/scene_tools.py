# SPDX-License-Identifier: MIT
"""The source folder as in `scene_tree`: what measures, formats and searches, for as short as it can."""
from scene_tree import enter, prepare  # noqa: F401  pylint: disable=unused-import
from steps import Probe, Run

NAME = 'tools'
CLANG_FORMAT = ('clang-format', 'clang-format')
FUZZER = ('/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a', 'libclang-rt-14-dev')
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
    Run('./dev fuzz TARGET [SECONDS]', given=(('TARGET', 'negotiate'), ('[SECONDS]', '1')), needs=FUZZER),
    Run('./dev fuzz --minimise TARGET', given=(('TARGET', 'negotiate'),), needs=FUZZER),
    Run('./dev bench', more='--quick --report'),
    Run('bench/run --json FILE', more='--quick --report', given=(('FILE', 'figures.json'),)),
    Probe('the figures are for a program', 'python3 -m json.tool figures.json'),
    Run('bench/run --profile hs_reuse', needs=VALGRIND),
    Run('bench/run PATH/module.so', more='--quick --report', given=(('PATH/module.so', 'build/mech/gss_ntlm.so'),)),
)
