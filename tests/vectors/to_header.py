#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Turns files of vectors into one C++ header: to_header.py OUTPUT FILE.json...

Each string, number and truth value becomes a row {path, text}; the path is the name of the file and
the keys on the way, with dots between them. A list has a row "path.#" with its length, and its
elements are numbered from zero.
"""
import json
import os
import sys


def rows(path, value):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from rows(f'{path}.{key}', member)
    elif isinstance(value, list):
        yield f'{path}.#', str(len(value))
        for index, member in enumerate(value):
            yield from rows(f'{path}.{index}', member)
    elif isinstance(value, bool):
        yield path, 'true' if value else 'false'
    elif value is not None:
        yield path, str(value)


def literal(text):
    octets = ''.join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f'\\{b:03o}'
                     for b in text.encode())
    return f'"{octets}"'


def main(output, files):
    found = {}
    for name in files:
        with open(name, encoding='utf-8') as file:
            found.update(rows(os.path.splitext(os.path.basename(name))[0], json.load(file)))
    with open(output, 'w', encoding='ascii') as header:
        header.write('// Made by tests/vectors/to_header.py: sorted by path.\n')
        for path, text in sorted(found.items(), key=lambda row: row[0].encode()):
            header.write(f'{{{literal(path)}, {literal(text)}}},\n')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
