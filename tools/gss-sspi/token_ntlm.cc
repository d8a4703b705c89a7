// SPDX-License-Identifier: MIT
// The three NTLM messages in words, [MS-NLMP] 2.2.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "ntlm/authenticate_message.h"
#include "ntlm/av_pairs.h"
#include "ntlm/challenge_message.h"
#include "ntlm/negotiate_message.h"
#include "ntlm/ntlmv2_response.h"
#include "token_decode.h"
#include "wire/reader.h"

namespace gss_sspi::tools {
namespace {

using ntlm::Flags;

struct FlagRow {
  Flags flag;
  const char *name;
};
constexpr FlagRow kFlagRows[] = {
    {ntlm::kUnicode, "UNICODE"},
    {ntlm::kOem, "OEM"},
    {ntlm::kRequestTarget, "REQUEST_TARGET"},
    {ntlm::kSign, "SIGN"},
    {ntlm::kSeal, "SEAL"},
    {ntlm::kDatagram, "DATAGRAM"},
    {ntlm::kLmKey, "LM_KEY"},
    {ntlm::kNtlm, "NTLM"},
    {ntlm::kAnonymous, "ANONYMOUS"},
    {ntlm::kOemDomainSupplied, "OEM_DOMAIN_SUPPLIED"},
    {ntlm::kOemWorkstationSupplied, "OEM_WORKSTATION_SUPPLIED"},
    {ntlm::kAlwaysSign, "ALWAYS_SIGN"},
    {ntlm::kTargetTypeDomain, "TARGET_TYPE_DOMAIN"},
    {ntlm::kTargetTypeServer, "TARGET_TYPE_SERVER"},
    {ntlm::kExtendedSessionSecurity, "EXTENDED_SESSIONSECURITY"},
    {ntlm::kIdentify, "IDENTIFY"},
    {ntlm::kRequestNonNtSessionKey, "REQUEST_NON_NT_SESSION_KEY"},
    {ntlm::kTargetInfo, "TARGET_INFO"},
    {ntlm::kVersion, "VERSION"},
    {ntlm::k128, "128"},
    {ntlm::kKeyExch, "KEY_EXCH"},
    {ntlm::k56, "56"},
};
constexpr FlagRow kAvFlagRows[] = {
    {ntlm::kAvFlagConstrained, "CONSTRAINED"},
    {ntlm::kAvFlagMicPresent, "MIC_PRESENT"},
    {ntlm::kAvFlagUntrustedSpn, "UNTRUSTED_SPN"},
};

std::string FlagNames(Flags flags, std::span<const FlagRow> rows) {
  std::string text = Format("0x%08x", flags);
  for (const FlagRow &row : rows) {
    if ((flags & row.flag) != 0) text += std::string(" ") + row.name;
    flags &= ~row.flag;
  }
  if (flags != 0) text += Format(" (unknown: 0x%x)", flags);
  return text;
}

std::string Quoted(const std::string &text) { return "\"" + text + "\""; }

// Text of a field: UTF-16LE or, without UNICODE, in the code page of the sender.
std::string TextOfField(ByteView octets, bool unicode) {
  if (!unicode) return Quoted(Printable(AsText(octets)));
  const auto text = FromUtf16(octets);
  return text ? Quoted(*text) : "not UTF-16LE: " + Hex(octets);
}

// ---- AV pairs
// ------------------------------------------------------------------------------------

std::string AvText(ByteView value) { return TextOfField(value, true); }
std::string AvFlags(ByteView value) { return FlagNames(Reader(value).U32(), kAvFlagRows); }
std::string AvTime(ByteView value) { return UtcTime(Reader(value).U64()); }
std::string AvSingleHost(ByteView value) { return Measured(value); }
std::string AvBindings(ByteView value) {
  const bool none = std::all_of(value.begin(), value.end(), [](uint8_t o) { return o == 0; });
  return Hex(value) + (none ? " (no channel bindings)" : "");
}

struct AvRow {
  const char *name;
  size_t size;  // 0: any
  std::string (*show)(ByteView);
};
// The place in the table is the AvId.
constexpr AvRow kAvRows[ntlm::kAvIdCount] = {
    {"MsvAvEOL", 0, AvText},
    {"MsvAvNbComputerName", 0, AvText},
    {"MsvAvNbDomainName", 0, AvText},
    {"MsvAvDnsComputerName", 0, AvText},
    {"MsvAvDnsDomainName", 0, AvText},
    {"MsvAvDnsTreeName", 0, AvText},
    {"MsvAvFlags", 4, AvFlags},
    {"MsvAvTimestamp", 8, AvTime},
    {"MsvAvSingleHost", 0, AvSingleHost},
    {"MsvAvTargetName", 0, AvText},
    {"MsvAvChannelBindings", ntlm::kChannelBindingsSize, AvBindings},
};

void ShowAvPair(uint16_t id, ByteView value, TokenText *out) {
  if (id >= ntlm::kAvIdCount) {
    out->Field(Format("AvId %u", id), Format("%zu octets", value.size()));
    return;
  }
  const AvRow &row = kAvRows[id];
  const bool fits = row.size == 0 || row.size == value.size();
  out->Field(row.name, fits ? row.show(value) : Format("%zu octets", value.size()));
}

void ShowAvPairs(const Piece &pairs, const std::string &name, TokenText *out) {
  out->Title(name + Format(" (%zu octets)", pairs.size()));
  const TokenText::Indent indent(out);
  Reader reader(pairs.octets);
  while (true) {
    const size_t at = pairs.at + pairs.size() - reader.rest().size();
    const uint16_t id = reader.U16();
    const uint16_t length = reader.U16();
    const ByteView value = reader.Bytes(length);
    if (reader.failed()) {
      out->Objection(Format("octet %zu: the AV_PAIR list ends without MsvAvEOL", at));
      return;
    }
    if (id == static_cast<uint16_t>(ntlm::AvId::kEol)) break;
    ShowAvPair(id, value, out);
  }
  if (!reader.rest().empty()) {
    out->Field("behind MsvAvEOL", Measured(reader.rest()));
  }
}

// ---- fields of messages
// --------------------------------------------------------------------------

// A message that is read from front to back, with payload fields anywhere.
class Message {
 public:
  Message(const Piece &octets, TokenText *out)
      : octets_(octets), reader_(octets.octets), out_(out) {
    reader_.Skip(sizeof ntlm::kSignature + sizeof(uint32_t));
  }

  Reader &reader() { return reader_; }
  size_t position() const { return octets_.size() - reader_.rest().size(); }

  // Reads a descriptor and gives the octets it names; nothing and an objection when they are not
  // in the message.
  Piece TakeField(const char *name) {
    const size_t at = octets_.at + position();
    const ntlm::FieldDescriptor field = ntlm::TakeDescriptor(&reader_);
    if (reader_.failed() || field.length == 0) return {};
    if (field.offset > octets_.size() || field.length > octets_.size() - field.offset) {
      out_->Objection(Format("octet %zu: %s has %u octets from octet %u on, outside of the message",
                             at, name, field.length, field.offset));
      return {};
    }
    payload_start_ = std::min<size_t>(payload_start_, field.offset);
    return octets_.Part(field.offset, field.length);
  }

  // VERSION stands here if the flag says so and no payload does.
  void ShowVersion(Flags flags) {
    if ((flags & ntlm::kVersion) == 0 || payload_start_ < position() + ntlm::kVersionSize) return;
    const uint8_t major = reader_.U8();
    const uint8_t minor = reader_.U8();
    const uint16_t build = reader_.U16();
    reader_.Skip(3);
    const uint8_t revision = reader_.U8();
    if (reader_.failed()) return;
    out_->Field("Version",
                Format("%u.%u build %u, NTLM revision %u", major, minor, build, revision));
  }

 private:
  const Piece octets_;
  Reader reader_;
  TokenText *const out_;
  size_t payload_start_ = SIZE_MAX;
};

void ShowText(const char *name, const Piece &field, bool unicode, TokenText *out) {
  out->Field(name, field.size() == 0 ? "absent" : TextOfField(field.octets, unicode));
}

// What the mechanism says to the message.
template <typename Parsed>
void ShowJudgement(const Result<Parsed> &parsed, TokenText *out) {
  if (!parsed) out->Objection("the mechanism refuses it: " + ErrorText(parsed.error()));
}

void DecodeNegotiate(const Piece &token, TokenText *out) {
  out->Title(Format("NTLM NEGOTIATE (%zu octets)", token.size()));
  const TokenText::Indent indent(out);
  Message message(token, out);
  const Flags flags = message.reader().U32();
  if (message.reader().ok()) {
    out->Field("NegotiateFlags", FlagNames(flags, kFlagRows));
    const Piece domain = message.TakeField("DomainName");
    const Piece workstation = message.TakeField("Workstation");
    ShowText("DomainName", domain, false, out);
    ShowText("Workstation", workstation, false, out);
    message.ShowVersion(flags);
  }
  ShowJudgement(ntlm::NegotiateMessage::Parse(token.octets), out);
}

void DecodeChallenge(const Piece &token, TokenText *out) {
  out->Title(Format("NTLM CHALLENGE (%zu octets)", token.size()));
  const TokenText::Indent indent(out);
  Message message(token, out);
  const Piece target = message.TakeField("TargetName");
  const Flags flags = message.reader().U32();
  const ByteView challenge = message.reader().Bytes(ntlm::kServerChallengeSize);
  if (message.reader().ok()) {
    out->Field("NegotiateFlags", FlagNames(flags, kFlagRows));
    ShowText("TargetName", target, (flags & ntlm::kUnicode) != 0, out);
    out->Field("ServerChallenge", Hex(challenge));
    message.reader().Skip(8);
    const Piece info = message.TakeField("TargetInfo");
    message.ShowVersion(flags);
    if (info.size() != 0) ShowAvPairs(info, "TargetInfo", out);
  }
  const auto parsed = ntlm::ChallengeMessage::Parse(token.octets);
  ShowJudgement(parsed, out);
  if (parsed && !parsed->target_info.empty()) {
    ShowJudgement(ntlm::AvPairs::Parse(parsed->target_info, "CHALLENGE"), out);
  }
}

// [MS-NLMP] 2.2.2.8: without NTProofStr and the client's challenge.
void ShowNtlmv2Response(const Piece &response, TokenText *out) {
  const TokenText::Indent indent(out);
  Reader reader(response.octets);
  out->Field("NTProofStr", Measured(reader.Bytes(ntlm::kNtProofStrSize)));
  const uint8_t version = reader.U8();
  out->Field("RespType, HiRespType", Format("%u, %u", version, reader.U8()));
  reader.Skip(6);
  const FileTime time = reader.U64();
  const ByteView challenge = reader.Bytes(ntlm::kClientChallengeSize);
  reader.Skip(4);
  if (reader.ok()) {
    out->Field("TimeStamp", UtcTime(time));
    out->Field("ChallengeFromClient", Measured(challenge));
    ShowAvPairs(response.From(response.size() - reader.rest().size()), "AvPairs", out);
  }
  ShowJudgement(ntlm::Ntlmv2Response::Parse(response.octets), out);
}

constexpr size_t kV1ResponseSize = 24;

void ShowNtResponse(const Piece &response, TokenText *out) {
  const char *kind = "";
  if (response.size() == kV1ResponseSize) kind = ", NTLMv1";
  if (response.size() > kV1ResponseSize) kind = ", NTLMv2";
  out->Field("NtChallengeResponse", Measured(response.octets) + kind);
  if (response.size() > kV1ResponseSize) ShowNtlmv2Response(response, out);
}

void ShowMic(const Piece &token, const ntlm::AuthenticateMessage &message, TokenText *out) {
  if (message.mic_offset == 0 || token.size() < message.mic_offset + ntlm::kMicSize) {
    out->Field("MIC", "absent");
    return;
  }
  out->Field("MIC", Measured(token.octets.subspan(message.mic_offset, ntlm::kMicSize)));
}

void DecodeAuthenticate(const Piece &token, TokenText *out) {
  out->Title(Format("NTLM AUTHENTICATE (%zu octets)", token.size()));
  const TokenText::Indent indent(out);
  Message message(token, out);
  const Piece lm = message.TakeField("LmChallengeResponse");
  const Piece nt = message.TakeField("NtChallengeResponse");
  const Piece domain = message.TakeField("DomainName");
  const Piece user = message.TakeField("UserName");
  const Piece workstation = message.TakeField("Workstation");
  const Piece key = message.TakeField("EncryptedRandomSessionKey");
  const Flags flags = message.reader().U32();
  // Without flags it is not known which text this is; UTF-16LE is what all clients have.
  const bool unicode = message.reader().failed() || (flags & ntlm::kUnicode) != 0;
  ShowText("DomainName", domain, unicode, out);
  ShowText("UserName", user, unicode, out);
  ShowText("Workstation", workstation, unicode, out);
  if (message.reader().ok()) out->Field("NegotiateFlags", FlagNames(flags, kFlagRows));
  message.ShowVersion(flags);
  out->Field("LmChallengeResponse", Measured(lm.octets));
  ShowNtResponse(nt, out);
  out->Field("EncryptedRandomSessionKey", Measured(key.octets));
  const auto parsed = ntlm::AuthenticateMessage::Parse(token.octets);
  if (parsed) {
    ShowMic(token, *parsed, out);
    if (parsed->trailing_octets) out->Field("behind the last payload", "octets of no field");
  }
  ShowJudgement(parsed, out);
}

}  // namespace

std::string Measured(ByteView octets) {
  if (octets.empty()) return "absent";
  const bool zero = std::all_of(octets.begin(), octets.end(), [](uint8_t o) { return o == 0; });
  return Format("%zu octets%s", octets.size(), zero ? ", all zero" : ", not shown");
}

bool IsNtlm(ByteView token) {
  const ByteView signature(ntlm::kSignature);
  return !token.empty() && Equal(token.first(std::min(token.size(), signature.size())),
                                 signature.first(std::min(token.size(), signature.size())));
}

void DecodeNtlm(const Piece &token, TokenText *out) {
  using Decoder = void (*)(const Piece &, TokenText *);
  static constexpr Decoder kDecoders[] = {DecodeNegotiate, DecodeChallenge, DecodeAuthenticate};
  Reader reader(token.octets);
  reader.Skip(sizeof ntlm::kSignature);
  const uint32_t type = reader.U32();
  if (reader.failed()) throw BadToken(token.at, "the NTLM message is cut off before its type");
  if (type < 1 || type > std::size(kDecoders)) {
    throw BadToken(token.at + sizeof ntlm::kSignature,
                   Format("the NTLM message has type %u, not 1, 2 or 3", type));
  }
  kDecoders[type - 1](token, out);
}

}  // namespace gss_sspi::tools
