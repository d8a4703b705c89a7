// SPDX-License-Identifier: MIT
// Servers that misbehave, against the initiator: none of them gets the credentials.
#include "rows.h"

namespace badpeer {
namespace {

constexpr OM_uint32 kDefective = GSS_S_DEFECTIVE_TOKEN;
constexpr OM_uint32 kFailure = GSS_S_FAILURE;
constexpr OM_uint32 kBadSig = GSS_S_BAD_SIG;
constexpr OM_uint32 kFine = GSS_S_COMPLETE;

// The TSRequests of a server: its last token but one, then pubKeyAuth, with SPNEGO's last token.
enum { kToken = 1, kKey = 2 };

const Octets &Challenge(const Request &request) { return request.nego_tokens->front(); }

const Row kRows[] = {
    // ---- versions ----
    {"version 2", "C14", kNtlm, {kEach, [](Peer &, Request &r) { r.version = 2; }}, kFailure,
     "the peer speaks CredSSP 2, the minimum is 5"},
    {"version 4", "C14", kNtlm, {kEach, [](Peer &, Request &r) { r.version = 4; }}, kFailure,
     "the peer speaks CredSSP 4, the minimum is 5"},
    {"version 2 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 2; }},
     kFailure, "it was 6 and is 2 now"},
    {"version 5 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 5; }},
     kFailure, "it was 6 and is 5 now"},
    {"version 6 with the key", "C145", kVersion5, {kKey, [](Peer &, Request &r) { r.version = 6; }},
     kFailure, "it was 5 and is 6 now"},
    {"version 7 with the key", "C145", kNtlm, {kKey, [](Peer &, Request &r) { r.version = 7; }},
     kFailure, "it was 6 and is 7 now"},
    {"version 3 of 2 with the key", "C145", kVersion2,
     {kKey, [](Peer &, Request &r) { r.version = 3; }}, kFailure, "it was 2 and is 3 now"},
    {"version 2^32 - 1", "C6", kNtlm,
     {kEach, [](Peer &, Request &r) { r.version = 0xffffffff; }}, kFine, ""},

    // ---- pubKeyAuth ----
    {"the client's own pubKeyAuth", "C147", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.pub_key_auth = p.received.back().pub_key_auth; }}, kFailure,
     "authentication inside"},
    {"the client's own pubKeyAuth, version 2", "C147", kVersion2,
     {kKey, [](Peer &p, Request &r) { r.pub_key_auth = p.received.back().pub_key_auth; }}, kFailure,
     "authentication inside"},
    {"the client's hash sealed by the server", "C147", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.binding = p.Binding(true); }}, kBadSig,
     "possible man in the middle"},
    {"the key itself sealed by the server, version 2", "C147", kVersion2,
     {kKey, [](Peer &p, Request &r) { r.binding = p.Binding(true); }}, kBadSig,
     "possible man in the middle"},
    {"pubKeyAuth of another session", "C148", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.pub_key_auth = p.earlier->sent.back().pub_key_auth; }},
     kFailure, "authentication inside"},
    {"the hash of another session", "C146", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.binding = p.Binding(false, p.tls.ServerKey(), p.earlier->nonce);
      }},
     kBadSig, "possible man in the middle"},
    {"first octet of pubKeyAuth", "C148", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            Octets key = Content(Content(FieldOf(m, 3)));
            Flip(&key, 0);
            ReplaceField(&m, 3, Field(3, OctetString(key)));
          }},
     kFailure, "authentication inside"},
    {"last octet of pubKeyAuth", "C148", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            Octets key = Content(Content(FieldOf(m, 3)));
            Flip(&key, key.size() - 1);
            ReplaceField(&m, 3, Field(3, OctetString(key)));
          }},
     kFailure, "authentication inside"},
    {"a bit of the hash", "C12", kNtlm,
     {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 31); }}, kBadSig,
     "possible man in the middle"},
    {"a bit of the key, version 2", "C12", kVersion2,
     {kKey, [](Peer &, Request &r) { Flip(&*r.binding, 64); }}, kBadSig,
     "possible man in the middle"},
    {"the hash without its last octet", "C12", kNtlm,
     {kKey, [](Peer &, Request &r) { r.binding->pop_back(); }}, kBadSig,
     "possible man in the middle"},
    {"the hash and an octet more", "C12", kNtlm,
     {kKey, [](Peer &, Request &r) { r.binding->push_back('\0'); }}, kBadSig,
     "possible man in the middle"},
    {"an empty hash", "C12", kNtlm, {kKey, [](Peer &, Request &r) { r.binding = Octets(); }},
     kBadSig, "possible man in the middle"},
    {"an empty pubKeyAuth", "C12", kNtlm,
     {kKey, [](Peer &, Request &r) { r.pub_key_auth = Octets(); }}, kFailure,
     "authentication inside"},
    {"the hash not sealed", "C158", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &p, Octets &m) { ReplaceField(&m, 3, Field(3, OctetString(p.OwnBinding()))); }},
     kFailure, "authentication inside"},
    {"the hash of another key", "C146", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        const Identity other;
        r.binding = p.Binding(false, PublicKeyOf(other.certificate()), p.nonce);
      }},
     kBadSig, "possible man in the middle"},
    {"the hash of SubjectPublicKeyInfo", "C12", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.binding =
            p.Binding(false, SubjectPublicKeyInfoOf(p.ends.identity.certificate()), p.nonce);
      }},
     kBadSig, "possible man in the middle"},
    {"the hash with another nonce", "C13", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.binding = p.Binding(false, p.tls.ServerKey(), Octets(32, '\0'));
      }},
     kBadSig, "possible man in the middle"},
    {"the hash without a nonce", "C13", kNtlm,
     {kKey, [](Peer &p, Request &r) { r.binding = p.Binding(false, p.tls.ServerKey(), {}); }},
     kBadSig, "possible man in the middle"},
    {"the form of version 2", "C144", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.binding = p.tls.ServerKey();
        (*r.binding)[0] = static_cast<char>((*r.binding)[0] + 1);
      }},
     kBadSig, "possible man in the middle"},
    {"the sequence number after the next", "C148", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        p.inner.Seal("a message that is not sent");
        r.pub_key_auth = p.inner.Seal(*r.binding);
      }},
     kFailure, "authentication inside"},
    {"pubKeyAuth with the first token", "C149", kNtlm,
     {kToken, [](Peer &p, Request &r) { r.pub_key_auth = p.OwnBinding(); }}, kDefective,
     "pubKeyAuth before the client's"},
    {"pubKeyAuth in place of the first token", "C149", kNtlm,
     {kToken,
      [](Peer &p, Request &r) {
        r.nego_tokens.reset();
        r.pub_key_auth = p.OwnBinding();
      }},
     kDefective, "pubKeyAuth before the client's"},
    {"no pubKeyAuth, ever", "C4", kNtlm,
     {kEach, [](Peer &, Request &r) { r.binding.reset(); }}, kDefective,
     "no pubKeyAuth where it is due"},
    {"pubKeyAuth twice", "C148", kNtlm,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            const Octets key = FieldOf(m, 3);
            ReplaceField(&m, 3, key + key);
          }},
     kDefective, "out of order or twice"},

    // ---- authInfo ----
    {"authInfo with the first token", "C149", kNtlm,
     {kToken, [](Peer &, Request &r) { r.auth_info = "authInfo"; }}, kDefective,
     "authInfo from a server"},
    {"authInfo with the key", "C149", kNtlm,
     {kKey, [](Peer &, Request &r) { r.auth_info = "authInfo"; }}, kDefective,
     "authInfo from a server"},
    {"authInfo in place of the key", "C149", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.auth_info = p.inner.Seal(*r.binding);
        r.binding.reset();
      }},
     kDefective, "authInfo from a server"},

    // ---- negoTokens ----
    {"no negoTokens", "C10", kNtlm, {kToken, [](Peer &, Request &r) { r.nego_tokens.reset(); }},
     kDefective, "no negoToken where one is due"},
    {"negoTokens without an element", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->clear(); }}, kDefective,
     "no negoToken where one is due"},
    {"an empty negoToken", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens = {Octets()}; }}, kDefective,
     "no negoToken where one is due"},
    {"the negoToken twice", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->push_back(Challenge(r)); }}, kDefective,
     "more than one token"},
    {"the negoToken and an empty one", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->push_back({}); }}, kDefective,
     "more than one token"},
    {"an empty negoToken, then the right one", "C10", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens = {Octets(), Challenge(r)}; }}, kDefective,
     "more than one token"},
    {"negoTokens behind pubKeyAuth", "C8", kSpnego,
     {.leg = kKey,
      .octets =
          [](Peer &, Octets &m) {
            m = Sequence(FieldOf(m, 0) + FieldOf(m, 3) + FieldOf(m, 1));
          }},
     kDefective, "out of order or twice"},
    {"a negoToken behind the last", "C149", kNtlm,
     {kKey,
      [](Peer &p, Request &r) { r.nego_tokens = p.sent.front().nego_tokens; }},
     kDefective, "a negoToken behind the last"},
    {"a negoToken in place of the key", "C149", kNtlm,
     {kKey,
      [](Peer &p, Request &r) {
        r.nego_tokens = p.sent.front().nego_tokens;
        r.binding.reset();
      }},
     kDefective, "a negoToken behind the last"},
    {"a damaged CHALLENGE", "C148", kNtlm,
     {kToken, [](Peer &, Request &r) { Flip(&r.nego_tokens->front(), 0); }}, kFailure,
     "authentication inside"},
    {"a cut CHALLENGE", "C148", kNtlm,
     {kToken, [](Peer &, Request &r) { r.nego_tokens->front().resize(20); }}, kFailure,
     "authentication inside"},
    {"the NEGOTIATE sent back", "C148", kNtlm,
     {kToken, [](Peer &p, Request &r) { r.nego_tokens = p.received.back().nego_tokens; }}, kFailure,
     "authentication inside"},
    {"no MIC of SPNEGO beside the key", "C5", kSpnego,
     {kKey, [](Peer &, Request &r) { r.nego_tokens.reset(); }}, kDefective,
     "before the login inside is complete"},
    {"a damaged MIC of SPNEGO beside the key", "C5", kSpnego,
     {kKey,
      [](Peer &, Request &r) { Flip(&r.nego_tokens->front(), Challenge(r).size() - 1); }},
     kFailure, "authentication inside"},
    {"the MIC of SPNEGO of another session", "C148", kSpnego,
     {kKey, [](Peer &p, Request &r) { r.nego_tokens = p.earlier->sent.back().nego_tokens; }},
     kFailure, "authentication inside"},
    {"no MIC of SPNEGO apart from the key", "C5", kApart,
     {kKey, [](Peer &, Request &r) { r.nego_tokens.reset(); }}, kDefective,
     "no pubKeyAuth where it is due"},
    {"pubKeyAuth asked for a third time", "C4", kApart,
     {3, [](Peer &, Request &r) { r.binding.reset(); }}, kDefective,
     "no pubKeyAuth where it is due"},

    // ---- clientNonce, which an initiator does not mind (C13) ----
    {"another clientNonce", "C13", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce = Octets(32, 'x'); }}, kFine, ""},
    {"a clientNonce of 31 octets", "C13", kNtlm,
     {kEach, [](Peer &, Request &r) { r.client_nonce = Octets(31, 'x'); }}, kFine, ""},

    // ---- errorCode (C9, C17, C161) ----
    {"errorCode at once", "C161", kNtlm,
     {kToken, [](Peer &, Request &r) { r.error_code = int32_t(0xc000006d); }}, kFailure,
     "STATUS_LOGON_FAILURE (0xC000006D)"},
    {"errorCode alone", "C161", kNtlm,
     {kToken,
      [](Peer &p, Request &r) {
        r = {};
        r.version = p.ends.base.version;
        r.error_code = int32_t(0xc0000071);
      }},
     kFailure, "STATUS_PASSWORD_EXPIRED (0xC0000071)"},
    {"errorCode with the right key", "C161", kNtlm,
     {kKey, [](Peer &, Request &r) { r.error_code = int32_t(0xc0000234); }}, kFailure,
     "STATUS_ACCOUNT_LOCKED_OUT (0xC0000234)"},
    {"errorCode with every other field", "C161", kNtlm,
     {kKey,
      [](Peer &, Request &r) {
        r.error_code = int32_t(0x8009030c);
        r.nego_tokens = {Octets("x"), Octets("y")};
        r.auth_info = "x";
        r.client_nonce = "x";
      }},
     kFailure, "0x8009030C"},
    {"errorCode of 5 octets", "C161", kNtlm,
     {.leg = kToken,
      .octets = [](Peer &, Octets &m) { m = Hex("300ea003020106a407020500c000006d"); }},
     kFailure, "STATUS_LOGON_FAILURE (0xC000006D)"},
    {"errorCode of 6 octets", "C9", kNtlm,
     {.leg = kToken,
      .octets = [](Peer &, Octets &m) { m = Hex("300fa003020106a40802060000c000006d"); }},
     kDefective, "TSRequest.errorCode"},
    {"errorCode of no octet", "C9", kNtlm,
     {.leg = kToken, .octets = [](Peer &, Octets &m) { m = Hex("3009a003020106a4020200"); }},
     kDefective, "TSRequest.errorCode"},
    {"errorCode as OCTET STRING", "C9", kNtlm,
     {.leg = kToken, .octets = [](Peer &, Octets &m) { m = Hex("300da003020106a4060404c000006d"); }},
     kDefective, "TSRequest.errorCode"},
    {"errorCode 1", "C161", kNtlm, {kKey, [](Peer &, Request &r) { r.error_code = 1; }}, kFailure,
     "0x00000001"},
    {"errorCode 0, which is none", "C161", kNtlm,
     {kEach, [](Peer &, Request &r) { r.error_code = 0; }}, kFine, ""},
    {"errorCode of an old version", "C9", kNtlm,
     {kToken,
      [](Peer &, Request &r) {
        r = {};
        r.version = 2;
        r.error_code = int32_t(0xc00000bb);
      }},
     kFailure, "0xC00000BB"},
    {"errorCode right behind the first token", "C20", kNtlm,
     {.leg = kToken,
      .octets = [](Peer &, Octets &m) { m += Hex("300da003020106a4060204c000006d"); }},
     kFailure, "STATUS_LOGON_FAILURE (0xC000006D)"},

    // ---- size (C11) ----
    {"65536 octets", "C11", kNtlm, {kToken, [](Peer &, Request &r) { PadTo(&r, 65536); }}, kFine,
     ""},
    {"65537 octets", "C11", kNtlm, {kToken, [](Peer &, Request &r) { PadTo(&r, 65537); }},
     kDefective, "longer than 65536 octets"},
    {"1 MiB", "C11", kNtlm, {kToken, [](Peer &, Request &r) { PadTo(&r, 1 << 20); }}, kDefective,
     "longer than 65536 octets"},

    // ---- other fields ----
    {"an unknown field of version 7", "C10", kVersion7,
     {kEach, [](Peer &, Request &r) { r.more = Field(6, OctetString("more")) + Field(9, {}); }},
     kFine, ""},
    {"unknown fields of version 7 out of order", "C10", kVersion7,
     {kEach, [](Peer &, Request &r) { r.more = Field(9, {}) + Field(6, {}); }}, kDefective,
     "out of order or twice"},
    // What is behind the last TSRequest is the application's (C45).
    {"a TSRequest behind the last", "C45", kNtlm,
     {.leg = kKey, .octets = [](Peer &, Octets &m) { m += Hex("3005a003020106"); }}, kFine, ""},
};
constexpr int kRowCount = sizeof kRows / sizeof kRows[0];

START_TEST(row) { ExpectRow(true, kRows[_i]); }
END_TEST

START_TEST(der_row) { ExpectRow(true, RowOf(kDerRows[_i])); }
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("badpeer server");
  TCase *tests = tcase_create("rows");
  tcase_add_loop_test(tests, row, 0, kRowCount);
  tcase_add_loop_test(tests, der_row, 0, kDerRowCount);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace badpeer

int main() { return run_suite(badpeer::MakeSuite); }
