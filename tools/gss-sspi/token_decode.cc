// SPDX-License-Identifier: MIT
#include "token_decode.h"

#include <algorithm>

#include "der.h"

namespace gss_sspi::tools {
namespace {

bool IsTag(ByteView token, uint8_t tag) { return token[0] == tag; }
bool IsFramed(ByteView token) { return IsTag(token, der::kApplication0); }
bool IsTsRequest(ByteView token) { return IsTag(token, der::kSequence); }
bool IsNegotiation(ByteView token) {
  return IsTag(token, der::Context(0)) || IsTag(token, der::Context(1));
}

void DecodeNtlmAnywhere(const Piece &token, int /*nesting*/, TokenText *out) {
  DecodeNtlm(token, out);
}

struct Kind {
  bool (*is)(ByteView);
  void (*decode)(const Piece &, int, TokenText *);
};
constexpr Kind kKinds[] = {
    {IsNtlm, DecodeNtlmAnywhere},
    {IsFramed, DecodeFramed},
    {IsNegotiation, DecodeNegotiation},
    {IsTsRequest, DecodeTsRequest},
};

// What is known by its first octets only.
struct Look {
  std::string_view start;
  const char *name;
};
constexpr Look kLooks[] = {
    {"\x6e", "Kerberos AP-REQ without framing"},
    {"\x6f", "Kerberos AP-REP without framing"},
    {"\x7e", "Kerberos KRB-ERROR without framing"},
    {"NEGOEXTS", "NEGOEX message"},
    {"\x05\x04", "Kerberos wrap token"},
    {"\x04\x04", "Kerberos MIC token"},
    {"\x16\x03", "TLS record"},
};

}  // namespace

void DecodeAny(const Piece &token, int nesting, TokenText *out) {
  if (token.size() == 0) throw BadToken(token.at, "the token is empty");
  if (nesting > kMaxNesting) throw BadToken(token.at, "tokens stand in tokens too deeply");
  for (const Kind &kind : kKinds) {
    if (kind.is(token.octets)) return kind.decode(token, nesting, out);
  }
  for (const Look &look : kLooks) {
    if (!AsText(token.octets).starts_with(look.start)) continue;
    out->Title(Format("%s (%zu octets, not decoded)", look.name, token.size()));
    return;
  }
  throw BadToken(token.at, Format("no token begins with octet %02x", token.octets[0]));
}

DecodedToken DecodeToken(ByteView token) {
  TokenText out;
  try {
    DecodeAny({token, 0}, 0, &out);
  } catch (const BadToken &bad) {
    out.Objection(bad);
  }
  return out.Take();
}

}  // namespace gss_sspi::tools
