#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gss-sspi token: recorded and built tokens against golden texts, cut off at each length, and
without anything that could be attacked offline. With the argument "update" the golden texts are
written again; read the difference."""
import base64
import json
import os
import struct
import sys

from tap import check, finish, run

HERE = os.path.dirname(os.path.abspath(__file__))
NTLM = bytes.fromhex("2b06010401823702020a")
KRB5 = bytes.fromhex("2a864886f712010202")
SPNEGO = bytes.fromhex("2b0601050502")


def vectors(name):
    with open(f"{HERE}/../vectors/{name}.json", encoding="utf-8") as file:
        return json.load(file)


SAMPLES = {name: bytes.fromhex(value)
           for name, value in vectors("pyspnego_samples")["values"].items()}
EXCHANGES = vectors("ntlm_recorded_by_peers")["exchanges"]


def der(tag, *contents):
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def spnego_init(mech_token, *more):
    types = der(0xA0, der(0x30, der(6, NTLM), der(6, KRB5)))
    inner = der(0xA0, der(0x30, types, der(0xA2, der(4, mech_token)), *more))
    return der(0x60, der(6, SPNEGO), inner)


def spnego_response(state, token=b"", mic=b""):
    fields = [der(0xA0, der(0x0A, bytes([state]))), der(0xA1, der(6, NTLM))]
    fields += [der(0xA2, der(4, token))] if token else []
    fields += [der(0xA3, der(4, mic))] if mic else []
    return der(0xA1, der(0x30, *fields))


def ts_request(*fields):
    return der(0x30, der(0xA0, der(2, b"\x06")), *fields)


def nego_tokens(token):
    return der(0xA1, der(0x30, der(0x30, der(0xA0, der(4, token)))))


WINDOWS, WINPR = EXCHANGES[0], EXCHANGES[1]
AUTHENTICATE = bytes.fromhex(WINDOWS["authenticate_message"])
CHALLENGE = bytes.fromhex(WINDOWS["challenge_message"])
NEGOTIATE = bytes.fromhex(WINPR["negotiate_message"])

GOLDEN = {
    "negotiate": NEGOTIATE,
    "challenge": CHALLENGE,
    "authenticate": AUTHENTICATE,
    "authenticate_no_mic": SAMPLES["ntlm_authenticate"],
    "neg_token_init": spnego_init(NEGOTIATE, der(0xA3, der(4, bytes(range(16))))),
    "neg_token_init2": SAMPLES["initial_context_token_neg_token_init2"],
    "neg_token_resp": spnego_response(1, CHALLENGE),
    "neg_token_resp_mic": spnego_response(0, b"", bytes(range(16))),
    "krb5_ap_req": SAMPLES["initial_context_token_krb_ap_req"],
    "ts_request": ts_request(nego_tokens(spnego_init(NEGOTIATE))),
    "ts_request_auth": ts_request(nego_tokens(AUTHENTICATE), der(0xA2, der(4, b"s" * 40)),
                                  der(0xA3, der(4, b"p" * 32)),
                                  der(0xA5, der(4, bytes(range(32))))),
    "ts_request_error": ts_request(der(0xA4, der(2, bytes.fromhex("c000006d")))),
}


def golden_path(name):
    return f"{HERE}/golden/{name}.txt"


def decode(token, *options):
    return run("token", *options, token.hex())


def update():
    for name, token in GOLDEN.items():
        with open(golden_path(name), "w", encoding="utf-8") as file:
            file.write(decode(token)[1])


def test_golden():
    for name, token in GOLDEN.items():
        code, out, err = decode(token)
        with open(golden_path(name), encoding="utf-8") as file:
            check(f"{name} reads as before", code == 0 and err == "" and out == file.read(),
                  f"exit {code}", out, err)


def field(message, at):
    length, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + length]


def secrets_of(message):
    """What of an AUTHENTICATE could be attacked, or used: name and octets."""
    nt = field(message, 20)
    yield "LM response", field(message, 12)
    yield "NTProofStr", nt[:16]
    yield "ChallengeFromClient", nt[32:40]
    yield "session key", field(message, 52)
    if min(struct.unpack_from("<I", message, at + 4)[0]
           for at in (12, 20, 28, 36, 44, 52) if field(message, at)) >= 88:
        yield "MIC", message[72:88]


def with_lm_response(message):
    """The recorded ones have zeroes there."""
    size, _, offset = struct.unpack_from("<HHI", message, 12)
    return changed(message, offset, bytes(range(0x90, 0x90 + size))) if size else message


def test_secrets():
    messages = [bytes.fromhex(e["authenticate_message"]) for e in EXCHANGES]
    messages += [SAMPLES["ntlm_authenticate"], SAMPLES["ntlm_authenticate_no_sign_seal"]]
    messages = [with_lm_response(message) for message in messages]
    found = set()
    for message in messages:
        for token in (message, spnego_response(1, message, b"\x5a" * 16),
                      ts_request(nego_tokens(message), der(0xA2, der(4, b"authInfo" * 5)))):
            out = decode(token)[1].lower().replace(" ", "")
            for name, octets in secrets_of(message):
                if not any(octets):
                    continue
                found.add(name)
                shown = [i for i in range(len(octets) - 3) if octets[i:i + 4].hex() in out]
                if shown or "user" not in out:
                    check(f"{name} is not printed", False, out)
            if b"authInfo".hex() in out or "5a" * 8 in out or "authinfoauthinfo" in out:
                check("authInfo and mechListMIC are not printed", False, out)
    check("no response, proof, key or checksum is printed",
          found == {"LM response", "NTProofStr", "ChallengeFromClient", "session key", "MIC"}, found)


def test_forms():
    want = decode(NEGOTIATE)[1]
    text = base64.b64encode(NEGOTIATE).decode()
    lines = "\n".join(text[i:i + 20] for i in range(0, len(text), 20))
    spaced = " ".join(NEGOTIATE.hex()[i:i + 8] for i in range(0, 2 * len(NEGOTIATE), 8))
    for name, arguments, stdin in (
            ("hexadecimal", [NEGOTIATE.hex().upper()], ""),
            ("with blanks", ["--hex", spaced], ""),
            ("base64", [text], ""),
            ("base64 without padding", ["--base64", text.rstrip("=")], ""),
            ("with line breaks", ["-"], lines),
            ("octets on standard input", [], NEGOTIATE),
            ("a request's header", [f"Authorization: Negotiate {text}"], ""),
            ("a response's header", [f"WWW-Authenticate: NTLM {text}\r\n"], ""),
            ("curl's header", [], f"> Proxy-Authorization: negotiate\n {lines}\n"),
            ("a scheme", [f"NTLM {text}"], "")):
        code, out, err = run("token", *arguments, stdin=stdin)
        check("form: " + name, code == 0 and out == want, out, err)
    for name, arguments, want_code in (
            ("no such form", ["*"], 1), ("odd digits", ["--hex", "4e5"], 1),
            ("base64 as --hex", ["--hex", text], 1), ("unknown option", ["--none"], 2),
            ("two forms", ["--hex", "--base64", text], 2), ("two tokens", ["00", "01"], 2)):
        code, out, err = run("token", *arguments)
        check("refused form: " + name, code == want_code and out == "" and err != "", out, err)


def changed(token, at, value):
    octets = bytearray(token)
    octets[at:at + len(value)] = value
    assert bytes(octets) != token
    return bytes(octets)


def test_bad_tokens():
    init = GOLDEN["neg_token_init"]
    for name, token, text in (
            ("empty", b"", "octet 0: the token is empty"),
            ("first octet", b"\xff" + init[1:], "octet 0: no token begins with octet ff"),
            ("type", changed(NEGOTIATE, 8, b"\x04"), "octet 8: the NTLM message has type 4"),
            ("payload outside", changed(AUTHENTICATE, 40, b"\xff\xff"),
             "octet 36: UserName has 26 octets from octet 65535 on, outside of the message"),
            ("overlap", changed(AUTHENTICATE, 40, AUTHENTICATE[32:36]), "overlap"),
            ("AV length", changed(CHALLENGE, 58 + 16, b"\xff\xff"), "without MsvAvEOL"),
            ("length", changed(init, 1, b"\x7f"), "octet 0: the token says it has 127 octets"),
            ("indefinite length", changed(init, 1, b"\x80"), "octet 1: the token has an indefinite"),
            ("octets behind", init + b"\0", "1 octets are left behind the token"),
            ("negState", spnego_response(7), "negState is none of 0 to 3"),
            ("TSRequest order", ts_request(der(0xA3, der(4, b"p")), nego_tokens(NEGOTIATE)),
             "are left behind TSRequest"),
            ("nesting", nested(40), "too deeply")):
        code, out, err = run("token", stdin=token.hex())
        check(f"bad token: {name}", code == 1 and text in out, f"exit {code}", out, err)


def nested(depth):
    token = NEGOTIATE
    for _ in range(depth):
        token = spnego_response(1, token)
    return token


def test_cut():
    for name in ("authenticate", "neg_token_init", "ts_request_auth"):
        token = GOLDEN[name]
        codes = [decode(token[:size])[0] for size in range(len(token))]
        check(f"{name} cut off at each length", set(codes) <= {0, 1} and codes.count(1) > 50,
              set(codes))


if sys.argv[1:] == ["update"]:
    update()
    sys.exit(0)
for test in (test_golden, test_secrets, test_forms, test_bad_tokens, test_cut):
    test()
finish()
