#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""checklist_test.py PAGE FOLDER...: each row S1 to S143 of the checklist of requirements is cited by a test of
the folders, in a comment, or stands in the table "Rows that do not apply" of PAGE; and not in both."""

import pathlib
import re
import sys

ROWS = set(range(1, 144))
SOURCES = {'.c', '.cc', '.h', '.py', '.sh'}
RANGE = re.compile(r'\bS(\d+) to S(\d+)\b')
ONE = re.compile(r'\bS(\d+)\b')
COMMENT = re.compile(r'(?://|^\s*#)(?!include)(.*)')


def numbers_in(text):
    found = {int(number) for number in ONE.findall(text)}
    for first, last in RANGE.findall(text):
        found |= set(range(int(first), int(last) + 1))
    return found


def citations(folders):
    """The numbers in comments, with the file of the first."""
    cited = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob('*')):
            if path.suffix not in SOURCES or path.name == pathlib.Path(__file__).name:
                continue
            for line in path.read_text(encoding='utf-8').splitlines():
                comment = COMMENT.search(line)
                for number in numbers_in(comment[1]) if comment else ():
                    cited.setdefault(number, path.name)
    return cited


def excused(page):
    """The numbers in the first column of the table; each has a reason."""
    rows = {}
    section = page.split('## Rows that do not apply', 1)[1].split('\n## ', 1)[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if line.startswith('|') and ONE.search(cells[0]):
            for number in numbers_in(cells[0]):
                rows[number] = cells[-1]
    return rows


def problems(cited, rows):
    for number in sorted(ROWS - cited.keys() - rows.keys()):
        yield f'S{number}: no test cites it, and the page does not list it'
    for number in sorted(cited.keys() & rows.keys()):
        yield f'S{number}: the page says that it does not apply, but {cited[number]} cites it'
    for number in sorted((cited.keys() | rows.keys()) - ROWS):
        yield f'S{number}: there is no such row'
    for number, reason in sorted(rows.items()):
        if len(reason) < 10:
            yield f'S{number}: without a reason'


def main(page, *folders):
    cited = citations(folders)
    rows = excused(pathlib.Path(page).read_text(encoding='utf-8'))
    # The check itself can fail.
    assert list(problems({}, rows)) and list(problems(cited, dict.fromkeys(ROWS, 'for no reason')))
    found = list(problems(cited, rows))
    print('\n'.join(found) if found else f'{len(cited)} rows cited, {len(rows)} do not apply')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
