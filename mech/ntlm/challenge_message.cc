// SPDX-License-Identifier: MIT
#include "ntlm/challenge_message.h"

#include "policy/policy.h"

namespace gss_sspi::ntlm {
namespace {

constexpr char kName[] = "CHALLENGE";
constexpr size_t kShortHeader = 32;     // up to ServerChallenge: the oldest servers
constexpr size_t kWithTargetInfo = 48;  // and TargetInfo, without VERSION

}  // namespace

Result<ChallengeMessage> ChallengeMessage::Parse(ByteView message) {
  Reader reader(message);
  if (Error error = TakeHeader(&reader, MessageType::kChallenge)) return error;
  const FieldDescriptor target_name = TakeDescriptor(&reader);
  const Flags flags = reader.U32();
  const auto server_challenge = reader.Array<kServerChallengeSize>();
  if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);

  ChallengeMessage parsed{flags, {}, server_challenge, {}};
  // What follows may be payload already when the header is a short one: the descriptor of
  // TargetInfo exists if the message says that there is one, and the name does not begin before its
  // end.
  const bool name_first = target_name.length != 0 && target_name.offset < kWithTargetInfo;
  if ((flags & kTargetInfo) != 0 && !name_first) {
    reader.Skip(8);  // Reserved
    const FieldDescriptor target_info = TakeDescriptor(&reader);
    if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);
    // VERSION may be missing though its flag is set (N341), so payload may start at 48.
    const auto info = FieldOf(message, target_info, kWithTargetInfo, kName, "TargetInfo");
    if (!info) return info.error();
    parsed.target_info = *info;
  }
  if (parsed.target_info.size() > Limits::kTargetInfo) {
    return Fail(Status::kTokenTooLarge, "%s: TargetInfo is longer than %zu octets", kName,
                Limits::kTargetInfo);
  }
  const auto name = FieldOf(message, target_name, kShortHeader, kName, "TargetName");
  if (!name) return name.error();
  parsed.target_name = *name;
  if (Overlap(parsed.target_name, parsed.target_info)) {
    return Fail(Status::kDefectiveToken, "%s: TargetName and TargetInfo overlap", kName);
  }
  return parsed;
}

void ChallengeMessage::Build(MutableBytes out) const {
  Writer writer(out);
  PutHeader(&writer, MessageType::kChallenge);
  PayloadLayout layout(kHeaderSize);
  layout.PutDescriptor(&writer, target_name.size());
  writer.U32(negotiate_flags);
  writer.Bytes(server_challenge);
  writer.Zeroes(8);  // Reserved
  layout.PutDescriptor(&writer, target_info.size());
  writer.Bytes(kOurVersion);
  writer.Bytes(target_name);
  writer.Bytes(target_info);
}

}  // namespace gss_sspi::ntlm
