#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes mech/core/upcase_table.cc: make_upcase_table.py > mech/core/upcase_table.cc

[MS-UCODEREF] 3.1.5.3 maps one UTF-16 code unit to one, through a table of the system. This is that
mapping: the full upper-casing of Unicode 14 where it is one code unit long, and for the code units
below what the system's table has instead. They were compared with the table l_intl.nls that
implementations of the Windows interfaces ship.

A second table holds the code units whose full upper-casing is something else, which some peers use.
"""
import sys
import unicodedata

# No upper case in the table although Unicode has one (decision D3: the final sigma, the dotless i,
# the long s, the micro sign and so on stay as they are), besides all that expand to several units.
UNMAPPED = [0x00B5, 0x0131, 0x017F, 0x01C5, 0x01C8, 0x01CB, 0x01F2, 0x0345, 0x03C2, 0x03D0, 0x03D1,
            0x03D5, 0x03D6, 0x03F0, 0x03F1, 0x03F5, *range(0x1C80, 0x1C89), 0x1E9B, 0x1FBE,
            *range(0x10D0, 0x1100)]
# Greek with iota subscript: one unit (title case) in the table, two in full upper-casing.
TITLE_CASE = [*range(0x1F80, 0x1F88), *range(0x1F90, 0x1F98), *range(0x1FA0, 0x1FA8), 0x1FB3, 0x1FC3,
              0x1FF3]


def upper(unit):
    if 0xD800 <= unit <= 0xDFFF or unit in UNMAPPED:
        return unit
    text = chr(unit).title() if unit in TITLE_CASE else chr(unit).upper()
    return ord(text) if len(text) == 1 and ord(text) < 0x10000 else unit


def full_row(unit):
    if 0xD800 <= unit <= 0xDFFF or [upper(unit)] == [ord(c) for c in chr(unit).upper()]:
        return None
    return unit, [ord(c) for c in chr(unit).upper()]


def main():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("needs the Unicode 14.0.0 data of Python 3.11")
    pages, index = [], []
    for high in range(256):
        page = [(upper(high << 8 | low) - (high << 8 | low)) & 0xFFFF for low in range(256)]
        if page not in pages:
            pages.append(page)
        index.append(pages.index(page))
    print("// SPDX-License-Identifier: MIT")
    print("// Made by tools/make_upcase_table.py; do not edit.")
    print('#include "core/upcase_table.h"\n')
    print("// clang-format off\nnamespace gss_sspi {\n")
    print("const uint8_t kUpcasePage[256] = {")
    for row in range(0, 256, 16):
        print("    " + " ".join(f"{value}," for value in index[row:row + 16]))
    print("};\n\nconst uint16_t kUpcaseDelta[][256] = {")
    for page in pages:
        print("    {")
        for row in range(0, 256, 8):
            print("        " + " ".join(f"0x{value:04x}," for value in page[row:row + 8]))
        print("    },")
    print("};\n\nconst FullUpcaseRow kFullUpcase[] = {")
    rows = [row for row in map(full_row, range(0x10000)) if row]
    for unit, full in rows:
        print(f"    {{0x{unit:04x}, {{{', '.join(f'0x{value:04x}' for value in full)}}}}},")
    print(f"}};\nconst size_t kFullUpcaseCount = {len(rows)};\n\n}}  // namespace gss_sspi")


if __name__ == "__main__":
    main()
