# SPDX-License-Identifier: MIT
"""What the tests of the command share: TAP, a private folder, and the command itself."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile

TOOL = os.environ["GSS_SSPI_TOOL"]
MODULE = os.environ["GSS_SSPI_MODULE"]
NTLM = "1.3.6.1.4.1.311.2.2.10"
LIMIT = 60  # seconds

WORK = tempfile.mkdtemp(prefix="gss-sspi.")
os.chmod(WORK, 0o755)
atexit.register(shutil.rmtree, WORK, ignore_errors=True)

KEPT = ("PATH", "LC_ALL", "HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH")
ENVIRONMENT = {key: os.environ[key] for key in KEPT if key in os.environ}

checks = 0
failures = 0


def check(name, good, *details):
    global checks, failures
    checks += 1
    print(f"{'ok' if good else 'not ok'} {checks} - {name}")
    if good:
        return
    failures += 1
    for detail in details:
        for line in str(detail).splitlines():
            print("# " + line)


def finish():
    print(f"1..{checks}")
    sys.exit(1 if failures else 0)


def skip(name, reason):
    global checks
    checks += 1
    print(f"ok {checks} - {name} # SKIP {reason}")


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def write(name, text, mode=0o644):
    path = os.path.join(WORK, name)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)
    return path


def run(*arguments, stdin=b"", env=None):
    """The command's exit code, standard output and standard error."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, timeout=LIMIT,
                          env={**ENVIRONMENT, **(env or {})}, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()
