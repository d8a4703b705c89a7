#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The headers of include/sspi, as programs compile them: each alone, C and C++, gcc and clang, with and
without UNICODE and -fshort-wchar, all warnings on. Sizes, values and prototypes also against Windows'
own headers, with mingw-w64. Then the programs of ulong_calls.c, run. Speaks TAP.

Usage: headers_test.py INCLUDE_DIR LIBRARY...
"""
import itertools
import multiprocessing.pool
import os
import shutil
import subprocess
import sys
import tempfile

INCLUDE, LIBRARIES = sys.argv[1], sys.argv[2:]
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = tempfile.TemporaryDirectory(prefix="gss-sspi-headers.")

# What a program may ask of the compiler without a word from our headers.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
# Of code that is our test and not a header; the sources are C that C++ takes as well.
CALLER_WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
LANGUAGES = [("gcc", "c11"), ("gcc", "gnu17"), ("clang", "c11"), ("clang", "gnu17"),
             ("g++", "c++17"), ("g++", "c++20"), ("clang++", "c++17"), ("clang++", "c++20")]
MODES = [list(filter(None, mode)) for mode in
         itertools.product(["", "-DUNICODE"], ["", "-fshort-wchar"])]
MODES_OF_HEADERS = [MODES[0], MODES[-1]]
MINGW = "x86_64-w64-mingw32-gcc"

checks = failures = 0


def report(name, complaints):
    global checks, failures
    checks += 1
    print(f"{'not ok' if complaints else 'ok'} {checks} - {name}")
    for complaint in complaints:
        for line in complaint.splitlines()[:20]:
            print("# " + line)
    failures += bool(complaints)


def skip(name, reason):
    global checks
    checks += 1
    print(f"ok {checks} - {name} # SKIP {reason}")


def source(name, text):
    path = os.path.join(WORK.name, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=300, **options)
    return done.returncode, done.stdout


def compiler(language):
    name, standard = language
    return [name, "-x", "c++" if standard.startswith("c++") else "c", "-std=" + standard]


def compile_only(command, path):
    """None, or what was said of the source."""
    command = [*command, "-fsyntax-only", "-I" + INCLUDE, path]
    code, said = run(command)
    return None if code == 0 and not said else " ".join(command) + "\n" + said


def each_header_alone():
    """S4, R14."""
    headers = sorted(name for name in os.listdir(INCLUDE) if name.endswith(".h"))
    programs = [source(f"alone_{name}.c", f"#include <{name}>\n#include <{name}>\nextern int none;\n")
                for name in headers]
    programs += [source(f"around_{name}.c", f"#ifdef __cplusplus\nextern \"C\" {{\n#endif\n"
                        f"#include <{name}>\n#ifdef __cplusplus\n}}\n#endif\nextern int none;\n")
                 for name in ("security.h",)]
    for language in LANGUAGES:
        name = f"each header alone: {' '.join(language)}"
        if shutil.which(language[0]) is None:
            skip(name, f"{language[0]} is missing")
            continue
        own = ["-Wold-style-cast"] if language[1].startswith("c++") else []
        commands = [(compiler(language) + mode + more + WARNINGS + own, path)
                    for path in programs for mode in MODES_OF_HEADERS
                    for more in ([], ["-DSSPI_NO_ULONG_COMPAT"])[:1 + ("sec" in path or "sspi.h" in path)]]
        with multiprocessing.pool.ThreadPool(2) as pool:
            said = pool.starmap(compile_only, commands)
        report(name, [text for text in said if text])


TEXT_PROGRAM = """
#include <tchar.h>
#include <security.h>
const WCHAR *wide(void);
const WCHAR *wide(void) { return %s"text"; }
LPCTSTR either(void);
LPCTSTR either(void) { return _T("text"); }
const WCHAR *ours(void);
const WCHAR *ours(void) { return SSPI_WTEXT("text"); }
const WCHAR *package(void);
const WCHAR *package(void) { return NEGOSSP_NAME_W; }
SECURITY_PSTR name(SecPkgInfo *info);
SECURITY_PSTR name(SecPkgInfo *info) { return info->Name; }
"""

HANDLE_PROGRAM = """
#include <security.h>
int handles(void);
int handles(void) {
  const CtxtHandle constant = {1, 2};
  CtxtHandle handle;
  int valid;
  SecInvalidateHandle(&handle)
  if (SecIsValidHandle(&constant)) SecInvalidateHandle(&handle);
  switch (SEC_E_OK) {
    case SEC_E_OK: break;
    case SEC_E_INVALID_HANDLE: break;
    case SEC_I_CONTINUE_NEEDED: break;
    default: break;
  }
  valid = SecIsValidHandle(&handle) || handle.dwLower == SEC_DELETED_HANDLE;
  return valid && FAILED(SEC_E_INVALID_HANDLE) && SUCCEEDED(SEC_I_CONTINUE_NEEDED);
}
"""

# A program that is wrong must still be told so.
WRONG = {
    "another pointer type": "int *p = 0; EnumerateSecurityPackagesA((long *)p, 0);",
    "a short handle": "ULONG h = 0; DeleteSecurityContext(&h);",
    "a type that is too wide": "extern PSecBuffer b; unsigned long *p = &b->cbBuffer; (void)p;",
    "too few arguments": "AcceptSecurityContext(0, 0, 0, 0, 0, 0, 0, 0);",
}


def programs_compile():
    for language in LANGUAGES:
        name = ' '.join(language)
        if shutil.which(language[0]) is None:
            skip(f"programs: {name}", f"{language[0]} is missing")
            continue
        complaints = []
        for mode in MODES:
            letter = "L" if "-fshort-wchar" in mode else "u"
            for path in (source("text.c", TEXT_PROGRAM % letter),
                         source("handles.c", HANDLE_PROGRAM),
                         os.path.join(HERE, "abi_table.c"), os.path.join(HERE, "abi_prototypes.c"),
                         os.path.join(HERE, "ulong_calls.c")):
                complaints.append(compile_only(compiler(language) + mode + CALLER_WARNINGS, path))
        report(f"text, handles, sizes, prototypes, calls: {name}", list(filter(None, complaints)))
        complaints = []
        for wrong, statement in WRONG.items():
            path = source("wrong.c", "#include <security.h>\nvoid f(void);\nvoid f(void) { "
                          + statement + " }\n")
            if compile_only(compiler(language) + CALLER_WARNINGS, path) is None:
                complaints.append(f"{wrong} is taken")
        path = source("strict.c", "#include <security.h>\nvoid f(unsigned long *n);\n"
                      "void f(unsigned long *n) { EnumerateSecurityPackagesA(n, 0); }\n")
        if compile_only(compiler(language) + CALLER_WARNINGS, path) is not None:
            complaints.append("unsigned long * is not taken")
        if compile_only(compiler(language) + CALLER_WARNINGS + ["-DSSPI_NO_ULONG_COMPAT"], path) is None:
            complaints.append("unsigned long * is taken with SSPI_NO_ULONG_COMPAT")
        report(f"what is wrong is told: {name}", complaints)


def windows_agrees():
    """L1: the same sources with Windows' own headers."""
    if shutil.which(MINGW) is None:
        skip("Windows' own headers agree", f"{MINGW} is missing (package gcc-mingw-w64-x86-64)")
        return
    complaints = []
    for name in ("abi_table.c", "abi_prototypes.c"):
        command = [MINGW, "-std=c11", "-Werror", "-fsyntax-only", os.path.join(HERE, name)]
        code, said = run(command)
        if code != 0:
            complaints.append(" ".join(command) + "\n" + said)
    report("Windows' own headers agree", complaints)


def tables_can_fail():
    """Each macro of the tables notices what is wrong."""
    with open(os.path.join(HERE, "abi_table.c"), encoding="utf-8") as file:
        table = file.read()
    complaints = []
    for row in ("SIZE(ULONG, 8)", "OFFSET(SecBuffer, pvBuffer, 4)", "WIDTH(SecBuffer, cbBuffer, 8)",
                "VALUE(ISC_REQ_INTEGRITY, 0x20000)"):
        path = source("wrong_table.c", table + row + "\n")
        if compile_only(compiler(LANGUAGES[0]), path) is None:
            complaints.append(f"{row} is taken")
    report("the tables notice a wrong row", complaints)


def unsigned_long_calls_run():
    """L3, 1.2."""
    if not LIBRARIES:
        return
    with_shim = ["-DHAVE_WINSHIM"] if any("winshim" in path for path in LIBRARIES) else []
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(map(os.path.dirname, LIBRARIES)))
    for language in LANGUAGES:
        name = f"unsigned long * calls: {' '.join(language)}"
        if shutil.which(language[0]) is None:
            skip(name, f"{language[0]} is missing")
            continue
        complaints = []
        for mode, optimize in itertools.product(MODES, ("-O0", "-O2")):
            program = os.path.join(WORK.name, "ulong_calls")
            command = [*compiler(language), *mode, optimize, *with_shim, "-I" + INCLUDE,
                       os.path.join(HERE, "ulong_calls.c"), "-x", "none", "-o", program, *LIBRARIES]
            code, said = run(command)
            if code == 0:
                code, said = run([program], env=environment)
            if code != 0 or said:
                complaints.append(" ".join(command) + f"\nexit status {code}\n" + said)
        report(name, complaints)


def main():
    each_header_alone()
    programs_compile()
    windows_agrees()
    tables_can_fail()
    unsigned_long_calls_run()
    print(f"1..{checks}")
    return 1 if failures else 0


if __name__ == "__main__":
    with WORK:
        sys.exit(main())
