// SPDX-License-Identifier: MIT
#include "ntlm/ntlmv2_response.h"

#include "core/utf16.h"

namespace gss_sspi::ntlm {
namespace {

constexpr char kName[] = "AUTHENTICATE: NTLMv2 response";
constexpr uint8_t kResponseVersion = 1;
constexpr size_t kTempHeaderSize = 28;  // RespType up to Reserved3
constexpr size_t kTempTrailer = 4;      // zeroes behind the AV_PAIRs

// N320, class CVE-2019-1166: what only the initiator may say is never taken over from a server.
bool BelongsToInitiator(uint16_t id) {
  switch (static_cast<AvId>(id)) {
    case AvId::kFlags:
    case AvId::kSingleHost:
    case AvId::kTargetName:
    case AvId::kChannelBindings:
      return true;
    default:
      return false;
  }
}

size_t CopiedPairsSize(const AvPairs &pairs) {
  size_t size = 0;
  ForEachAvPair(pairs.raw(), [&](uint16_t id, ByteView pair) {
    if (!BelongsToInitiator(id)) size += pair.size();
  });
  return size;
}

}  // namespace

Result<Ntlmv2Response> Ntlmv2Response::Parse(ByteView octets) {
  Ntlmv2Response response;
  Reader reader(octets);
  response.proof = reader.Bytes(kNtProofStrSize);
  response.temp = reader.rest();
  const uint8_t version = reader.U8();
  const uint8_t high_version = reader.U8();
  reader.Skip(6);
  response.timestamp = reader.U64();
  reader.Skip(kClientChallengeSize);
  reader.Skip(4);
  if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);
  if (version != kResponseVersion || high_version != kResponseVersion) {
    return Fail(Status::kDefectiveToken, "%s: version %u.%u", kName, version, high_version);
  }
  auto pairs = AvPairs::Parse(reader.rest(), kName);
  if (!pairs) return pairs.error();
  response.av_pairs = *pairs;
  return response;
}

size_t ClientChallenge::ResponseSize() const {
  size_t size = kNtProofStrSize + kTempHeaderSize + CopiedPairsSize(server_pairs);
  size += kAvHeaderSize + 4;                                           // MsvAvFlags
  if (channel_bindings) size += kAvHeaderSize + kChannelBindingsSize;  // N327: left out if none
  size += kAvHeaderSize + Utf16LengthOf(target_name);                  // MsvAvTargetName
  return size + kAvHeaderSize + kTempTrailer;                          // MsvAvEOL
}

void ClientChallenge::Build(MutableBytes response) const {
  Writer writer(response);
  writer.Zeroes(kNtProofStrSize);
  writer.U8(kResponseVersion);
  writer.U8(kResponseVersion);
  writer.Zeroes(6);
  writer.U64(timestamp);
  writer.Bytes(client_challenge);
  writer.Zeroes(4);
  ForEachAvPair(server_pairs.raw(), [&](uint16_t id, ByteView pair) {
    if (!BelongsToInitiator(id)) writer.Bytes(pair);
  });
  PutAvHeader(&writer, AvId::kFlags, 4);
  writer.U32((server_pairs.flags() & kAvFlagConstrained) | (with_mic ? kAvFlagMicPresent : 0));
  if (channel_bindings) PutAvPair(&writer, AvId::kChannelBindings, *channel_bindings);
  const size_t target_size = Utf16LengthOf(target_name);
  PutAvHeader(&writer, AvId::kTargetName, target_size);
  Utf8ToUtf16(target_name, writer.Take(target_size));
  PutAvHeader(&writer, AvId::kEol, 0);
  writer.Zeroes(kTempTrailer);
}

}  // namespace gss_sspi::ntlm
