#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the names of SSPI's codes as rows {value, "name"}, sorted by value, for C++ that does not see
the headers of SSPI. Usage: make_sec_names.py WINERROR_H OUTPUT"""
import re
import sys


def main(winerror, output):
    with open(winerror, encoding='ascii') as file:
        rows = re.findall(r'^#define (SEC_E_\w+) _HRESULT_TYPEDEF_\((0x8009\w{4})\)', file.read(), re.M)
    if len(rows) < 50 or len({value for _, value in rows}) != len(rows):
        sys.exit(f'{winerror}: {len(rows)} codes, or one of them twice')
    with open(output, 'w', encoding='ascii') as file:
        file.write('// Made by tools/make_sec_names.py.\n')
        for name, value in sorted(rows, key=lambda row: int(row[1], 16)):
            file.write(f'{{{value}, "{name}"}},\n')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
