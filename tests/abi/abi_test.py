#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The shape of a loadable mechanism: its exports, what it needs and imports, and that nothing of it
runs when it is loaded. Usage: abi_test.py MODULE EXPORTS BAD_MODULE

BAD_MODULE breaks every rule; the test first shows that each rule notices.
"""
import os
import re
import shutil
import subprocess
import sys

SKIP = 77

# libgssapi_krb5 itself needs libkrb5, and that libkeyutils, so both are loaded in any case.
NEEDED = {"libgssapi_krb5.so.2", "libkrb5.so.3", "libkeyutils.so.1", "libc.so.6"}

# N102, N109: names that must never appear.
NEVER_EXPORTED = {
    "gss_mech_initialize", "gss_mech_interposer", "gss_wrap_aead", "gss_unwrap_aead",
    "gssspi_query_meta_data", "gssspi_exchange_meta_data", "gssspi_query_mechanism_info",
}

# Host safety: each name with what it would do to the host program. Fortified forms count as well.
FORBIDDEN = {
    "writes to stdout or stderr": "printf vprintf puts putchar putc fputs fputc fwrite fprintf "
                                  "vfprintf perror dprintf stdout stderr",
    "ends the process": "exit _exit _Exit quick_exit abort __assert_fail __assert err errx",
    "runs at exit": "atexit __cxa_atexit on_exit at_quick_exit",
    "makes processes or threads": "fork vfork system popen posix_spawn pthread_create clone execve",
    "handles signals": "signal sigaction raise kill alarm pthread_sigmask",
    "depends on the locale": "setlocale uselocale toupper towupper mbstowcs wcstombs mbrtowc "
                             "strcasecmp strncasecmp iconv_open",
    "reads the plain environment": "getenv environ __environ setenv putenv unsetenv",
    "keeps state of the process": "strtok rand random srand srandom getpwnam getpwuid gethostbyname "
                                  "localtime gmtime strerror",
    "changes the process": "umask chdir setuid seteuid",
    "loads code of its own name space": "dlmopen",
}
FORBIDDEN_PATTERNS = {
    "is the C++ run-time library": r"_Z|__cxa_(throw|rethrow|begin_catch|allocate|guard)|__gxx_|"
                                   r"_Unwind_|__dynamic_cast",
    "is OpenSSL": r"(EVP|OPENSSL|CRYPTO|OSSL|SSL|MD4|MD5|RC4|DES|HMAC|RAND)_",
}

# What the compiler's own start files put into the arrays.
COMPILERS_OWN = {"frame_dummy", "__do_global_dtors_aux"}


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


class Module:
    """The facts of one ELF file."""

    def __init__(self, path):
        self.path = path
        self.exports, self.imports = self._dynamic_symbols(path)
        self.functions = self._functions(path)
        self.dynamic = readelf("--dynamic", path)
        self.needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", self.dynamic))
        self.sections = self._sections(path)
        self.segments = readelf("--program-headers", path)
        self.relocations = readelf("--relocs", path)

    @staticmethod
    def _dynamic_symbols(path):
        exports, imports = set(), set()
        for line in readelf("--dyn-syms", path).splitlines():
            fields = line.split()
            if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
                continue
            kind, binding, index, name = fields[3], fields[4], fields[6], fields[7].split("@")[0]
            if index == "UND":
                if binding != "WEAK":
                    imports.add(name)
            elif index != "ABS" and kind in ("FUNC", "OBJECT", "IFUNC", "TLS"):
                exports.add(name)
        return exports, imports

    @staticmethod
    def _functions(path):
        names = {}
        for line in readelf("--symbols", path).splitlines():
            fields = line.split()
            if len(fields) >= 8 and fields[3] == "FUNC":
                names[int(fields[1], 16)] = fields[7].split("@")[0]
        return names

    @staticmethod
    def _sections(path):
        found = {}
        for line in readelf("--sections", path).splitlines():
            match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)",
                             line)
            if match:
                found[match[1]] = (int(match[2], 16), int(match[3], 16))
        return found

    def functions_in(self, section):
        """The functions whose addresses stand in an array section."""
        start, size = self.sections[section]
        names = []
        for line in self.relocations.splitlines():
            fields = line.split()
            if len(fields) < 4 or not re.fullmatch(r"[0-9a-f]+", fields[0]):
                continue
            if start <= int(fields[0], 16) < start + size:
                target = fields[-1]
                names.append(self.functions.get(int(target, 16), target)
                             if re.fullmatch(r"[0-9a-f]+", target) else target)
        return names


def read_list(path):
    with open(path, encoding="ascii") as file:
        return {line.strip() for line in file if line.strip() and not line.startswith("#")}


def exports_are_listed(module, listed):
    for name in sorted(module.exports - listed):
        yield f"exports {name}, which is not in the list"
    for name in sorted(listed - module.exports):
        yield f"lacks {name}, which is in the list"


def nothing_forbidden_is_exported(module, _):
    for name in sorted(module.exports & NEVER_EXPORTED):
        yield f"exports {name}, which a mechanism must never do"


def nothing_runs_at_load(module, _):
    for section in (".ctors", ".dtors", ".preinit_array"):
        if section in module.sections:
            yield f"has a section {section}"
    for section in (".init_array", ".fini_array"):
        if section not in module.sections:
            continue
        functions = module.functions_in(section)
        if len(functions) != module.sections[section][1] // 8:
            yield f"{section} cannot be read"
        for name in functions:
            if name not in COMPILERS_OWN:
                yield f"runs {name} by {section}"


def needs_only_known_libraries(module, _):
    for name in sorted(module.needed - NEEDED):
        yield f"needs {name}"


# What a module needs after all, and why. libwbclient waits for minutes and has no time limit, so its
# calls run in a thread that can be left behind (mech/cred/winbind_call.h).
PERMITTED = {"gss_ntlm.so": {"pthread_create"}}


def imports_are_harmless(module, _):
    permitted = PERMITTED.get(os.path.basename(module.path), set())
    plain = {re.sub(r"^__(\w+)_chk$", r"\1", name): name for name in module.imports}
    for why, names in FORBIDDEN.items():
        for name in names.split():
            if name in plain and name not in permitted:
                yield f"imports {plain[name]}, which {why}"
    for why, pattern in FORBIDDEN_PATTERNS.items():
        for name in sorted(module.imports):
            if re.match(pattern, name):
                yield f"imports {name}, which {why}"


def no_call_to_own_exports(module, _):
    """N107: a call to an exported name may bind to the host's function."""
    for name in sorted(module.exports):
        if re.search(rf"R_\S+\s+[0-9a-f]+\s+{name}(@|\s|$)", module.relocations, re.M):
            yield f"calls its own export {name} by name"


def is_hardened(module, _):
    if not re.search(r"BIND_NOW|\bNOW\b", module.dynamic):
        yield "is not linked with -z now"
    if "GNU_RELRO" not in module.segments:
        yield "is not linked with -z relro"
    if "TEXTREL" in module.dynamic:
        yield "has text relocations"
    if re.search(r"GNU_STACK\s+(\S+\s+){5}\S*E", module.segments):
        yield "wants an executable stack"
    if re.search(r"LOAD\s+(\S+\s+){5}RWE", module.segments):
        yield "has a segment that can be written and executed"


# Each rule, and a word of the complaint which BAD_MODULE must draw.
RULES = [
    (exports_are_listed, "an_unlisted_name"),
    (exports_are_listed, "lacks gss_unwrap,"),
    (nothing_forbidden_is_exported, "gssspi_query_meta_data"),
    (nothing_forbidden_is_exported, "gss_mech_initialize"),
    (nothing_runs_at_load, "run_at_load"),
    (nothing_runs_at_load, "run_at_exit"),
    (needs_only_known_libraries, "needs libm.so.6"),
    (imports_are_harmless, "puts"),
    (imports_are_harmless, "getenv"),
    (imports_are_harmless, "abort"),
    (no_call_to_own_exports, "gss_wrap"),
    (is_hardened, "-z now"),
    (is_hardened, "executable stack"),
]


def main():
    if shutil.which("readelf") is None:
        print("SKIP: readelf is missing (package binutils)")
        return SKIP
    module, listed, bad = Module(sys.argv[1]), read_list(sys.argv[2]), Module(sys.argv[3])
    failures = 0
    for rule, word in RULES:
        if not any(word in complaint for complaint in rule(bad, listed)):
            print(f"FAIL {rule.__name__} does not notice \"{word}\" in the bad module")
            failures += 1
    for rule in dict.fromkeys(rule for rule, _ in RULES):
        complaints = list(rule(module, listed))
        print(f"{'FAIL' if complaints else 'ok  '} {rule.__name__}")
        for complaint in complaints:
            print(f"     {complaint}")
        failures += len(complaints)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
