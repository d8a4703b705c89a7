# SPDX-License-Identifier: MIT
"""docs/security.md: each test that it names exists and is run, each guarantee has one, and each place in the
code exists."""
import functools
import json
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / 'tests' / 'lib'))
from private_host import Tap  # noqa: E402  pylint: disable=wrong-import-position

BUILD = pathlib.Path(os.environ['GSS_SSPI_BUILD'])
PAGE = SOURCE / 'docs' / 'security.md'
QUOTED = re.compile(r'`([^`]+)`')
TEST = re.compile(r'`(tests/[^`]+)`')
# "`case`, `case` and `case` of `tests/file`"
CASES = re.compile(r'((?:`[^`]+`(?:,? and|,)?\s+)+)of\s+`(tests/[^`]+)`')
CODE = re.compile(r'`((?:core|wire|crypto|ntlm|credssp|cred|policy|gss|sspi_compat|mech)/[\w./]+)`')


def has_case(text, name):
    """A test of Check that is registered, a function of a script, or the name of a row of a table."""
    words = len(re.findall(rf'\b{re.escape(name)}\b', text))
    return (f'START_TEST({name})' in text and words > 1) or f'def {name}(' in text or f'"{name}"' in text


@functools.cache
def commands_of_tests():
    """What the build runs."""
    tests = json.loads((BUILD / 'meson-info' / 'intro-tests.json').read_text(encoding='utf-8'))
    return {os.path.realpath(word) for test in tests for word in test['cmd']}


@functools.cache
def text_of_builds():
    return '\n'.join(build.read_text(encoding='utf-8') for build in SOURCE.glob('tests/**/meson.build'))


def is_run(path):
    """A test's command has it, a meson.build names it or the stem of it, or another test calls or imports it."""
    if str(path) in commands_of_tests():
        return True
    builds = text_of_builds()
    stem = re.sub('_test$', '', path.stem)
    if re.search(rf"'{stem}'|\b{path.stem}\b", builds):
        return True
    uses = re.compile(rf'\b{re.escape(path.name)}\b|^import {path.stem}$', re.M)
    return any(uses.search(other.read_text(encoding='utf-8', errors='replace'))
               for other in path.parent.iterdir() if other.suffix in ('.py', '.sh') and other != path)


def problems(page):
    for name in TEST.findall(page):
        path = SOURCE / name
        if not path.exists():
            yield f'{name} does not exist'
        elif path.is_file() and path.suffix != '.golden' and not is_run(path):
            yield f'{name} is not run'
    for names, file in CASES.findall(page):
        path = SOURCE / file
        text = path.read_text(encoding='utf-8') if path.is_file() else ''
        for name in QUOTED.findall(names):
            if text and not has_case(text, name):
                yield f'{name} is no test of {file}'
    for name in CODE.findall(page):
        if not any((SOURCE / folder / name).exists() for folder in ('', 'mech')):
            yield f'{name} does not exist'


def guarantees(page):
    """The rows of the table: number, guarantee, place, tests."""
    rows = page.split('\n## Guarantees\n')[1].split('\n## ')[0].splitlines()
    for row in rows:
        cells = [cell.strip() for cell in row.strip('|').split(' | ')]
        if re.match(r'\| [NCLS]', row):
            yield cells


def rows_without_test(page):
    for cells in guarantees(page):
        if len(cells) != 4 or not TEST.search(cells[3]):
            yield f'no test: {cells}'


def main():
    tap = Tap()
    page = PAGE.read_text(encoding='utf-8')
    found = list(problems(page))
    tap.check(f'the {len(TEST.findall(page))} references to tests are right', not found, *found)
    cases = sum(len(QUOTED.findall(names)) for names, _ in CASES.findall(page))
    tap.check(f'{cases} cases are named', cases > 60)
    rows = list(guarantees(page))
    lost = list(rows_without_test(page))
    tap.check(f'each of the {len(rows)} guarantees has a test', len(rows) > 30 and not lost, *lost)
    for name, old, new in (
            ('a case that does not exist', '`n707_overlaps`', '`n707_overlap`'),
            ('a row of a table that does not exist', '`version 4`', '`version 44`'),
            ('a file that nobody runs', '`tests/security/setuid_test.sh`', '`tests/fuzz/make_seeds.py`'),
            ('a file that does not exist', '`tests/gss/peer_test.c`', '`tests/gss/pear_test.c`'),
            ('a place that does not exist', '`ntlm/acceptor.cc`', '`ntlm/accepter.cc`')):
        changed = page.replace(old, new)
        tap.check(f'{name} is noticed', changed != page and set(problems(changed)) - set(found))
    changed = re.sub(r'`own_challenge` of `tests/gss/modes_test.c` \|', '- |', page, count=1)
    tap.check('a guarantee without a test is noticed',
              changed != page and len(list(rows_without_test(changed))) == len(lost) + 1)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
