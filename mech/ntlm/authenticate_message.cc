// SPDX-License-Identifier: MIT
#include "ntlm/authenticate_message.h"

#include <algorithm>

namespace gss_sspi::ntlm {
namespace {

constexpr char kName[] = "AUTHENTICATE";
constexpr size_t kDescriptorsEnd = 60;  // then NegotiateFlags
constexpr size_t kFixedPart = 64;

// In the order of the descriptors on the wire.
struct Field {
  const char *name;
  ByteView AuthenticateMessage::*value;
};
constexpr Field kFields[] = {
    {"LmChallengeResponse", &AuthenticateMessage::lm_challenge_response},
    {"NtChallengeResponse", &AuthenticateMessage::nt_challenge_response},
    {"DomainName", &AuthenticateMessage::domain_name},
    {"UserName", &AuthenticateMessage::user_name},
    {"Workstation", &AuthenticateMessage::workstation},
    {"EncryptedRandomSessionKey", &AuthenticateMessage::encrypted_random_session_key},
};

Error RefuseOverlaps(const AuthenticateMessage &message) {
  for (const Field &a : kFields) {
    for (const Field &b : kFields) {
      if (&a < &b && Overlap(message.*a.value, message.*b.value)) {
        return Fail(Status::kDefectiveToken, "%s: %s and %s overlap", kName, a.name, b.name);
      }
    }
  }
  return kSuccess;
}

size_t MicOffset(Flags flags, size_t payload_start) {
  if (payload_start >= AuthenticateMessage::kMicOffset + kMicSize) {
    return AuthenticateMessage::kMicOffset;
  }
  if ((flags & kVersion) == 0 &&
      payload_start == AuthenticateMessage::kMicOffsetWithoutVersion + kMicSize) {
    return AuthenticateMessage::kMicOffsetWithoutVersion;
  }
  return 0;
}

}  // namespace

Result<AuthenticateMessage> AuthenticateMessage::Parse(ByteView message) {
  Reader reader(message);
  if (Error error = TakeHeader(&reader, MessageType::kAuthenticate)) return error;
  AuthenticateMessage parsed;
  size_t payload_start = message.size();
  size_t payload_end = kFixedPart;
  // The old form without session key and flags (52 octets) is not read: it has no NTLMv2.
  for (const Field &field : kFields) {
    const FieldDescriptor descriptor = TakeDescriptor(&reader);
    if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);
    const auto octets = FieldOf(message, descriptor, kFixedPart, kName, field.name);
    if (!octets) return octets.error();
    parsed.*field.value = *octets;
    if (descriptor.length == 0) continue;
    payload_start = std::min<size_t>(payload_start, descriptor.offset);
    payload_end = std::max(payload_end, size_t{descriptor.offset} + descriptor.length);
  }
  parsed.negotiate_flags = reader.U32();
  if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);
  if (Error error = RefuseOverlaps(parsed)) return error;
  parsed.mic_offset = MicOffset(parsed.negotiate_flags, payload_start);
  if (payload_start == message.size()) payload_end = std::max(payload_end, kHeaderSize);
  parsed.trailing_octets = payload_end < message.size();
  return parsed;
}

size_t AuthenticateMessage::BuiltSize() const {
  size_t size = kHeaderSize;
  for (const Field &field : kFields) size += (this->*field.value).size();
  return size;
}

void AuthenticateMessage::Build(MutableBytes out) const {
  // Offsets in the order in which the payload is laid out below.
  const size_t domain = kHeaderSize;
  const size_t user = domain + domain_name.size();
  const size_t station = user + user_name.size();
  const size_t lm = station + workstation.size();
  const size_t nt = lm + lm_challenge_response.size();
  const size_t key = nt + nt_challenge_response.size();

  Writer writer(out);
  PutHeader(&writer, MessageType::kAuthenticate);
  const size_t offsets[] = {lm, nt, domain, user, station, key};
  for (size_t i = 0; i < std::size(kFields); ++i) {
    PayloadLayout(offsets[i]).PutDescriptor(&writer, (this->*kFields[i].value).size());
  }
  static_assert(std::size(kFields) * 8 + 12 == kDescriptorsEnd);
  writer.U32(negotiate_flags);
  writer.Bytes(kOurVersion);
  writer.Zeroes(kMicSize);
  for (ByteView value : {domain_name, user_name, workstation, lm_challenge_response,
                         nt_challenge_response, encrypted_random_session_key}) {
    writer.Bytes(value);
  }
}

}  // namespace gss_sspi::ntlm
