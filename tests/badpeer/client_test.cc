// SPDX-License-Identifier: MIT
// Clients that misbehave, against the acceptor: none of them logs on, and the errorCode that some
// are told says no more than it must (C16).
#include "rows.h"

namespace badpeer {
namespace {

constexpr OM_uint32 kDefective = GSS_S_DEFECTIVE_TOKEN;
constexpr OM_uint32 kFailure = GSS_S_FAILURE;
constexpr OM_uint32 kBadSig = GSS_S_BAD_SIG;
constexpr OM_uint32 kFine = GSS_S_COMPLETE;
constexpr uint32_t kLogonFailure = 0xc000006d;
constexpr uint32_t kNotSupported = 0xc00000bb;

// The TSRequests of a client: NEGOTIATE, AUTHENTICATE with pubKeyAuth, authInfo. Where the key goes
// apart (flow B), AUTHENTICATE is alone, and pubKeyAuth is the third.
enum { kToken = 1, kKey = 2, kCredentials = 3 };
enum { kKeyApart = 3 };

constexpr Base kVersion2Spnego = {.name = "version 2", .inner = "spnego", .version = 2};

template <int64_t kType>
void OfType(Peer &, Request &request) {
  request.credentials = PasswordCredentials({}, {}, {}, kType);
}

// TSPasswordCreds with one of its texts changed.
void WithUser(Request *request, const Octets &user) {
  request->credentials = PasswordCredentials(Utf16(TEST_DOMAIN), user, Utf16(TEST_PASSWORD));
}
void WithPassword(Request *request, const Octets &password) {
  request->credentials = PasswordCredentials(Utf16(TEST_DOMAIN), Utf16(TEST_USER), password);
}

const Row kRows[] = {
    // ---- versions: the first one says whether the client knows errorCode (C16) ----
    {"version 2", "C14", kNtlm, {kEach, [](Peer &, Request &r) { r.version = 2; }}, kFailure,
     "the peer speaks CredSSP 2, the minimum is 5"},
    {"version 3", "C14", kNtlm, {kEach, [](Peer &, Request &r) { r.version = 3; }}, kFailure,
     "the peer speaks CredSSP 3, the minimum is 5", kNotSupported},
    {"version 4", "C14", kNtlm, {kEach, [](Peer &, Request &r) { r.version = 4; }}, kFailure,
     "the peer speaks CredSSP 4, the minimum is 5", kNotSupported},
    {"version 2 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 2; }},
     kFailure, "it was 6 and is 2 now", kNotSupported},
    {"version 5 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 5; }},
     kFailure, "it was 6 and is 5 now", kNotSupported},
    {"version 6 with the key", "C145", kVersion5, {kKey, [](Peer &, Request &r) { r.version = 6; }},
     kFailure, "it was 5 and is 6 now"},
    {"version 7 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 7; }},
     kFailure, "it was 6 and is 7 now", kNotSupported},
    {"version 5 with the credentials", "C145", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.version = 5; }}, kFailure, "it was 6 and is 5 now",
     kNotSupported},
    {"version 3 of 2 with the credentials", "C145", kVersion2,
     {kCredentials, [](Peer &, Request &r) { r.version = 3; }}, kFailure, "it was 2 and is 3 now"},

    // ---- pubKeyAuth ----
    {"the server's hash sealed by the client", "C147", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.binding = p.Binding(false); }}, kBadSig,
     "possible man in the middle", kLogonFailure},
    {"the server's form sealed by the client, version 2", "C147", kVersion2,
     {kKey, [](Peer &p, Request &r) { r.binding = p.Binding(false); }}, kBadSig,
     "possible man in the middle"},
    {"pubKeyAuth of another session", "C148", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.pub_key_auth = p.earlier->sent[1].pub_key_auth; }},
     kFailure, "authentication inside", kLogonFailure},
    {"the hash of another session", "C146", kNtlm,
     {kKey,
      [](Peer &p, Request &r) { r.binding = p.Binding(true, p.tls.ServerKey(), p.earlier->nonce); }},
     kBadSig, "possible man in the middle", kLogonFailure},
    {"a bit of pubKeyAuth", "C148", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            Octets key = Content(Content(FieldOf(m, 3)));
            Flip(&key, key.size() / 2);
            ReplaceField(&m, 3, Field(3, OctetString(key)));
          }},
     kFailure, "authentication inside", kLogonFailure},
    {"a bit of the hash", "C12", kNtlm, {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 0); }},
     kBadSig, "possible man in the middle", kLogonFailure},
    {"a bit of the hash, version 5", "C16", kVersion5,
     {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 0); }}, kBadSig,
     "possible man in the middle"},
    {"a bit of the key, version 3", "C16", kVersion3,
     {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 0); }}, kBadSig,
     "possible man in the middle", kLogonFailure},
    {"a bit of the key, version 2", "C12", kVersion2Spnego,
     {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 64); }}, kBadSig,
     "possible man in the middle"},
    {"an empty hash", "C12", kNtlm, {kKey, [](Peer &, Request &r) { r.binding = Octets(); }},
     kBadSig, "possible man in the middle", kLogonFailure},
    {"the hash not sealed", "C158", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &p, Octets &m) { ReplaceField(&m, 3, Field(3, OctetString(p.OwnBinding()))); }},
     kFailure, "authentication inside", kLogonFailure},
    {"the hash of another key", "C146", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        const Identity other;
        r.binding = p.Binding(true, PublicKeyOf(other.certificate()), p.nonce);
      }},
     kBadSig, "possible man in the middle", kLogonFailure},
    {"the form of version 2", "C144", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.binding = p.tls.ServerKey(); }}, kBadSig,
     "possible man in the middle", kLogonFailure},
    {"the sequence number after the next", "C148", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        p.inner.Seal("a message that is not sent");
        r.pub_key_auth = p.inner.Seal(*r.binding);
      }},
     kFailure, "authentication inside", kLogonFailure},
    {"pubKeyAuth with the first token", "C149", kNtlm,
     {kToken, [](Peer &, Request &r) { r.pub_key_auth = Octets(48, 'x'); }}, kDefective,
     "pubKeyAuth before the login inside is complete"},
    {"pubKeyAuth alone at once", "C149", kNtlm,
     {kToken,
      [](Peer &, Request &r) {
        r.nego_tokens.reset();
        r.pub_key_auth = Octets(48, 'x');
      }},
     kDefective, "no negoToken where one is due"},
    {"pubKeyAuth without the last token", "C149", kNtlm,
     {kKey, [](Peer &, Request &r) { r.nego_tokens.reset(); }}, kDefective,
     "no negoToken where one is due"},
    {"pubKeyAuth again with the credentials", "C148", kNtlm,
     {kCredentials, [](Peer &p, Request &r) { r.pub_key_auth = p.sent[1].pub_key_auth; }},
     kDefective, "a negoToken or pubKeyAuth behind the last"},
    {"pubKeyAuth again in place of the credentials", "C148", kNtlm,
     {kCredentials,
      [](Peer &p, Request &r) {
        r.credentials.reset();
        r.pub_key_auth = p.sent[1].pub_key_auth;
      }},
     kDefective, "a negoToken or pubKeyAuth behind the last"},
    {"a negoToken with the key apart", "C149", kApart,
     {kKeyApart, [](Peer &p, Request &r) { r.nego_tokens = p.sent[1].nego_tokens; }}, kDefective,
     "a negoToken behind the last"},
    {"neither token nor key", "C3", kApart,
     {kKeyApart, [](Peer &, Request &r) { r.binding.reset(); }}, kDefective,
     "no pubKeyAuth where it is due"},

    // ---- clientNonce (C13, C143) ----
    {"no clientNonce", "C143", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce.reset(); }}, kDefective,
     "TSRequest.clientNonce"},
    {"no clientNonce, version 5", "C143", kVersion5,
     {kEach, [](Peer &, Request &r) { r.client_nonce.reset(); }}, kDefective,
     "TSRequest.clientNonce"},
    {"no clientNonce and the form of version 2", "C143", kNtlm,
     {kEach,
      [](Peer &p, Request &r) {
        r.client_nonce.reset();
        if (r.binding) r.binding = p.tls.ServerKey();
      }},
     kDefective, "TSRequest.clientNonce"},
    {"clientNonce of 0 octets", "C143", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce = Octets(); }}, kDefective,
     "clientNonce has 0 octets, not 32"},
    {"clientNonce of 31 octets", "C143", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce->pop_back(); }}, kDefective,
     "clientNonce has 31 octets, not 32"},
    {"clientNonce of 33 octets", "C143", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce->push_back('\0'); }}, kDefective,
     "clientNonce has 33 octets, not 32"},
    {"clientNonce of 31 octets with the key", "C143", kNtlm,
     {kKey, [](Peer &, Request &r) { r.client_nonce->pop_back(); }}, kDefective,
     "clientNonce has 31 octets, not 32"},
    {"clientNonce of 33 octets with the credentials", "C143", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.client_nonce->push_back('\0'); }}, kDefective,
     "clientNonce has 33 octets, not 32"},
    {"another clientNonce than was hashed", "C13", kNtlm,
     {kKey, [](Peer &, Request &r) { Flip(&*r.client_nonce, 0); }}, kBadSig,
     "possible man in the middle", kLogonFailure},
    {"another clientNonce at first", "C13", kNtlm,
     {kToken, [](Peer &, Request &r) { Flip(&*r.client_nonce, 0); }}, kFine, ""},
    {"clientNonce at first only", "C13", kNtlm,
     {kKey, [](Peer &, Request &r) { r.client_nonce.reset(); }}, kFine, ""},
    {"clientNonce with the key only", "C13", kNtlm,
     {kToken, [](Peer &, Request &r) { r.client_nonce.reset(); }}, kFine, ""},
    {"clientNonce of version 2, which has none", "C13", kVersion2,
     {kEach, [](Peer &, Request &r) { r.client_nonce = "x"; }}, kFine, ""},

    // ---- authInfo (C149, C150) ----
    {"authInfo with the first token", "C149", kNtlm,
     {kToken, [](Peer &, Request &r) { r.auth_info = "x"; }}, kDefective,
     "authInfo before pubKeyAuth"},
    {"authInfo alone at once", "C149", kNtlm,
     {kToken,
      [](Peer &, Request &r) {
        r.nego_tokens.reset();
        r.auth_info = "x";
      }},
     kDefective, "authInfo before pubKeyAuth"},
    {"authInfo with the key", "C149", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.pub_key_auth = p.inner.Seal(*r.binding);
        r.credentials = PasswordCredentials({}, {}, {});
      }},
     kDefective, "authInfo before pubKeyAuth"},
    {"authInfo in place of the key", "C149", kNtlm,
     {kKey,
      [](Peer &, Request &r) {
        r.binding.reset();
        r.credentials = PasswordCredentials({}, {}, {});
      }},
     kDefective, "authInfo before pubKeyAuth"},
    {"authInfo with the key apart", "C149", kApart,
     {kKeyApart, [](Peer &, Request &r) { r.auth_info = "x"; }}, kDefective,
     "authInfo before pubKeyAuth"},
    {"authInfo in place of the key apart", "C149", kApart,
     {kKeyApart,
      [](Peer &, Request &r) {
        r.binding.reset();
        r.credentials = PasswordCredentials({}, {}, {});
      }},
     kDefective, "authInfo before pubKeyAuth"},
    {"no authInfo", "C149", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.credentials.reset(); }}, kDefective,
     "no authInfo where it is due"},
    {"a negoToken with authInfo", "C149", kNtlm,
     {kCredentials, [](Peer &p, Request &r) { r.nego_tokens = p.sent[1].nego_tokens; }}, kDefective,
     "a negoToken or pubKeyAuth behind the last"},
    {"authInfo of another session", "C148", kNtlm,
     {kCredentials, [](Peer &p, Request &r) { r.auth_info = p.earlier->sent[2].auth_info; }},
     kFailure, "authentication inside", kLogonFailure},
    {"pubKeyAuth as authInfo", "C148", kNtlm,
     {kCredentials, [](Peer &p, Request &r) { r.auth_info = p.sent[1].pub_key_auth; }}, kFailure,
     "authentication inside", kLogonFailure},
    {"a bit of authInfo", "C148", kNtlm,
     {.leg = kCredentials,
      .octets =
          [](Peer &, Octets &m) {
            Octets sealed = Content(Content(FieldOf(m, 2)));
            Flip(&sealed, 40);
            ReplaceField(&m, 2, Field(2, OctetString(sealed)));
          }},
     kFailure, "authentication inside", kLogonFailure},
    {"authInfo not sealed", "C158", kNtlm,
     {.leg = kCredentials,
      .octets =
          [](Peer &, Octets &m) {
            const Octets plain = PasswordCredentials({}, Utf16(TEST_USER), {});
            ReplaceField(&m, 2, Field(2, OctetString(plain)));
          }},
     kFailure, "authentication inside", kLogonFailure},
    {"authInfo twice", "C150", kNtlm,
     {.leg = kCredentials,
      .octets =
          [](Peer &, Octets &m) {
            const Octets field = FieldOf(m, 2);
            ReplaceField(&m, 2, field + field);
          }},
     kDefective, "out of order or twice"},
    {"empty authInfo", "C150", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.auth_info = Octets(); }}, kFailure,
     "authentication inside", kLogonFailure},

    // ---- TSCredentials (C7, C11, C150, C159) ----
    {"no TSCredentials", "C150", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.credentials = Octets(); }}, kDefective,
     "TSCredentials"},
    {"an octet behind TSCredentials", "C150", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.credentials->push_back('\0'); }}, kDefective,
     "octets are left over"},
    {"TSCredentials twice", "C150", kNtlm,
     {kCredentials, [](Peer &, Request &r) { *r.credentials += *r.credentials; }}, kDefective,
     "octets are left over"},
    {"TSCredentials without their last octet", "C150", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.credentials->pop_back(); }}, kDefective, "cut off"},
    {"credType 0", "C150", kNtlm, {kCredentials, OfType<0>}, kDefective, "an unknown credType"},
    {"credType 3", "C150", kNtlm, {kCredentials, OfType<3>}, kDefective, "an unknown credType"},
    {"credType -1", "C150", kNtlm, {kCredentials, OfType<-1>}, kDefective, "an unknown credType"},
    {"credType 2^32 + 1", "C150", kNtlm, {kCredentials, OfType<0x100000001>}, kDefective,
     "an unknown credType"},
    {"credType 2 with a password", "C150", kNtlm, {kCredentials, OfType<2>}, kDefective,
     "TSSmartCardCreds"},
    {"credType 6 with a password", "C150", kNtlm, {kCredentials, OfType<6>}, kDefective,
     "TSRemoteGuardCreds"},
    {"credentials of no octet", "C150", kNtlm,
     {kCredentials,
      [](Peer &, Request &r) {
        r.credentials = Sequence(Field(0, Integer(1)) + Field(1, OctetString({})));
      }},
     kDefective, "TSPasswordCreds"},
    {"no password in TSPasswordCreds", "C150", kNtlm,
     {kCredentials,
      [](Peer &, Request &r) {
        const Octets texts = Sequence(Field(0, OctetString({})) + Field(1, OctetString({})));
        r.credentials = Sequence(Field(0, Integer(1)) + Field(1, OctetString(texts)));
      }},
     kDefective, "a field is missing"},
    {"a name of an odd length", "C159", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithUser(&r, Octets("a\0b", 3)); }}, kDefective,
     "not UTF-16"},
    {"a lone surrogate in a name", "C159", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithUser(&r, Octets("\x00\xd8", 2)); }}, kDefective,
     "not UTF-16"},
    {"surrogates the wrong way round in a password", "C159", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithPassword(&r, "\x01\xdc\x01\xd8"); }}, kDefective,
     "not UTF-16"},
    {"a NUL in a name", "C159", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithUser(&r, Octets("a\0\0\0b\0", 6)); }}, kDefective,
     "holds a NUL"},
    {"two NUL behind a password", "C7", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithPassword(&r, Octets("a\0\0\0\0\0", 6)); }},
     kDefective, "holds a NUL"},
    {"one NUL behind each text", "C7", kNtlm,
     {kCredentials,
      [](Peer &, Request &r) {
        const Octets nul(2, '\0');
        r.credentials = PasswordCredentials(Utf16(TEST_DOMAIN) + nul, Utf16(TEST_USER) + nul,
                                            Utf16(TEST_PASSWORD) + nul);
      }},
     kFine, ""},
    {"a password of 2048 octets", "C11", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithPassword(&r, Octets(2048, 'a')); }}, kFine, ""},
    {"a password of 2050 octets", "C11", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithPassword(&r, Octets(2050, 'a')); }}, kDefective,
     "longer than 2048 octets"},
    {"a name of 16384 octets", "C11", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithUser(&r, Octets(16384, 'a')); }}, kDefective,
     "longer than 16384 octets"},
    {"a name of 1 MiB", "C159", kNtlm,
     {kCredentials, [](Peer &, Request &r) { WithUser(&r, Octets(1 << 20, 'a')); }}, kDefective,
     "longer than 65536 octets"},
    {"empty credentials", "C75", kNtlm, {kCredentials, OfType<1>}, kFine, ""},

    // ---- negoTokens ----
    {"no negoTokens", "C10", kNtlm, {kToken, [](Peer &, Request &r) { r.nego_tokens.reset(); }},
     kDefective, "no negoToken where one is due"},
    {"negoTokens without an element", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->clear(); }}, kDefective,
     "no negoToken where one is due"},
    {"an empty negoToken", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens = {Octets()}; }}, kDefective,
     "no negoToken where one is due"},
    {"two negoTokens", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->push_back(r.nego_tokens->front()); }},
     kDefective, "more than one token"},
    {"negoTokens behind pubKeyAuth", "C8", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            m = Sequence(FieldOf(m, 0) + FieldOf(m, 3) + FieldOf(m, 1) + FieldOf(m, 5));
          }},
     kDefective, "out of order or twice"},
    {"AUTHENTICATE at first", "C148", kNtlm,
     {kToken, [](Peer &p, Request &r) { r.nego_tokens = p.earlier->sent[1].nego_tokens; }},
     kFailure, "authentication inside", kLogonFailure},
    {"AUTHENTICATE of another session", "C148", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.nego_tokens = p.earlier->sent[1].nego_tokens; }}, kFailure,
     "authentication inside", kLogonFailure},
    {"the first token again", "C148", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.nego_tokens = p.sent[0].nego_tokens; }}, kFailure,
     "authentication inside", kLogonFailure},
    {"a bit of the proof", "C16", kNtlm,
     {kKey,
      [](Peer &, Request &r) {
        Flip(&r.nego_tokens->front(), r.nego_tokens->front().size() - 1);
      }},
     kFailure, "authentication inside", kLogonFailure},
    {"a bit of the proof, version 5", "C16", kVersion5,
     {kKey,
      [](Peer &, Request &r) {
        Flip(&r.nego_tokens->front(), r.nego_tokens->front().size() - 1);
      }},
     kFailure, "authentication inside"},
    {"a token of nobody's", "C27", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens = {Octets("GET / HTTP/1.1")}; }}, kFailure,
     "authentication inside", kLogonFailure},

    // ---- errorCode, which a client does not send ----
    {"errorCode", "C161", kNtlm,
     {kKey, [](Peer &, Request &r) { r.error_code = int32_t(0xc000006d); }}, kFailure,
     "STATUS_LOGON_FAILURE (0xC000006D)"},
    {"errorCode with the credentials", "C161", kNtlm,
     {kCredentials, [](Peer &, Request &r) { r.error_code = int32_t(0xc000006d); }}, kFailure,
     "STATUS_LOGON_FAILURE (0xC000006D)"},
    {"errorCode 0, which is none", "C9", kNtlm,
     {kEach, [](Peer &, Request &r) { r.error_code = 0; }}, kFine, ""},

    // ---- size (C11) and other fields ----
    {"65536 octets", "C11", kVersion2, {kToken, [](Peer &, Request &r) { PadTo(&r, 65536); }}, kFine,
     ""},
    {"65537 octets", "C11", kVersion2, {kToken, [](Peer &, Request &r) { PadTo(&r, 65537); }},
     kDefective, "longer than 65536 octets"},
    {"an unknown field of version 7", "C10", kVersion7,
     {kEach, [](Peer &, Request &r) { r.more = Field(6, OctetString("more")) + Field(9, {}); }},
     kFine, ""},
    {"a TSRequest behind the key", "C20", kNtlm,
     {.leg = kKey, .octets = [](Peer &, Octets &m) { m += Hex("3005a003020106"); }}, kDefective,
     "two TSRequests in a row"},
    // What is behind the last TSRequest is the application's (C45).
    {"a TSRequest behind the last", "C45", kNtlm,
     {.leg = kCredentials, .octets = [](Peer &, Octets &m) { m += Hex("3005a003020106"); }}, kFine,
     ""},
};
constexpr int kRowCount = sizeof kRows / sizeof kRows[0];

START_TEST(row) { ExpectRow(false, kRows[_i]); }
END_TEST

START_TEST(der_row) { ExpectRow(false, RowOf(kDerRows[_i])); }
END_TEST

// ---- logins inside that are too weak (C56, C57) ------------------------------------------------

struct WeakRow {
  const char *name;
  OM_uint32 request_flags;
  const char *policy;  // that lets NTLM itself take it
  const char *text;
};
const WeakRow kWeakRows[] = {
    {"anonymous", GSS_C_ANON_FLAG | kMessageFlags,
     "[ntlm]\n  accept_anonymous = yes\n  anonymous_session_key = yes\n",
     "the client is anonymous (C57)"},
    {"no sealing", kSignFlags, "[ntlm]\n", "no confidentiality and integrity (C56)"},
};

// NTLM alone takes it; inside of CredSSP the acceptor does not.
START_TEST(weak_login) {
  const WeakRow &weak = kWeakRows[_i];
  setenv("GSS_SSPI_CONFIG", write_file("weak.conf", weak.policy, 0600), 1);
  handshake alone;
  handshake_open(&alone, kRaw);
  alone.request_flags = weak.request_flags;
  handshake_establish(&alone);
  handshake_close(&alone);

  const Ends ends(false, kNtlm);
  ExpectGood(ends);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  peer->inner.request_flags = weak.request_flags;
  Run(&product, peer.get());
  EXPECT_STATUS(GSS_S_FAILURE, product.major, product.minor);
  EXPECT_TEXT(product.text.c_str(), weak.text);
  ck_assert_uint_eq(peer->error_code, kLogonFailure);
  ExpectDead(&product, *peer);
}
END_TEST

// ---- credentials of other kinds ----------------------------------------------------------------

struct KindRow {
  uint32_t kind;
  void (*change)(Peer &, Request &request);
};
const KindRow kKinds[] = {
    {1, nullptr},
    {2,
     [](Peer &, Request &r) {
       // V9 of the vectors.
       r.credentials = Hex(
           "303ea003020102a13704353033a00a04083100320033003400a11f301da003020101a10404026300a204"
           "04027200a30404026b00a40404027000a20404027500");
     }},
    {6,
     [](Peer &, Request &r) {
       const Octets package =
           Sequence(Field(0, OctetString(Utf16("Kerberos"))) + Field(1, OctetString("a ticket")));
       r.credentials =
           Sequence(Field(0, Integer(6)) + Field(1, OctetString(Sequence(Field(0, package)))));
     }},
};

// C75: they are read and told, and are nobody's credential.
START_TEST(kind_of_credentials) {
  const KindRow &kind = kKinds[_i];
  const Ends ends(false, kNtlm);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {kCredentials, kind.change}, nullptr);
  Run(&product, peer.get());
  EXPECT_STATUS(GSS_S_COMPLETE, product.major, product.minor);
  ck_assert(member_is(product.context, kDelegatedOption, 0, &kind.kind, sizeof kind.kind));
  OM_uint32 minor, flags = 0;
  const OM_uint32 major = gss_inquire_context(&minor, product.context, nullptr, nullptr, nullptr,
                                              nullptr, &flags, nullptr, nullptr);
  EXPECT_COMPLETE(major, minor);
  const bool is_password = kind.kind == 1;
  ck_assert_int_eq((flags & GSS_C_DELEG_FLAG) != 0, is_password);
  ck_assert_int_eq(product.delegated != GSS_C_NO_CREDENTIAL, is_password);
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("badpeer client");
  TCase *tests = tcase_create("rows");
  tcase_add_loop_test(tests, row, 0, kRowCount);
  tcase_add_loop_test(tests, der_row, 0, kDerRowCount);
  tcase_add_loop_test(tests, weak_login, 0, sizeof kWeakRows / sizeof kWeakRows[0]);
  tcase_add_loop_test(tests, kind_of_credentials, 0, sizeof kKinds / sizeof kKinds[0]);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace badpeer

int main() { return run_suite(badpeer::MakeSuite); }
