#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The shape of what programs load, a mechanism or a library: its exports, what it needs and imports,
and that nothing of it runs when it is loaded. Usage: abi_test.py MODULE EXPORTS BAD_MODULE

BAD_MODULE breaks every rule; the test first shows that each rule notices.
"""
import os
import re
import shutil
import subprocess
import sys

SKIP = 77


class Shape:
    """What holds for one of the files."""

    def __init__(self, version, needed, soname=None, permitted=(), cxx=False, openssl=False,
                 table=False):
        self.version = version            # the node of its exports
        self.needed = needed
        self.soname = soname
        self.permitted = set(permitted)   # of what is forbidden otherwise
        self.cxx = cxx                    # it may use the C++ run-time library
        self.openssl = openssl            # it may use OpenSSL
        self.table = table                # it calls GSSAPI through a table of its own


# libgssapi_krb5 itself needs libkrb5, and that libkeyutils, so both are loaded in any case.
#
# libwbclient waits for minutes and has no time limit, so its calls run in a thread that can be left
# behind (mech/cred/winbind_call.h). The loader is a library of those who have thread_local.
SHAPES = {
    "gss_ntlm.so": Shape(
        "GSS_NTLM", {"libgssapi_krb5.so.2", "libkrb5.so.3", "libkeyutils.so.1", "libc.so.6"},
        permitted=["pthread_create"]),
    "gss_credssp.so": Shape(
        "GSS_CREDSSP", {"libssl.so.3", "libcrypto.so.3", "libkrb5.so.3", "libc.so.6"},
        openssl=True, table=True),
    "libsspi.so": Shape(
        "SSPI_0", {"libgssapi_krb5.so.2", "libstdc++.so.6", "libgcc_s.so.1", "libc.so.6", "ld-linux"},
        soname="libsspi.so.0", cxx=True),
    "libwinshim.so": Shape("WINSHIM_0", {"libc.so.6", "ld-linux"}, soname="libwinshim.so.0"),
}

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
CXX_RUNTIME = r"_Z|__cxa_(throw|rethrow|begin_catch|allocate|guard)|__gxx_|_Unwind_|__dynamic_cast"
OPENSSL = r"(EVP|OPENSSL|CRYPTO|OSSL|SSL|MD4|MD5|RC4|DES|HMAC|RAND)_"
FORBIDDEN_PATTERNS = {
    "is the C++ run-time library": CXX_RUNTIME,
    "is OpenSSL": OPENSSL,
}

# What the compiler's own start files put into the arrays.
COMPILERS_OWN = {"frame_dummy", "__do_global_dtors_aux"}


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


class Module:
    """The facts of one ELF file."""

    def __init__(self, path, shape):
        self.path = path
        self.shape = shape
        self.exports, self.imports = self._dynamic_symbols(path)
        self.versions = self._versions(path)
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
    def _versions(path):
        """Exported name -> the node of its default version, or None."""
        found = {}
        for line in readelf("--dyn-syms", path).splitlines():
            fields = line.split()
            if len(fields) >= 8 and fields[3] in ("FUNC", "OBJECT") and fields[6] not in ("UND", "ABS"):
                name, _, version = fields[7].partition("@@")
                found[name] = version or None
        return found

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


def exports_have_their_version(module, _):
    for name, version in sorted(module.versions.items()):
        if version != module.shape.version:
            yield f"exports {name} with version {version}, not {module.shape.version}"


def has_its_name(module, _):
    match = re.search(r"\(SONAME\).*\[(.*)\]", module.dynamic)
    soname = match[1] if match else None
    if soname != module.shape.soname:
        yield f"is called {soname}, not {module.shape.soname}"


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
    for name in sorted(module.needed):
        if re.sub(r"^(ld-linux).*", r"\1", name) not in module.shape.needed:
            yield f"needs {name}"


def imports_are_harmless(module, _):
    plain = {re.sub(r"^__(\w+)_chk$", r"\1", name): name for name in module.imports}
    for why, names in FORBIDDEN.items():
        for name in names.split():
            if name in plain and name not in module.shape.permitted:
                yield f"imports {plain[name]}, which {why}"
    for why, pattern in FORBIDDEN_PATTERNS.items():
        if (pattern is CXX_RUNTIME and module.shape.cxx) or (pattern is OPENSSL and module.shape.openssl):
            continue
        for name in sorted(module.imports):
            if re.match(pattern, name):
                yield f"imports {name}, which {why}"


def no_call_to_own_exports(module, _):
    """N107: a call to an exported name may bind to the host's function, or to that of another
    library: WinPR exports InitSecurityInterfaceA and FreeContextBuffer as well."""
    for name in sorted(module.exports):
        if re.search(rf"R_\S+\s+[0-9a-f]+\s+{name}(@|\s|$)", module.relocations, re.M):
            yield f"calls its own export {name} by name"


def takes_gssapi_by_its_table(module, _):
    """C37, C55: a name of GSSAPI that is left to the loader could be bound to an export of ours."""
    if not module.shape.table:
        return
    for name in sorted(module.imports):
        if re.match(r"gss(spi)?_|GSS_", name):
            yield f"leaves {name} to the loader"


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
    (exports_are_listed, "lacks "),
    (exports_have_their_version, "an_unlisted_name with version None"),
    (has_its_name, "is called libbad"),
    (nothing_forbidden_is_exported, "gssspi_query_meta_data"),
    (nothing_forbidden_is_exported, "gss_mech_initialize"),
    (nothing_runs_at_load, "run_at_load"),
    (nothing_runs_at_load, "run_at_exit"),
    (needs_only_known_libraries, "needs libm.so.6"),
    (imports_are_harmless, "puts"),
    (imports_are_harmless, "getenv"),
    (imports_are_harmless, "abort"),
    (no_call_to_own_exports, "gss_wrap"),
    (takes_gssapi_by_its_table, "leaves gss_release_buffer"),
    (is_hardened, "-z now"),
    (is_hardened, "executable stack"),
]


def main():
    if shutil.which("readelf") is None:
        print("SKIP: readelf is missing (package binutils)")
        return SKIP
    shape = SHAPES[re.match(r".*\.so", os.path.basename(sys.argv[1]))[0]]
    module, bad = Module(sys.argv[1], shape), Module(sys.argv[3], shape)
    listed = read_list(sys.argv[2])
    failures = 0
    for rule, word in RULES:
        if rule is takes_gssapi_by_its_table and not shape.table:
            continue
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
