#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may know whom: the direction of #include lines in mech/ and in the libraries beside it.
Usage: include_rules_test.py MECH LIBRARY_FOLDER..."""
import os
import re
import sys

# Folder -> folders or single headers it may include.
MAY_INCLUDE = {
    "core": {"core"},
    "wire": {"core", "wire"},
    "crypto": {"core", "crypto"},
    "ntlm": {"core", "wire", "crypto", "ntlm", "policy/policy.h"},
    "credssp": {"core", "wire", "credssp", "policy/policy.h", "sec_names.inc"},
    "cred": {"core", "wire", "crypto", "ntlm", "cred", "policy"},
    "policy": {"core", "policy", "ntlm/flags.h"},
    "gss": {"core", "wire", "crypto", "ntlm", "credssp", "cred", "policy", "gss"},
    # The libraries know the mechanisms by their OIDs.
    "sspi_compat": {"core", "sspi_compat"},
    "winshim": {"winshim", "sspi_compat/status_names.h"},
}

# The state machines see no files, sockets, environment, clock, random source, and no GSSAPI.
INPUT_AND_OUTPUT = (r"unistd\.h|fcntl\.h|sys/.*|netdb\.h|netinet/.*|arpa/.*|pwd\.h|dirent\.h|poll\.h|"
                    r"stdio\.h|cstdio|iostream|fstream|ostream|istream|filesystem|chrono|time\.h|"
                    r"ctime|random|locale|clocale|dlfcn\.h|pthread\.h|signal\.h|csignal|thread|mutex")
GSSAPI = r"gssapi(/.*|\.h)"
SSPI = r"(sspi/)?(windows|sspi|security|secext|credssp|schannel|ntsecapi|winerror|winshim)\.h"
LOCALE_AND_STREAMS = r"iostream|fstream|locale|clocale"

# Folder -> pattern of system headers it must not include.
MUST_NOT_SEE = {
    "core": GSSAPI + r"|openssl/.*|" + SSPI,
    "wire": GSSAPI + r"|openssl/.*|" + SSPI + r"|" + INPUT_AND_OUTPUT,
    "crypto": GSSAPI + r"|" + SSPI + r"|" + INPUT_AND_OUTPUT,
    "ntlm": GSSAPI + r"|openssl/.*|" + SSPI + r"|" + INPUT_AND_OUTPUT,
    "credssp": GSSAPI + r"|" + SSPI + r"|" + INPUT_AND_OUTPUT,
    "cred": GSSAPI + r"|openssl/.*|" + SSPI + r"|" + LOCALE_AND_STREAMS,
    "policy": GSSAPI + r"|openssl/.*|" + SSPI + r"|" + LOCALE_AND_STREAMS,
    "gss": r"openssl/.*|" + SSPI + r"|" + LOCALE_AND_STREAMS,
    "sspi_compat": r"openssl/.*|" + LOCALE_AND_STREAMS,
    "winshim": GSSAPI + r"|openssl/.*|" + LOCALE_AND_STREAMS,
}

# File -> pattern of system headers that it may see all the same.
MAY_SEE = {
    "credssp/nt_status.cc": r"cstdio",  # snprintf
    "credssp/tls_pipe.cc": r"arpa/inet\.h",  # inet_pton
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
    ("credssp/x.cc", '#include "gss/context.h"', True),
    ("credssp/x.cc", '#include "ntlm/session.h"', True),
    ("credssp/x.cc", '#include "core/log.h"', True),
    ("credssp/x.cc", "#include <gssapi/gssapi.h>", True),
    ("credssp/x.cc", "#include <pthread.h>", True),
    ("credssp/x.cc", '  return getenv("HOME");', True),
    ("credssp/nt_status.cc", "#include <pthread.h>", True),
    ("cred/x.cc", "#include <gssapi/gssapi.h>", True),
    ("cred/x.cc", '#include "gss/name.h"', True),
    ("policy/x.cc", '#include "gss/name.h"', True),
    ("gss/x.cc", "#include <openssl/evp.h>", True),
    ("gss/x.cc", "#include <sspi.h>", True),
    ("gss/x.cc", '#include "sspi_compat/text.h"', True),
    ("sspi_compat/x.cc", '#include "gss/context.h"', True),
    ("sspi_compat/x.cc", '#include "ntlm/flags.h"', True),
    ("sspi_compat/x.cc", '#include "winshim/export.h"', True),
    ("winshim/x.cc", '#include "sspi_compat/text.h"', True),
    ("winshim/x.cc", '#include "core/utf16.h"', True),
    ("winshim/x.cc", "#include <gssapi/gssapi.h>", True),
    ("unknown/x.cc", "int x;", True),
    ("ntlm/x.cc", '#include "policy/policy.h"', False),
    ("credssp/x.cc", "#include <openssl/evp.h>", False),
    ("credssp/nt_status.cc", "#include <cstdio>", False),
    ("gss/x.cc", '#include "ntlm/flags.h"', False),
    ("sspi_compat/x.cc", '#include "core/secret.h"', False),
    ("sspi_compat/x.cc", "#include <gssapi/gssapi_ext.h>", False),
    ("winshim/x.cc", '#include "sspi_compat/status_names.h"', False),
]


def own_header_complaint(folder, header):
    allowed = MAY_INCLUDE[folder]
    if folder in ("ntlm", "credssp", "wire", "crypto") and header in NOT_FOR_STATE_MACHINES:
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
    if system and re.fullmatch(MAY_SEE.get(path, ""), system[1]):
        return None
    if system and re.fullmatch(MUST_NOT_SEE[folder], system[1]):
        return f"includes <{system[1]}>"
    if folder in ("ntlm", "credssp") and re.search(CALLS_OUTSIDE, line.split("//")[0]):
        return "reaches outside"
    return None


def sources(root, prefix):
    """(path by which the rules know it, file)"""
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith((".h", ".cc")):
                path = os.path.join(folder, name)
                yield os.path.join(prefix, os.path.relpath(path, root)), path


def file_complaints(path, name):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            complaint = line_complaint(name, line)
            if complaint:
                yield f"{name}:{number}: {complaint}"


def main():
    mech, *libraries = sys.argv[1:]
    found = [f"the rules {'allow' if refused else 'refuse'} in {path}: {line}"
             for path, line, refused in EXAMPLES
             if (line_complaint(path, line) is not None) != refused]
    count = 0
    for root, prefix in [(mech, "")] + [(folder, os.path.basename(folder)) for folder in libraries]:
        files = list(sources(root, prefix))
        if not files:
            found.append(f"no sources in {root}")
        count += len(files)
        for name, path in files:
            found += file_complaints(path, name)
    for complaint in found:
        print("FAIL", complaint)
    print(f"{count} files, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
