#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""checklist_test.py FOLDER...: each requirement C1 to C163 of the CredSSP mechanism is cited by a test of
the folders, in a comment or in a row of a table."""

import pathlib
import re
import sys

ROWS = set(range(1, 164))
SOURCES = {'.c', '.cc', '.h', '.py', '.sh'}
RANGE = re.compile(r'\bC(\d+) to C(\d+)\b')
ONE = re.compile(r'\bC(\d+)\b')


def numbers_in(text):
    found = {int(number) for number in ONE.findall(text)}
    for first, last in RANGE.findall(text):
        found |= set(range(int(first), int(last) + 1))
    return found


def cited_by(folders):
    found = set()
    for folder in folders:
        for path in pathlib.Path(folder).rglob('*'):
            if path.suffix in SOURCES and path.name != pathlib.Path(__file__).name:
                found |= numbers_in(path.read_text(encoding='utf-8'))
    return found & ROWS


def main(*folders):
    cited = cited_by(folders)
    missing = sorted(ROWS - cited)
    for number in missing:
        print(f'C{number}: no test cites it')
    print(f'{len(cited)} of {len(ROWS)} rows cited')
    return 1 if missing or not folders else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
