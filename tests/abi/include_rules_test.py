#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may know whom in mech/: the direction of #include lines. Usage: include_rules_test.py MECH"""
import os
import re
import sys

# Folder -> folders or single headers it may include.
MAY_INCLUDE = {
    "core": {"core"},
    "wire": {"core", "wire"},
    "crypto": {"core", "crypto"},
    "ntlm": {"core", "wire", "crypto", "ntlm", "policy/policy.h"},
    "cred": {"core", "wire", "crypto", "ntlm", "cred", "policy"},
    "policy": {"core", "policy", "ntlm/flags.h"},
    "gss": {"core", "wire", "crypto", "ntlm", "cred", "policy", "gss"},
}

# The state machines see no files, sockets, environment, clock, random source, and no GSSAPI.
INPUT_AND_OUTPUT = (r"unistd\.h|fcntl\.h|sys/.*|netdb\.h|netinet/.*|arpa/.*|pwd\.h|dirent\.h|poll\.h|"
                    r"stdio\.h|cstdio|iostream|fstream|ostream|istream|filesystem|chrono|time\.h|"
                    r"ctime|random|locale|clocale|dlfcn\.h|pthread\.h|signal\.h|csignal|thread|mutex")
GSSAPI = r"gssapi(/.*|\.h)"

# Folder -> pattern of system headers it must not include.
MUST_NOT_SEE = {
    "core": GSSAPI + r"|openssl/.*",
    "wire": GSSAPI + r"|openssl/.*|" + INPUT_AND_OUTPUT,
    "crypto": GSSAPI + r"|" + INPUT_AND_OUTPUT,
    "ntlm": GSSAPI + r"|openssl/.*|" + INPUT_AND_OUTPUT,
    "cred": GSSAPI + r"|openssl/.*|iostream|fstream|locale|clocale",
    "policy": GSSAPI + r"|openssl/.*|iostream|fstream|locale|clocale",
    "gss": r"openssl/.*|iostream|fstream|locale|clocale",
}

# Headers of core that do input or output, which the state machines must not take a way round with.
NOT_FOR_STATE_MACHINES = {"core/log.h"}

# Functions that reach outside without an #include of their own.
CALLS_OUTSIDE = r"\b(secure_getenv|getenv|getrandom|clock_gettime|fopen|getpwnam_r|gethostname)\s*\("

# Lines that must be refused, and one that must not be: the rules themselves are tested first.
EXAMPLES = [
    ("core/x.h", '#include "ntlm/flags.h"', True),
    ("wire/x.h", '#include "crypto/md5.h"', True),
    ("crypto/x.cc", '#include "wire/reader.h"', True),
    ("ntlm/x.cc", '#include "cred/user_file.h"', True),
    ("ntlm/x.cc", '#include "gss/handles.h"', True),
    ("ntlm/x.cc", '#include "policy/load.h"', True),
    ("ntlm/x.cc", "#include <gssapi/gssapi.h>", True),
    ("ntlm/x.cc", "#include <unistd.h>", True),
    ("ntlm/x.cc", "#include <ctime>", True),
    ("ntlm/x.cc", '  return getenv("HOME");', True),
    ("cred/x.cc", "#include <gssapi/gssapi.h>", True),
    ("cred/x.cc", '#include "gss/name.h"', True),
    ("policy/x.cc", '#include "gss/name.h"', True),
    ("gss/x.cc", "#include <openssl/evp.h>", True),
    ("unknown/x.cc", "int x;", True),
    ("ntlm/x.cc", '#include "policy/policy.h"', False),
    ("gss/x.cc", '#include "ntlm/flags.h"', False),
]


def own_header_complaint(folder, header):
    allowed = MAY_INCLUDE[folder]
    if folder in ("ntlm", "wire", "crypto") and header in NOT_FOR_STATE_MACHINES:
        return f"includes {header}, which does output"
    if header in allowed or header.split("/")[0] in allowed:
        return None
    return f"includes {header}; {folder}/ may include {', '.join(sorted(allowed))}"


def line_complaint(path, line):
    folder = path.split("/")[0]
    if folder not in MAY_INCLUDE:
        return f"folder {folder}/ has no rule"
    own = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
    if own:
        return own_header_complaint(folder, own[1])
    system = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
    if system and re.fullmatch(MUST_NOT_SEE[folder], system[1]):
        return f"includes <{system[1]}>"
    if folder == "ntlm" and re.search(CALLS_OUTSIDE, line.split("//")[0]):
        return "reaches outside"
    return None


def sources(root):
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith((".h", ".cc")):
                yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1]
    failures = 0
    for path, line, refused in EXAMPLES:
        if (line_complaint(path, line) is not None) != refused:
            print(f"FAIL the rules {'allow' if refused else 'refuse'} in {path}: {line}")
            failures += 1
    count = 0
    for path in sources(root):
        count += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                complaint = line_complaint(path, line)
                if complaint:
                    print(f"FAIL {path}:{number}: {complaint}")
                    failures += 1
    if count == 0:
        print(f"FAIL no sources in {root}")
        failures += 1
    print(f"{count} files, {failures} complaints")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
