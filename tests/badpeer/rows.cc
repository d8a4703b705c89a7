// SPDX-License-Identifier: MIT
#include "rows.h"

#include <cstring>

namespace badpeer {

void ExpectDead(Product *product, const Peer &peer) {
  if (product->context == GSS_C_NO_CONTEXT) return;
  ck_assert_ptr_null(product->client);
  ck_assert_ptr_null(product->delegated);
  ck_assert_uint_eq(product->Pending().size(), 0);
  for (const Octets &token : {Octets(), Octets("\x16\x03\x03\x00\x01\x00", 6)}) {
    ck_assert_uint_eq(product->Step(token).size(), 0);
    EXPECT_STATUS(GSS_S_NO_CONTEXT, product->major, product->minor);
  }
  // C58.
  if (peer.is_server) ck_assert_int_eq(peer.auth_infos, 0);
}

void ExpectRow(bool product_initiates, const Row &row) {
  const Ends ends(product_initiates, row.base);
  const auto earlier = ExpectGood(ends);
  {
    Product product(ends);
    auto peer = MakePeer(ends, SetupOf(ends), row.change, earlier.get());
    Run(&product, peer.get());
    ck_assert_msg(peer->changed, "%s: nothing was changed, in %d legs", row.name, peer->legs);
    if (row.major == GSS_S_COMPLETE) {
      EXPECT_COMPLETE(product.major, product.minor);
      ck_assert_msg(product.complete() && peer->complete(), "%s: it ended early, waiting for %s",
                    row.name, product.Awaited().c_str());
    } else {
      ck_assert_msg(GSS_ERROR(product.major) == row.major && strstr(product.text.c_str(), row.text),
                    "%s: status %s, \"%s\", waiting for \"%s\"", row.name,
                    major_name(product.major), product.text.c_str(), product.Awaited().c_str());
      ck_assert_msg(peer->error_code == row.code, "%s: errorCode %08x", row.name, peer->error_code);
      ExpectDead(&product, *peer);
    }
  }
  ExpectGood(ends);
}

// ---- changes -----------------------------------------------------------------------------------

namespace {

bool HasNumber(const Octets &field, unsigned number) {
  return static_cast<uint8_t>(field[0]) == (0xa0 | number);
}

}  // namespace

Octets FieldOf(const Octets &message, unsigned number) {
  for (const Octets &field : Elements(message)) {
    if (HasNumber(field, number)) return field;
  }
  return {};
}

void ReplaceField(Octets *message, unsigned number, const Octets &field) {
  std::vector<Octets> fields = Elements(*message);
  bool found = false;
  for (Octets &old : fields) {
    if (!HasNumber(old, number)) continue;
    old = field;
    found = true;
  }
  ck_assert_msg(found, "the TSRequest has no field %u", number);
  *message = Sequence(Join(fields));
}

void Flip(Octets *octets, size_t at) {
  ck_assert_uint_lt(at, octets->size());
  (*octets)[at] = static_cast<char>((*octets)[at] ^ 1);
}

void PadTo(Request *request, size_t size) {
  request->client_nonce.emplace();
  const size_t least = size - request->Encode().size() - 16;
  for (request->client_nonce->resize(least); request->Encode().size() < size;) {
    request->client_nonce->push_back('\0');
  }
  ck_assert_uint_eq(request->Encode().size(), size);
}

// ---- DER (C8 to C11, C152) ---------------------------------------------------------------------

namespace {

constexpr OM_uint32 kDefective = GSS_S_DEFECTIVE_TOKEN;
constexpr OM_uint32 kFine = GSS_S_COMPLETE;

template <unsigned kLengthOctets>
void LongOuterLength(Peer &, Octets &message) {
  message = Tlv(0x30, Content(message), kLengthOctets);
}
template <unsigned kLengthOctets>
void LongVersionLength(Peer &, Octets &message) {
  ReplaceField(&message, 0, Tlv(0xa0, Content(FieldOf(message, 0)), kLengthOctets));
}
// The version as these octets of an INTEGER.
template <size_t kSize>
void VersionAs(Octets *message, const char (&content)[kSize]) {
  ReplaceField(message, 0, Field(0, Tlv(0x02, Octets(content, kSize - 1))));
}

}  // namespace

const DerRow kDerRows[] = {
    // What is longer than need be is taken (C8).
    {"outer length of 1 octet more", "C8", LongOuterLength<2>, kFine, ""},
    {"outer length of 3 octets", "C8", LongOuterLength<3>, kFine, ""},
    {"outer length of 4 octets", "C8", LongOuterLength<4>, kFine, ""},
    {"inner length of 1 octet", "C8", LongVersionLength<1>, kFine, ""},
    {"inner length of 4 octets", "C8", LongVersionLength<4>, kFine, ""},
    {"version of 2 octets", "C8",
     [](Peer &p, Octets &m) {
       const char octets[] = {0, static_cast<char>(p.ends.base.version), 0};
       VersionAs(&m, octets);
     },
     kFine, ""},
    {"outer length of 5 octets", "C152", LongOuterLength<5>, kDefective, "more than four octets"},
    {"inner length of 5 octets", "C152", LongVersionLength<5>, kDefective, "more than four octets"},
    {"outer length indefinite", "C152",
     [](Peer &, Octets &m) { m = Hex("3080") + Content(m) + Hex("0000"); }, kDefective,
     "an indefinite length"},
    {"inner length indefinite", "C152",
     [](Peer &, Octets &m) {
       ReplaceField(&m, 0, Hex("a080") + Content(FieldOf(m, 0)) + Hex("0000"));
     },
     kDefective, "an indefinite length"},
    {"length 2^32-1", "C152", [](Peer &, Octets &m) { m = Hex("3084ffffffff"); }, kDefective,
     "longer than 65536 octets"},
    {"65537 octets announced, none sent", "C11", [](Peer &, Octets &m) { m = Hex("308300fffd"); },
     kDefective, "longer than 65536 octets"},
    {"inner length beyond the outer", "C152",
     [](Peer &, Octets &m) {
       m = Sequence(Join(Elements(m)) + Hex("a57f041f") + Octets(31, '\0'));
     },
     kDefective, ""},
    {"inner length 2^32-1", "C152",
     [](Peer &, Octets &m) { m = Sequence(Join(Elements(m)) + Hex("a584ffffffff00")); }, kDefective,
     ""},
    {"an octet behind the fields", "C8",
     [](Peer &, Octets &m) { m = Sequence(Content(m) + Hex("00")); }, kDefective,
     "a tag that does not belong here"},
    {"an octet inside a field", "C8",
     [](Peer &, Octets &m) { ReplaceField(&m, 0, Field(0, Content(FieldOf(m, 0)) + Hex("00"))); },
     kDefective, "octets are left over"},
    {"an octet inside negoTokens", "C8",
     [](Peer &, Octets &m) {
       const Octets tokens = Content(FieldOf(m, 1));
       ReplaceField(&m, 1, Field(1, Sequence(Content(tokens) + Hex("00"))));
     },
     kDefective, "more than one token"},
    {"a tag above 30", "C152",
     [](Peer &, Octets &m) { m = Sequence(Content(m) + Hex("bf1f020500")); }, kDefective,
     "a tag number above 30"},
    {"SET in place of SEQUENCE", "C152", [](Peer &, Octets &m) { m[0] = 0x31; }, kDefective,
     "not a SEQUENCE"},
    {"primitive SEQUENCE", "C152", [](Peer &, Octets &m) { m[0] = 0x10; }, kDefective,
     "not a SEQUENCE"},
    {"version by a primitive tag", "C152",
     [](Peer &, Octets &m) { ReplaceField(&m, 0, Tlv(0x80, Content(FieldOf(m, 0)))); }, kDefective,
     "a tag that does not belong here"},
    {"version by an application tag", "C152",
     [](Peer &, Octets &m) { ReplaceField(&m, 0, Tlv(0x60, Content(FieldOf(m, 0)))); }, kDefective,
     "a tag that does not belong here"},
    {"version without its explicit tag", "C152",
     [](Peer &, Octets &m) { ReplaceField(&m, 0, Content(FieldOf(m, 0))); }, kDefective,
     "a tag that does not belong here"},
    {"version as ENUMERATED", "C152",
     [](Peer &, Octets &m) { ReplaceField(&m, 0, Field(0, Tlv(0x0a, "\x06"))); }, kDefective,
     "a tag that does not belong here"},
    {"negoToken as UTF8String", "C152",
     [](Peer &, Octets &m) {
       const Octets token = Content(Content(First(Content(Content(FieldOf(m, 1))))));
       ReplaceField(&m, 1, Field(1, Sequence(Sequence(Field(0, Tlv(0x0c, Content(token)))))));
     },
     kDefective, "a tag that does not belong here"},
    {"version of no octet", "C6", [](Peer &, Octets &m) { VersionAs(&m, ""); }, kDefective,
     "of no octet or too many"},
    {"version of 9 octets", "C6", [](Peer &, Octets &m) { VersionAs(&m, "\0\0\0\0\0\0\0\0\6"); },
     kDefective, "of no octet or too many"},
    {"version 0", "C6", [](Peer &, Octets &m) { VersionAs(&m, "\0"); }, kDefective,
     "no version of CredSSP"},
    {"version 1", "C6", [](Peer &, Octets &m) { VersionAs(&m, "\1"); }, kDefective,
     "no version of CredSSP"},
    {"version -1", "C6", [](Peer &, Octets &m) { VersionAs(&m, "\xff"); }, kDefective,
     "no version of CredSSP"},
    {"version 2^32 + 6", "C6", [](Peer &, Octets &m) { VersionAs(&m, "\1\0\0\0\6"); }, kDefective,
     "no version of CredSSP"},
    {"no version", "C6", [](Peer &, Octets &m) { ReplaceField(&m, 0, {}); }, kDefective,
     "TSRequest.version"},
    {"version twice", "C8",
     [](Peer &, Octets &m) {
       const Octets version = FieldOf(m, 0);
       ReplaceField(&m, 0, version + version);
     },
     kDefective, "out of order or twice"},
    {"version behind negoTokens", "C8",
     [](Peer &, Octets &m) { m = Sequence(FieldOf(m, 1) + FieldOf(m, 0)); }, kDefective,
     "out of order or twice"},
    {"negoTokens twice", "C8",
     [](Peer &, Octets &m) {
       const Octets tokens = FieldOf(m, 1);
       ReplaceField(&m, 1, tokens + tokens);
     },
     kDefective, "out of order or twice"},
    {"no fields at all", "C6", [](Peer &, Octets &m) { m = Sequence({}); }, kDefective,
     "TSRequest.version"},
    {"unknown field [6] of version 6", "C10",
     [](Peer &, Octets &m) { m = Sequence(Content(m) + Field(6, OctetString("more"))); },
     kDefective, "a field that its version does not have"},
    {"unknown field [30] of version 6", "C10",
     [](Peer &, Octets &m) { m = Sequence(Content(m) + Field(30, OctetString("more"))); },
     kDefective, "a field that its version does not have"},
    {"nested 8000 times", "C152",
     [](Peer &, Octets &m) {
       Octets nested = Hex("0400");
       for (int i = 0; i < 8000; ++i) nested = Sequence(nested);
       ReplaceField(&m, 1, Field(1, nested));
     },
     kDefective, ""},
    {"another TSRequest in the same record", "C20", [](Peer &, Octets &m) { m += m; }, kDefective,
     "two TSRequests in a row"},
    {"the start of another TSRequest in the same record", "C20",
     [](Peer &, Octets &m) { m += Hex("30"); }, kDefective, "two TSRequests in a row"},
    {"a NUL behind it in the same record", "C20", [](Peer &, Octets &m) { m += Hex("00"); },
     kDefective, "not a SEQUENCE"},
};
const int kDerRowCount = sizeof kDerRows / sizeof kDerRows[0];

Row RowOf(const DerRow &row) {
  return {row.name, row.clause, kNtlm, {1, nullptr, row.octets}, row.major, row.text};
}

}  // namespace badpeer
