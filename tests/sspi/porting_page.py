#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""porting_page.py [--write] PAGE PROGRAM: the tables of docs/porting-from-windows.md are those of the code.

PROGRAM prints each table behind a line "<!-- table: NAME -->"; in PAGE the table stands behind the same line,
up to the next empty line. --write puts the printed tables there instead of comparing."""

import pathlib
import re
import subprocess
import sys

MARK = re.compile(r'^<!-- table: (\w+) -->$')


def printed_tables(program):
    tables, rows = {}, None
    for line in subprocess.run([program], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        mark = MARK.match(line)
        if mark:
            rows = tables.setdefault(mark[1], [])
        else:
            rows.append(line)
    return tables


def with_tables(page, tables):
    """The text of the page with these tables, and the names of those that it has a place for."""
    lines, placed, skipping = [], [], False
    for line in page.splitlines():
        mark = MARK.match(line)
        if mark:
            lines.append(line)
            lines += tables.get(mark[1], [])
            placed.append(mark[1])
            skipping = True
        elif not skipping or line == '':
            skipping = False
            lines.append(line)
    return '\n'.join(lines) + '\n', placed


def main(arguments):
    write = arguments[0] == '--write'
    path, program = pathlib.Path(arguments[-2]), arguments[-1]
    tables = printed_tables(program)
    before = path.read_text(encoding='utf-8')
    after, placed = with_tables(before, tables)
    if sorted(placed) != sorted(tables):
        print(f'tables of the page: {sorted(placed)}; of the code: {sorted(tables)}')
        return 1
    if min(len(rows) for rows in tables.values()) < 4:
        print('a table has no rows')
        return 1
    if write:
        path.write_text(after, encoding='utf-8')
        return 0
    if before == after:
        return 0
    wrong = [new for old, new in zip(before.splitlines(), after.splitlines()) if old != new]
    print(f'{path.name} is not as the code; the first row in question is now\n{wrong[:1]}\n'
          f'to update it: {sys.argv[0]} --write {path} {program}')
    return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
