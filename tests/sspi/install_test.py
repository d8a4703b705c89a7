#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""L2: what is installed is enough to build and run a program, by pkg-config and by -lsecur32, has each
function, and lies where it shadows nothing.

Usage: install_test.py BUILD_DIR MESON LIBSSPI_EXPORTS LIBWINSHIM_EXPORTS
"""
import multiprocessing.pool
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
HERE = os.path.dirname(os.path.abspath(__file__))
NEEDED_TOOLS = ("pkg-config", "gcc", "g++", "readelf")

# A program as Windows has it: what it needs beside SSPI is in winshim.
PROGRAM = r"""
#include <windows.h>
#define SECURITY_WIN32
#include <security.h>
#include <stdio.h>

int main(void) {
  unsigned long count = 0;
  PSecPkgInfo info = NULL;
  char text[256];
  HMODULE library = LoadLibrary(TEXT("secur32.dll"));
  SECURITY_STATUS status = EnumerateSecurityPackages(&count, &info);
  if (library == NULL || GetProcAddress(library, "AcceptSecurityContext") == NULL) return 1;
  if (status != SEC_E_OK || count == 0) return 2;
  FreeContextBuffer(info);
  if (!FreeLibrary(library)) return 3;
  if (FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, (DWORD)SEC_E_LOGON_DENIED, 0, text,
                     sizeof text, NULL) == 0) return 4;
  printf("%s", text);
  return 0;
}
"""

# One that needs SSPI only.
SMALL_PROGRAM = r"""
#include <sspi.h>
int main(void) { return InitSecurityInterface()->dwVersion == 1 ? 0 : 1; }
"""


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Installed:
    """The installation, below a folder of its own."""

    def __init__(self, root):
        self.root = root
        found = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
        self.files = {os.path.relpath(path, root): path for path in found}
        self.libdir = os.path.dirname(next(path for path in found if path.endswith("/libsspi.so")))
        self.environment = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=root, LD_LIBRARY_PATH=self.libdir,
                                PKG_CONFIG_LIBDIR=os.path.join(self.libdir, "pkgconfig"))

    def pkg_config(self, *arguments):
        done = run(["pkg-config", *arguments], env=self.environment)
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
        return done.stdout.split()


def needed(path):
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "-dW", path]).stdout))


def files_are_there(installed):
    """R14: headers in a folder of their own."""
    for name in ("libsspi.so", "libsspi.so.0", "libsecur32.so", "libwinshim.so", "libwinshim.so.0",
                 "pkgconfig/sspi.pc", "pkgconfig/winshim.pc"):
        if not os.path.isfile(os.path.join(installed.libdir, name)):  # follows links
            yield f"{name} is missing"
    headers = [name for name in installed.files if name.endswith(".h")]
    for name in sorted(os.listdir(os.path.join(HERE, "../../include/sspi"))):
        if not any(path.endswith("include/sspi/" + name) for path in headers):
            yield f"include/sspi/{name} is missing"
    for path in headers:
        if re.search(r"include/[^/]*$", path):
            yield f"{path} may shadow a header of the system"


def library_needs_no_shim(installed):
    """L2, R15."""
    libraries = needed(os.path.join(installed.libdir, "libsspi.so.0"))
    if "libgssapi_krb5.so.2" not in libraries:
        yield f"libsspi.so.0 needs {libraries}: not read"
    if any("winshim" in name for name in libraries):
        yield "libsspi needs libwinshim"


def builds_and_runs(installed, work, compiler, program, link, expected_needs):
    language = "c++" if compiler[0] == "g++" else "c"
    source = os.path.join(work, "program." + ("cc" if language == "c++" else "c"))
    with open(source, "w", encoding="ascii") as file:
        file.write(program)
    binary = os.path.join(work, "program")
    command = [*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, "-o", binary, *link]
    done = run(command)
    if done.returncode != 0 or done.stdout:
        yield " ".join(command) + "\n" + done.stdout
        return
    ours = {name for name in needed(binary) if re.search("sspi|winshim|secur32", name)}
    if ours != expected_needs:
        yield f"{' '.join(command)}: the program needs {ours}, not {expected_needs}"
    done = run([binary], env=installed.environment)
    if done.returncode != 0:
        yield f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}"


def listed(path):
    with open(path, encoding="ascii") as file:
        return {line.strip() for line in file if line.strip() and not line.startswith("#")}


def each_function_links(installed, work, exports):
    """A program for each function, with the library that has it and no other."""
    with open(os.path.join(HERE, "abi_prototypes.c"), encoding="utf-8") as file:
        typed = set(re.findall(r"^IS\([^,]+, (\w+),", file.read(), re.M))
    for name in sorted(typed ^ set().union(*exports.values())):
        yield f"{name} is in only one of abi_prototypes.c and the lists of exports"

    flags = {package: installed.pkg_config("--cflags", "--libs", package) for package in exports}

    def link(package, name):
        source = os.path.join(work, f"use_{name}.c")
        with open(source, "w", encoding="ascii") as file:
            file.write("#include <security.h>\n"
                       f"void (*volatile used)(void) = (void (*)(void)){name};\n"
                       "int main(void) { return used == 0; }\n")
        return run(["gcc", "-std=c11", "-w", source, "-o", source[:-2], *flags[package]])

    uses = [(package, name) for package, names in exports.items() for name in sorted(names)]
    with multiprocessing.pool.ThreadPool(2) as pool:
        for (package, name), done in zip(uses, pool.starmap(link, uses)):
            if done.returncode != 0:
                yield f"{name} does not link with {package}:\n{done.stdout}"
    if link("winshim", "AcceptSecurityContext").returncode == 0:
        yield "a program links with a library that lacks its function: the links show nothing"


def check(installed, work, exports):
    both = installed.pkg_config("--cflags", "--libs", "sspi", "winshim")
    alone = installed.pkg_config("--cflags", "--libs", "sspi")
    include = installed.pkg_config("--cflags", "sspi")
    windows_line = [*include, "-L" + installed.libdir, "-lsecur32"]
    shim = {"libsspi.so.0", "libwinshim.so.0"}
    yield from files_are_there(installed)
    yield from library_needs_no_shim(installed)
    for compiler in (["gcc", "-std=c11"], ["gcc", "-std=gnu17", "-fshort-wchar", "-DUNICODE"],
                     ["g++", "-std=c++17"], ["g++", "-std=c++20", "-DUNICODE"]):
        yield from builds_and_runs(installed, work, compiler, PROGRAM, both, shim)
        yield from builds_and_runs(installed, work, compiler, SMALL_PROGRAM, alone, {"libsspi.so.0"})
        yield from builds_and_runs(installed, work, compiler, SMALL_PROGRAM, windows_line,
                                   {"libsspi.so.0"})
    yield from each_function_links(installed, work, exports)


def main():
    build, meson, sspi_exports, winshim_exports = sys.argv[1:]
    exports = {"sspi": listed(sspi_exports), "winshim": listed(winshim_exports)}
    missing = [tool for tool in NEEDED_TOOLS if shutil.which(tool) is None]
    if missing:
        print(f"SKIP: {' '.join(missing)} are missing")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="gss-sspi-install.") as work:
        root = os.path.join(work, "root")
        done = run([meson, "install", "-C", build, "--no-rebuild", "--destdir", root])
        if done.returncode != 0:
            print(done.stdout)
            return 1
        complaints = list(check(Installed(root), work, exports))
    for complaint in complaints:
        print("FAIL", complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
