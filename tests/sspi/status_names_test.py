#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every code of winerror.h has one row in status_names.h, with a text of its own and its own name.
Usage: status_names_test.py WINERROR_H STATUS_NAMES_H"""
import re
import sys

# Other names of codes that have a row.
ALIASES = {"SEC_E_NOT_SUPPORTED", "SEC_E_NO_SPM", "S_OK", "S_FALSE", "NOERROR", "NO_ERROR", "ERROR_SUCCESS"}
CODE = r"(?:SEC_[EI]|ERROR|NO|S|E|CRYPT_E|CERT_E|TRUST_E)_?\w*"


def complaints(codes, rows):
    names = [name for name, _ in rows]
    for name in codes:
        if name not in ALIASES and names.count(name) != 1:
            yield f"{name} has {names.count(name)} rows"
    for name, text in rows:
        if name not in codes:
            yield f"{name} is no code of winerror.h"
        if not re.fullmatch(r"[A-Z][ -~]*[^. ]", text):
            yield f"the text of {name} is no sentence without its full stop: {text}"


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        codes = re.findall(rf"^#define ({CODE}) (?:_HRESULT_TYPEDEF_\(|\d|SEC_E_)", file.read(), re.M)
    with open(sys.argv[2], encoding="ascii") as file:
        rows = re.findall(r'GSS_SSPI_STATUS\((\w+),\s*"([^"]*)"\)', file.read())
    wrong = [(["A_B"], []), ([], [("A_B", "Text")]), (["A_B"], [("A_B", "Text.")]),
             (["A_B"], [("A_B", "Text"), ("A_B", "Text")])]
    found = [f"the test takes {codes_} with {rows_}" for codes_, rows_ in wrong
             if not list(complaints(codes_, rows_))]
    if len(codes) < 100 or len(rows) < 100:
        found.append(f"only {len(codes)} codes and {len(rows)} rows were read")
    found += complaints(codes, rows)
    print(f"{len(codes)} codes, {len(rows)} rows")
    for complaint in found:
        print("FAIL", complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
