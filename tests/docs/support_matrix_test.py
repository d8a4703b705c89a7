# SPDX-License-Identifier: MIT
"""The table of programs in README.md: it is what the script makes, each test in it exists, and the script sees
what did not go well.

Usage: support_matrix_test.py BUILD
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

import support_matrix as matrix  # noqa: E402  pylint: disable=wrong-import-position
from private_host import Tap  # noqa: E402  pylint: disable=wrong-import-position


def existing_tests(build):
    """"SUITE TEST" of each test of the build, where the suite is the first one."""
    tests = json.loads((pathlib.Path(build) / 'meson-info' / 'intro-tests.json').read_text(encoding='utf-8'))
    return {f'{test["suite"][0].split(":")[-1]} {test["name"]}' for test in tests}


def rows_of(text):
    """The rows of the table in README.md, as lists of cells."""
    inside = matrix.parts(text)[1].splitlines()[2:]
    return [[cell.strip() for cell in line.strip('|').split(' | ')] for line in inside]


def mechanisms(pairs):
    return [mechanism for mechanism, _ in pairs]


def check_readme(tap, build):
    rows, there = rows_of(matrix.README.read_text(encoding='utf-8')), existing_tests(build)
    lost = [test for row in matrix.ROWS for test in matrix.tests_of(row) if test not in there]
    tap.check('each test of the table exists', not lost, *lost)
    tap.check('README.md has the rows of the table', [row[0] for row in rows] ==
              [row.program for row in matrix.ROWS], rows)
    for row, cells in zip(matrix.ROWS, rows):
        tests = ', '.join(map(matrix.shown, matrix.tests_of(row)))
        claims = all(mechanism in cells[2] for mechanism in mechanisms(row.client)) and all(
            mechanism in cells[3] for mechanism in mechanisms(row.server))
        tap.check(f'{row.program}: the row is that of the table', cells[4] == tests and claims, cells)


def check_verdicts(tap):
    for name, output, ended, want in (
            ('all checks passed', 'ok 1 - login\nok 2 - other', 'OK', ''),
            ('another check failed', 'ok 1 - login\nnot ok 2 - other', 'FAIL', ''),
            ('the check failed', 'not ok 1 - login\nok 2 - other', 'FAIL', 'fails'),
            ('the check was skipped', 'ok 1 - login # SKIP missing package: x\nok 2 - other', 'OK',
             'skipped: missing package: x'),
            ('a difference that is known', 'not ok 1 - login # TODO it cannot\nok 2 - other', 'OK',
             'skipped: it cannot'),
            ('there is no such check', 'ok 1 - other', 'OK', 'not shown'),
            ('the test was skipped', '1..0 # SKIP needs root', 'SKIP', 'skipped: needs root'),
            ('it ended early', '', 'FAIL', 'fails'),
            ('it ended early, behind other checks', 'ok 1 - other', 'TIMEOUT', 'fails')):
        got = matrix.verdict('suite test: ^login', {'suite test': (output, ended)})
        tap.check(f'{name}: {want or "shown"}', got == want, got)
    tap.check('a test that was not run', matrix.verdict('suite test', {}) == 'not run')
    got = matrix.cell((('NTLM', 'suite test'), ('Kerberos', 'suite lost')), {'suite test': ('ok 1 - x', 'OK')})
    tap.check('a cell', got == 'NTLM, Kerberos (not run)', got)
    twice = (('NTLM', 'suite test'), ('NTLM', 'suite lost'))
    got = matrix.cell(twice, {'suite test': ('ok 1 - x', 'OK')})
    tap.check('a cell of two tests, one of which was not run', got == 'NTLM (not run)', got)
    text = f'a\n{matrix.BEGIN}\n| old |\n{matrix.END}\nb\n'
    tap.check('what is around the table stays', matrix.parts(text) == ('a\n', '| old |', '\nb\n'))


def check_differences(tap):
    failed = {test: ('not ok 1 - x', 'FAIL') for row in matrix.ROWS for test in matrix.tests_of(row)}
    text = f'{matrix.BEGIN}\n{matrix.table(failed)}\n{matrix.END}\n'
    tap.check('the same table is not told', not matrix.differs(failed, text))
    other = {**failed, matrix.tests_of(matrix.ROWS[1])[0]: ('ok 1 - x', 'OK')}
    tap.check('another one is', matrix.differs(other, text))
    other.popitem()
    tap.check('a run that lacks a test tells nothing', not matrix.differs(other, text))


def main(build):
    tap = Tap()
    check_readme(tap, build)
    check_verdicts(tap)
    check_differences(tap)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
