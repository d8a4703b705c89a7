#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gss-sspi doctor against registrations that are right, and wrong in each known way."""
import os
import shutil

from tap import ENVIRONMENT, MODULE, NTLM, WORK, check, finish, run, write

BROKEN = os.environ["GSS_SSPI_TEST_MODULES"]
USERS = write("users", "DEMO:alice:Wonder-land1\nbob:1001:" + "X" * 32 +
              ":0123456789ABCDEF0123456789ABCDEF:[U          ]:LCT-00000000:\n", 0o600)
POLICY = write("sspi.conf", "[ntlm]\n")
ENVIRONMENT.update(NTLM_USER_FILE=USERS, GSS_SSPI_CONFIG=POLICY)
GOOD_LINE = f"ntlm {NTLM} {MODULE}\n"
MISSING = os.path.join(WORK, "missing.so")


def doctor(config, *arguments, env=None):
    code, out, err = run("doctor", "--config", write("mech.conf", config), *arguments, env=env)
    return code, out + err


def expect(name, config, code, *texts, absent=(), arguments=(), env=None):
    got, out = doctor(config, *arguments, env=env)
    missing = [text for text in texts if text not in out]
    found = [text for text in absent if text in out]
    check(name, got == code and not missing and not found,
          f"exit {got}, expected {code}; missing {missing}; unwanted {found}", out)


def copy_of_module(name, mode=0o644):
    path = os.path.join(WORK, name)
    shutil.copyfile(MODULE, path)
    os.chmod(path, mode)
    return path


def test_good():
    expect("a good registration", GOOD_LINE, 0,
           f"NTLM is {MODULE} of gss-sspi", "loads, and exports what libgssapi needs",
           "would offer, in this order: NTLM", "NTLM initiator: DEMO\\alice (account file",
           "NTLM acceptor:", "0 problems", absent=["PROBLEM"])
    got, out = doctor(GOOD_LINE)
    check("no password or hash in the report",
          "Wonder-land1" not in out and "0123456789abcdef" not in out.lower() and got == 0, out)
    code, out, _ = run("doctor", env={"GSS_MECH_CONFIG": write("mech.conf", GOOD_LINE)})
    check("GSS_MECH_CONFIG does what --config does", code == 0 and MODULE in out, out)


def test_credssp():
    credssp = os.path.join(os.path.dirname(MODULE), "gss_credssp.so")
    line = f"credssp 2.25.7309953812226743153 {credssp}\n"
    expect("CredSSP is not registered", GOOD_LINE, 0, "zz-gss-sspi-credssp.conf")
    expect("CredSSP is registered", GOOD_LINE + line, 0, f"CredSSP is {credssp}",
           f"{credssp}: loads, and exports", "versions from 5 on as client, from 5 on as server")
    expect("CredSSP without NTLM", line, 1, "only Kerberos can log in inside")
    asked = ["--delegate-to", "TERMSRV/rdp.example.com"]
    expect("delegation without a policy", GOOD_LINE + line, 0,
           "password of a program to TERMSRV/rdp.example.com: yes",
           "password of a file to TERMSRV/rdp.example.com: no", arguments=asked)
    for text, words in (("allow_fresh = TERMSRV/*.example.com", "if Kerberos or a verified"),
                        ("allow_fresh_ntlm_only = TERMSRV/*", "yes"),
                        ("deny = *.example.com", "no"), ("allow_fresh = WSMAN/*", "no")):
        policy = write("delegate.conf", f"[credssp]\n{text}\nencryption_oracle = mitigated\n")
        expect(f"delegation with {text}", GOOD_LINE + line, 0, f"rdp.example.com: {words}",
               "from 5 on as client, from 2 on as server", arguments=asked,
               env={"GSS_SSPI_CONFIG": policy})
    expect("what is no SPN", GOOD_LINE + line, 1, "rdp is no SPN",
           arguments=["--delegate-to", "rdp"])
    expect("a policy that is wrong", GOOD_LINE + line, 1, "CredSSP refuses every login", "line 2",
           env={"GSS_SSPI_CONFIG": write("bad.conf", "[credssp]\nmin_version = 1\n")})


def test_modules():
    expect("a file that is not there", f"ntlm {NTLM} {MISSING}\n", 1,
           f"{MISSING}: No such file or directory", "mech.conf line 1")
    expect("a text file", f"ntlm {NTLM} {write('text.so', 'no module' * 20)}\n", 1,
           "is not an ELF file")
    expect("a folder", f"ntlm {NTLM} {WORK}\n", 1, "is not a regular file")
    expect("an unresolved symbol", f"ntlm {NTLM} {BROKEN}/unresolved_module.so\n", 1,
           "cannot be loaded", "gss_sspi_test_no_such_function")
    expect("a module that ends the process", f"ntlm {NTLM} {BROKEN}/crashing_module.so\n", 1,
           "died of signal 6", "the check died", "Credentials")
    expect("a library that is no mechanism", f"ntlm {NTLM} /lib/x86_64-linux-gnu/libc.so.6\n", 1,
           "does not export gss_acquire_cred")
    expect("a broken module of another OID does not stop NTLM",
           GOOD_LINE + f"other 1.3.6.1.4.1.99999.1 {BROKEN}/unresolved_module.so\n", 0,
           "warning", "gss_sspi_test_no_such_function")
    copy_of_module("gss_ntlm.so")
    expect("a relative path", f"ntlm {NTLM} gss_ntlm.so\n", 1,
           f"{WORK}/gss_ntlm.so: loads", arguments=["--module-dir", WORK])


def test_duplicates():
    expect("the last line wins, also when its file is missing",
           GOOD_LINE + f"again {NTLM} {MISSING}\n", 1,
           f"{MODULE} (", "loses to", "the last line with an OID wins")
    expect("and when an earlier one is missing", f"again {NTLM} {MISSING}\n" + GOOD_LINE, 0,
           f"{MISSING} (", "loses to")
    theirs = f"gssntlmssp_v1 {NTLM} {copy_of_module('gssntlmssp.so')}\n"
    expect("gss-ntlmssp behind us", GOOD_LINE + theirs, 0, "of gss-ntlmssp",
           "gss_ntlm.so of gss-sspi", "is not used", "zz-gss-sspi-ntlm.conf")
    expect("gss-ntlmssp before us", theirs + GOOD_LINE, 0, "gssntlmssp.so (", "loses to",
           f"NTLM is {MODULE} of gss-sspi", absent=["is not used"])


# Lines, what is said of them, and the OIDs that libgssapi lists for them.
ODD_LINES = [
    (" blank 1.3.6.1.4.1.99999.2 x.so", "begins with a blank and is ignored", None),
    (" 1.3.6.1.4.1.99999.3 x.so more", "so the module has no name", "1.3.6.1.4.1.99999.3"),
    (" x 1.3.6.1.4.1.99999.4", "begins with a blank and is ignored", None),
    ("brace {1.3.6.1.4.1.99999.5} x.so", None, "1.3.6.1.4.1.99999.5"),
    ("nopath 1.3.6.1.4.1.99999.6", "the OID or the path of the module is missing", None),
    ("big 1.3.6.1.4.1.99998.18446744073709551616 x.so", "is taken for 1.3.6.1.4.1.99998",
     "1.3.6.1.4.1.99998"),
    ("largest 1.3.6.1.4.1.99999.18446744073709551615 x.so", None,
     "1.3.6.1.4.1.99999.18446744073709551615"),
    ("wrapped 1.3.6.1.4.1.99999.30000000000000000000 x.so",
     "is taken for 1.3.6.1.4.1.99999.11553255926290448384",
     "1.3.6.1.4.1.99999.11553255926290448384"),
    ("krb5 1.2.840.113554.1.2.2 x.so", "built into libgssapi", None),
    ("spnego 1.3.6.1.5.5.2 x.so", "built into libgssapi", None),
    ("iakerb 1.3.6.1.5.2.5 x.so", "built into libgssapi", None),
    ("word ntlm x.so", '"ntlm" is not an OID', None),
    ("first 3.1.2 x.so", '"3.1.2" is not an OID', None),
    ("second 1.40.1 x.so", '"1.40.1" is not an OID', None),
    ("letter 1.3.6.1.4.1.99999.10x x.so", "is taken for 1.3.6.1.4.1.99999.10",
     "1.3.6.1.4.1.99999.10"),
    ("dots 1.3.6..1.4.1.99999.11 x.so", "is taken for 1.3.6.1.4.1.99999.11",
     "1.3.6.1.4.1.99999.11"),
    ("inter 1.3.6.1.4.1.99999.12 x.so <interposer>", None, None),
    ("all\t1.3.6.1.4.1.99999.13\tx.so kernel [a b] <other>\r", None, "1.3.6.1.4.1.99999.13"),
    ("#comment 1.3.6.1.4.1.99999.14 x.so", None, None),
    (" # indented comment", None, None),
]


def test_lines():
    for line, remark, oid in ODD_LINES:
        code, out = doctor(GOOD_LINE + line + "\n")
        listed = [text.split()[0].rstrip(":") for text in
                  out.split("Mechanisms of libgssapi")[1].splitlines() if ".99" in text]
        good = (code == 0 and listed == ([oid] if oid else [])
                and (remark in out if remark else "mech.conf line 2:" not in out)
                and "lists other mechanisms" not in out)
        check(f"line {line!r}", good, f"listed {listed}", out)
    expect("NTLM in an indented line", " " + GOOD_LINE, 1, "begins with a blank",
           "no line registers NTLM")
    expect("no line at all", "", 1, "no line registers NTLM")
    long = "x" * 8180
    expect("a line that is too long", f"{long} {NTLM} {MODULE}\n", 1, "longer than 8190 octets")


def test_permissions():
    module = copy_of_module("open.so", 0o666)
    expect("a module that all may write", f"ntlm {NTLM} {module}\n", 0,
           f"{module} can be written by all users", f"chmod go-w {module}")
    module = copy_of_module("closed.so", 0o600)
    expect("a module that only we may read", f"ntlm {NTLM} {module}\n", 0,
           "is not readable for all users")
    config = write("open.conf", GOOD_LINE, 0o666)
    code, out, _ = run("doctor", "--config", config)
    check("a registration that all may write", code == 0 and f"chmod go-w {config}" in out, out)


def test_accounts_and_policy():
    readable = write("readable", "DEMO:alice:Wonder-land1\n", 0o644)
    expect("an account file that all may read", GOOD_LINE, 1, "PROBLEM", readable, "chmod",
           env={"NTLM_USER_FILE": readable})
    bad = write("bad", "DEMO:alice:Wonder-land1\nnonsense\n", 0o600)
    expect("a bad line of an account file", GOOD_LINE, 1, "line 2", absent=["nonsense"],
           env={"NTLM_USER_FILE": bad})
    empty = write("empty", "# nobody\n", 0o600)
    expect("an account file without accounts", GOOD_LINE, 0, "has no accounts",
           env={"NTLM_USER_FILE": empty})
    policy = write("wrong.conf", "[ntlm]\n  no_such_key = yes\n")
    expect("a policy with a wrong key", GOOD_LINE, 1, "PROBLEM", "wrong.conf", "no_such_key",
           env={"GSS_SSPI_CONFIG": policy})
    expect("a policy file that is not there", GOOD_LINE, 1, MISSING,
           env={"GSS_SSPI_CONFIG": MISSING})


def test_usage():
    for arguments, code in ((["doctor", "--help"], 0), (["--help"], 0), (["--version"], 0),
                            (["doctor", "--no-such-option"], 2), (["doctor", "operand"], 2),
                            (["doctor", "--config"], 2), (["no-such-command"], 2), ([], 2)):
        got, out, err = run(*arguments)
        check(f"{' '.join(arguments) or 'no argument'}: exit {code}",
              got == code and bool(out) == (code == 0) and bool(err) == (code != 0), out, err)


for test in (test_good, test_credssp, test_modules, test_duplicates, test_lines, test_permissions,
             test_accounts_and_policy, test_usage):
    test()
finish()
