#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gss-sspi login, logout, list in a session keyring of their own; test client and server with an
account file, with that keyring, and with curl."""
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))

import session_keyring
from tap import (ENVIRONMENT, LIMIT, MODULE, NTLM, TOOL, WORK, check, finish, run, skip, skip_all,
                 write)

PASSWORD = "Wonder-land1 \u00e4"
USERS = write("users", f"DEMO:alice:{PASSWORD}\nOTHER:bob:b:c\n", 0o600)
ENVIRONMENT.update(GSS_MECH_CONFIG=write("mech.conf", f"ntlm {NTLM} {MODULE}\n"),
                   GSS_SSPI_CONFIG=write("sspi.conf", "[ntlm]\n"),
                   KRB5CCNAME=f"FILE:{WORK}/none", KRB5_KTNAME=f"FILE:{WORK}/none")
BY_FILE = {"NTLM_USER_FILE": USERS}


def test_logins():
    code, out, err = run("list")
    check("list: no logins", code == 1 and out == "" and "no logins" in err, out, err)
    code, out, err = run("login", "--stdin", "DEMO\\alice", stdin=PASSWORD + "\nmore\n")
    check("login", code == 0 and "DEMO\\alice" in out and PASSWORD not in out + err, out, err)
    run("login", "--stdin", "--lifetime", "90s", "--not-default", "--domain", "OTHER", "bob",
        stdin="b:c")
    code, out, _ = run("list")
    lines = sorted(out.splitlines())
    check("list: names, times, default", code == 0 and len(lines) == 2
          and lines[0].split()[0] == "DEMO\\alice"
          and ("8 h 00 min" in lines[0] or "7 h 59 min" in lines[0])
          and lines[0].endswith("default") and lines[1].split()[0] == "OTHER\\bob"
          and "1 min" in lines[1] and "default" not in lines[1], out)
    code, out, err = run("logout", "nobody")
    check("logout of somebody else", code == 1 and "nobody" in err, out, err)
    code, out, err = run("logout", "OTHER\\bob")
    check("logout", code == 0 and "bob" not in run("list")[1], out, err)
    for name, arguments, stdin, want in (
            ("no password", ["login", "--stdin", "x"], "", 1),
            ("not UTF-8", ["login", "--stdin", "x"], b"\xff\n", 1),
            ("too long", ["login", "--stdin", "x"], "x" * 2049 + "\n", 1),
            ("bad lifetime", ["login", "--stdin", "--lifetime", "8x", "x"], "p\n", 2),
            ("lifetime 0", ["login", "--stdin", "--lifetime", "0h", "x"], "p\n", 2),
            ("31 days", ["login", "--stdin", "--lifetime", "31d", "x"], "p\n", 2),
            ("no user", ["login", "--stdin", "DEMO\\"], "p\n", 2),
            ("two domains", ["login", "--stdin", "--domain", "A", "B\\x"], "p\n", 2),
            ("password as argument", ["login", "x", "password"], "p\n", 2),
            ("--all and a user", ["logout", "--all", "x"], "", 2)):
        code, out, err = run(*arguments, stdin=stdin)
        check("refused: " + name, code == want and err != "", f"exit {code}", out, err)
    check("they left nothing", len(run("list")[1].splitlines()) == 1)


class Terminal:
    """The command on a terminal of its own, in the session keyring of this process."""

    def __init__(self, *arguments):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(TOOL, [TOOL, *arguments], ENVIRONMENT)
        self.text = ""

    def read_until(self, text):
        while text not in self.text:
            try:
                got = os.read(self.file, 1000)
            except OSError:
                return
            if not got:
                return
            self.text += got.decode(errors="replace")

    def echoes(self):
        return bool(termios.tcgetattr(self.file)[3] & termios.ECHO)

    def wait(self):
        self.read_until("\0no such text")
        return os.waitpid(self.pid, 0)[1]


def test_terminal():
    terminal = Terminal("login", "DEMO\\alice")
    terminal.read_until("Password for DEMO\\alice: ")
    silent = not terminal.echoes()
    os.write(terminal.file, (PASSWORD + "\n").encode())
    status = terminal.wait()
    check("the terminal does not echo the password",
          silent and status == 0 and PASSWORD not in terminal.text
          and "logged in" in terminal.text, terminal.text)

    terminal = Terminal("login", "DEMO\\alice")
    keeper = os.dup(terminal.file)
    terminal.read_until("Password for DEMO\\alice: ")
    os.write(terminal.file, b"half\x03")
    status = terminal.wait()
    check("an interrupt puts the terminal in order", os.WIFSIGNALED(status)
          and os.WTERMSIG(status) == signal.SIGINT
          and bool(termios.tcgetattr(keeper)[3] & termios.ECHO), status, terminal.text)


class Server:
    """`test server --once`; `port` and, at its end, `code` and `text`."""

    def __init__(self, *arguments, env=None):
        self.process = subprocess.Popen(
            [TOOL, "test", "server", "--once", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**ENVIRONMENT, **(env or BY_FILE)})
        self.text = self.process.stdout.readline().decode()
        self.port = self.text.rsplit(maxsplit=1)[-1]
        self.code = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.text += self.process.communicate(timeout=LIMIT)[0].decode()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.text += self.process.communicate()[0].decode() + "(ended by the test)"
        self.code = self.process.returncode


def login(server_arguments, *arguments, host="127.0.0.1", env=None, stdin=""):
    with Server(*server_arguments) as server:
        code, out, err = run("test", "client", *arguments, f"{host}:{server.port}", env=env,
                             stdin=stdin)
    return server, code, out, err


def check_login(name, result, *texts):
    server, code, out, err = result
    good = code == 0 and server.code == 0 and "identity: DEMO\\alice" in server.text
    check(name, good and all(text in out for text in texts), out, err, server.text)


def test_client_and_server():
    check_login("TCP, SPNEGO", login([], env=BY_FILE), "mechanism: NTLM", "SSF: 64",
                "identity: DEMO\\alice", "message: there and back, sealed")
    check_login("TCP, NTLM", login(["--mech", "ntlm"], "--mech", "ntlm", env=BY_FILE), "sealed")
    check_login("TCP, password", login([], "--user", "DEMO\\alice", "--stdin", "--target",
                                       "host/server.example", stdin=PASSWORD + "\n"), "sealed")
    check_login("HTTP, SPNEGO", login(["--http"], "--http", env=BY_FILE), "status: 200 OK")
    check_login("HTTP, NTLM", login(["--http"], "--http", "--mech", "ntlm", "--path", "/x",
                                    env=BY_FILE), "status: 200 OK")
    check_login("IPv6", login(["--bind", "::1"], env=BY_FILE, host="[::1]"), "sealed")


def test_refusals():
    for name, server_arguments, arguments in (
            ("TCP, SPNEGO", [], []), ("TCP, NTLM", [], ["--mech", "ntlm"]),
            ("HTTP, SPNEGO", ["--http"], ["--http"])):
        server, code, out, err = login(server_arguments, *arguments, "--user", "DEMO\\alice",
                                       "--stdin", stdin="Looking-glass2\n")
        check(f"wrong password: {name}", code == 1 and out == "" and server.code == 1
              and "logon failure: unknown user or wrong password" in server.text
              and ("--http" in arguments or "logon failure" in err)
              and "refuses" in err and "Looking-glass2" not in server.text + err,
              out, err, server.text)
    server, code, out, err = login([], "--mech", "ntlm", env={"NTLM_USER_FILE": WORK + "/none"})
    check("no credential: the text says why", code == 1 and "none" in err and "No such file" in err,
          out, err)
    code, out, err = run("test", "server", "--once", "--mech", "krb5")
    check("a server without credential does not start",
          code == 1 and "there is no credential to accept" in err, out, err)
    with Server("--timeout", "1") as server:
        code, out, err = run("test", "client", "--http", f"127.0.0.1:{server.port}", env=BY_FILE)
    check("HTTP to a server without HTTP",
          code == 1 and server.code == 1 and "--http" in server.text, out, err, server.text)
    code, out, err = run("test", "client", f"127.0.0.1:{server.port}", env=BY_FILE)
    check("nobody listens", code == 1 and "refused" in err.lower(), out, err)
    for arguments in (["server", "--mech", "none"], ["client"], ["client", "host"],
                      ["client", "--stdin", "h:1"], ["client", "--mech", "any", "h:1"],
                      ["client", "h:0"], ["server", "--timeout", "0"], ["nothing"]):
        code, out, err = run("test", *arguments, env=BY_FILE)
        check(f"usage: test {' '.join(arguments)}", code == 2 and out == "", out, err)


def test_slow_client():
    begin = time.monotonic()
    with Server("--timeout", "1") as server:
        with socket.create_connection(("127.0.0.1", int(server.port))):
            server.process.wait(LIMIT)
    check("a client that says nothing is left", server.code == 1
          and time.monotonic() - begin < 20 and "in time" in server.text, server.text)


def test_keyring_login():
    check_login("the login of the keyring", login([]), "mechanism: NTLM", "identity: DEMO\\alice")
    code, out, _ = run("doctor")
    check("the doctor knows it", code == 0 and "NTLM initiator: DEMO\\alice (login in the session"
          " keyring)" in out, out)
    if os.environ["GSS_SSPI_SANITIZER"] != "none":
        skip("curl with it", "a program of the host cannot load a module made for a sanitizer")
    elif not shutil.which("curl"):
        skip("curl with it", "missing package: curl")
    else:
        with Server("--http") as server:
            done = subprocess.run(["curl", "-s", "--negotiate", "-u", ":", "--max-time", "20",
                                   f"http://127.0.0.1:{server.port}/"], env=ENVIRONMENT,
                                  capture_output=True, timeout=LIMIT, check=False)
        check("curl with it", done.stdout == b"You are DEMO\\alice\n" and server.code == 0,
              done.stdout, server.text)
    run("logout", "--all")
    check("logout --all", run("list")[0] == 1)
    with Server() as server:
        code, out, err = run("test", "client", f"127.0.0.1:{server.port}", env={"USER": ""})
        run("test", "client", f"127.0.0.1:{server.port}", env=BY_FILE)
    check("and then there is no credential", code == 1, out, err)


if not session_keyring.join_new():
    skip_all("no session keyring (keyctl(2))")
for test in (test_logins, test_terminal, test_client_and_server, test_refusals, test_slow_client,
             test_keyring_login):
    test()
finish()
