// SPDX-License-Identifier: MIT
// SPNEGO (RFC 4178, [MS-SPNG]), the framing of RFC 2743, Kerberos by name, and the TSRequest of
// CredSSP ([MS-CSSP] 2.2.1).
#include <iterator>

#include "credssp/nt_status.h"
#include "der.h"
#include "token_decode.h"

namespace gss_sspi::tools {
namespace {

struct MechRow {
  const char *oid;
  const char *name;
};
constexpr MechRow kMechRows[] = {
    {"1.3.6.1.4.1.311.2.2.10", "NTLM"},
    {"1.2.840.113554.1.2.2", "Kerberos"},
    {"1.2.840.48018.1.2.2", "Kerberos of Windows 2000"},
    {"1.2.840.113554.1.2.2.3", "Kerberos user to user"},
    {"1.3.6.1.5.2.5", "IAKERB"},
    {"1.3.6.1.5.5.2", "SPNEGO"},
    {"1.3.6.1.4.1.311.2.2.30", "NEGOEX"},
};

std::string MechText(const std::string &oid) {
  for (const MechRow &row : kMechRows) {
    if (oid == row.oid) return std::string(row.name) + " (" + oid + ")";
  }
  return oid;
}

// RFC 4121 4.1, RFC 1964 1.1: TOK_ID.
struct TokIdRow {
  uint16_t id;
  const char *name;
};
constexpr TokIdRow kTokIdRows[] = {
    {0x0100, "AP-REQ"},        {0x0200, "AP-REP"},         {0x0300, "KRB-ERROR"},
    {0x0101, "MIC, RFC 1964"}, {0x0201, "wrap, RFC 1964"}, {0x0102, "delete context"},
    {0x0404, "MIC"},           {0x0504, "wrap"},           {0x0501, "IAKERB proxy"},
    {0x0400, "TGT request"},   {0x0401, "TGT reply"},
};

void DecodeKerberos(const Piece &token, TokenText *out) {
  if (token.size() < 2) throw BadToken(token.at, "the Kerberos token is cut off before its TOK_ID");
  const auto id = static_cast<uint16_t>(token.octets[0] << 8 | token.octets[1]);
  const char *name = "unknown";
  for (const TokIdRow &row : kTokIdRows) {
    if (row.id == id) name = row.name;
  }
  out->Title(Format("Kerberos token %04x: %s (%zu octets, not decoded)", id, name, token.size()));
}

void DecodeInside(const std::string &name, const Piece &token, int nesting, TokenText *out) {
  out->Title(name + Format(" (%zu octets)", token.size()));
  const TokenText::Indent indent(out);
  if (token.size() == 0) return;
  DecodeAny(token, nesting + 1, out);
}

// ---- SPNEGO
// --------------------------------------------------------------------------------------

void ShowMechTypes(DerReader *fields, TokenText *out) {
  DerReader types(fields->TakeExplicit(0, der::kSequence, "mechTypes"));
  out->Title("mechTypes");
  const TokenText::Indent indent(out);
  while (!types.at_end()) out->Title(MechText(DerOid(types.Take(der::kOid, "a mechType"))));
}

void ShowRequestFlags(const Piece &bits, TokenText *out) {
  static constexpr const char *kNames[] = {"deleg", "mutual", "replay", "sequence",
                                           "anon",  "conf",   "integ"};
  std::string text;
  for (size_t i = 0; i < std::size(kNames) && bits.size() > 1; ++i) {
    if ((bits.octets[1] >> (7 - i) & 1) != 0)
      text += (text.empty() ? "" : " ") + std::string(kNames[i]);
  }
  out->Field("reqFlags", text.empty() ? "none" : text);
}

// [MS-SPNG] 2.2.1.
void ShowNegHints(const Piece &content, TokenText *out) {
  DerReader hints(content);
  out->Title("negHints");
  const TokenText::Indent indent(out);
  if (hints.tag() == der::Context(0)) {
    const Piece name = hints.TakeExplicit(0, der::kGeneralString, "hintName");
    out->Field("hintName", "\"" + Printable(AsText(name.octets)) + "\"");
  }
  if (hints.tag() == der::Context(1)) {
    const Piece address = hints.TakeExplicit(1, der::kOctetString, "hintAddress");
    out->Field("hintAddress", Format("%zu octets", address.size()));
  }
  hints.End("negHints");
}

void DecodeInit(const Piece &content, int nesting, TokenText *out) {
  DerReader outer(content);
  DerReader fields(outer.Take(der::kSequence, "NegTokenInit"));
  outer.End("NegTokenInit");
  out->Title("SPNEGO NegTokenInit");
  const TokenText::Indent indent(out);
  if (fields.tag() == der::Context(0)) ShowMechTypes(&fields, out);
  if (fields.tag() == der::Context(1)) {
    ShowRequestFlags(fields.TakeExplicit(1, der::kBitString, "reqFlags"), out);
  }
  if (fields.tag() == der::Context(2)) {
    DecodeInside("mechToken", fields.TakeExplicit(2, der::kOctetString, "mechToken"), nesting, out);
  }
  // [3] is negHints in the form that Windows acceptors send first, else mechListMIC.
  if (fields.tag() == der::Context(3)) {
    DerReader third(fields.Take(der::Context(3), "field [3]"));
    if (third.tag() == der::kSequence) {
      ShowNegHints(third.Take(der::kSequence, "negHints"), out);
    } else {
      out->Field("mechListMIC", Measured(third.Take(der::kOctetString, "mechListMIC").octets));
    }
    third.End("field [3]");
  }
  if (fields.tag() == der::Context(4)) {
    const Piece mic = fields.TakeExplicit(4, der::kOctetString, "mechListMIC");
    out->Field("mechListMIC", Measured(mic.octets));
  }
  fields.End("NegTokenInit");
}

void ShowNegState(const Piece &content, TokenText *out) {
  static constexpr const char *kStates[] = {"accept-completed", "accept-incomplete", "reject",
                                            "request-mic"};
  const int64_t state = DerInteger(content, 1, "negState");
  const bool known = state >= 0 && state < static_cast<int64_t>(std::size(kStates));
  out->Field("negState",
             Format("%d (%s)", static_cast<int>(state), known ? kStates[state] : "unknown"));
  if (!known) out->Objection(Format("octet %zu: negState is none of 0 to 3", content.at));
}

void DecodeResponse(const Piece &content, int nesting, TokenText *out) {
  DerReader outer(content);
  DerReader fields(outer.Take(der::kSequence, "NegTokenResp"));
  outer.End("NegTokenResp");
  out->Title("SPNEGO NegTokenResp");
  const TokenText::Indent indent(out);
  if (fields.tag() == der::Context(0)) {
    ShowNegState(fields.TakeExplicit(0, der::kEnumerated, "negState"), out);
  }
  if (fields.tag() == der::Context(1)) {
    out->Field("supportedMech",
               MechText(DerOid(fields.TakeExplicit(1, der::kOid, "supportedMech"))));
  }
  if (fields.tag() == der::Context(2)) {
    DecodeInside("responseToken", fields.TakeExplicit(2, der::kOctetString, "responseToken"),
                 nesting, out);
  }
  if (fields.tag() == der::Context(3)) {
    const Piece mic = fields.TakeExplicit(3, der::kOctetString, "mechListMIC");
    out->Field("mechListMIC", Measured(mic.octets));
  }
  fields.End("NegTokenResp");
}

// ---- TSRequest
// -----------------------------------------------------------------------------------

void ShowNegoTokens(DerReader *fields, int nesting, TokenText *out) {
  DerReader tokens(fields->TakeExplicit(1, der::kSequence, "negoTokens"));
  for (size_t number = 0; !tokens.at_end(); ++number) {
    DerReader item(tokens.Take(der::kSequence, "an item of negoTokens"));
    const Piece token = item.TakeExplicit(0, der::kOctetString, "negoToken");
    item.End("an item of negoTokens");
    DecodeInside(Format("negoTokens[%zu]", number), token, nesting, out);
  }
}

void ShowErrorCode(DerReader *fields, TokenText *out) {
  const Piece content = fields->TakeExplicit(4, der::kInteger, "errorCode");
  const auto code = static_cast<uint32_t>(DerInteger(content, 5, "errorCode"));
  char text[credssp::kErrorCodeTextSize];
  credssp::PrintErrorCode(code, text);
  out->Field("errorCode", code == 0 ? "0" : text);
}

}  // namespace

void DecodeNegotiation(const Piece &token, int nesting, TokenText *out) {
  DerReader reader(token);
  if (reader.tag() == der::Context(0)) {
    DecodeInit(reader.Take(der::Context(0), "NegTokenInit"), nesting, out);
  } else {
    DecodeResponse(reader.Take(der::Context(1), "NegTokenResp"), nesting, out);
  }
  reader.End("the SPNEGO token");
}

void DecodeFramed(const Piece &token, int nesting, TokenText *out) {
  DerReader reader(token);
  DerReader inside(reader.Take(der::kApplication0, "the token"));
  reader.End("the token");
  const std::string oid = DerOid(inside.Take(der::kOid, "the OID of the mechanism"));
  out->Title("RFC 2743 token of " + MechText(oid));
  const TokenText::Indent indent(out);
  const std::string name = MechText(oid);
  if (name.starts_with("SPNEGO")) {
    DecodeNegotiation(inside.rest(), nesting, out);
  } else if (name.starts_with("Kerberos") || name.starts_with("IAKERB")) {
    DecodeKerberos(inside.rest(), out);
  } else {
    DecodeInside("token", inside.rest(), nesting, out);
  }
}

void DecodeTsRequest(const Piece &token, int nesting, TokenText *out) {
  DerReader outer(token);
  DerReader fields(outer.Take(der::kSequence, "TSRequest"));
  outer.End("TSRequest");
  out->Title(Format("CredSSP TSRequest (%zu octets)", token.size()));
  const TokenText::Indent indent(out);
  const Piece version = fields.TakeExplicit(0, der::kInteger, "version");
  out->Field("version", std::to_string(DerInteger(version, 4, "version")));
  if (fields.tag() == der::Context(1)) ShowNegoTokens(&fields, nesting, out);
  const struct {
    unsigned number;
    const char *name;
  } kMeasured[] = {{2, "authInfo"}, {3, "pubKeyAuth"}};
  for (const auto &field : kMeasured) {
    if (fields.tag() != der::Context(field.number)) continue;
    const Piece content = fields.TakeExplicit(field.number, der::kOctetString, field.name);
    out->Field(field.name, Measured(content.octets));
  }
  if (fields.tag() == der::Context(4)) ShowErrorCode(&fields, out);
  if (fields.tag() == der::Context(5)) {
    const Piece nonce = fields.TakeExplicit(5, der::kOctetString, "clientNonce");
    out->Field("clientNonce", Format("%zu octets: ", nonce.size()) + Hex(nonce.octets));
  }
  fields.End("TSRequest");
}

}  // namespace gss_sspi::tools
