// SPDX-License-Identifier: MIT
// What the three messages have in common: signature, type, field descriptors, VERSION.
#ifndef GSS_SSPI_NTLM_MESSAGE_H_
#define GSS_SSPI_NTLM_MESSAGE_H_

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/flags.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace gss_sspi::ntlm {

enum class MessageType : uint32_t { kNegotiate = 1, kChallenge = 2, kAuthenticate = 3 };

inline constexpr uint8_t kSignature[8] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', '\0'};
inline constexpr size_t kServerChallengeSize = 8;
inline constexpr size_t kClientChallengeSize = 8;
inline constexpr size_t kMicSize = 16;
inline constexpr size_t kVersionSize = 8;

using ServerChallenge = std::span<const uint8_t, kServerChallengeSize>;

// [MS-NLMP] 2.2.2.10 VERSION: what we send. Peers may not act on the product's numbers.
inline constexpr uint8_t kOurVersion[kVersionSize] = {10, 0, 0x63, 0x45, 0, 0, 0, 0x0f};

// Checks Signature and MessageType, and takes them off.
Error TakeHeader(Reader *reader, MessageType type);
void PutHeader(Writer *writer, MessageType type);

// Len, MaxLen and BufferOffset of a payload field.
struct FieldDescriptor {
  uint16_t length = 0;
  uint32_t offset = 0;
};

FieldDescriptor TakeDescriptor(Reader *reader);

// The octets a descriptor names. They lie wholly behind the first `header_size` octets of the
// message; a field of length zero may point anywhere. `message_name` and `field_name` are for the
// text of the error.
Result<ByteView> FieldOf(ByteView message, FieldDescriptor descriptor, size_t header_size,
                         const char *message_name, const char *field_name);

// True when two fields share octets, which no honest message has (N707).
inline bool Overlap(ByteView a, ByteView b) {
  return !a.empty() && !b.empty() && a.data() < b.data() + b.size() &&
         b.data() < a.data() + a.size();
}

// Writes descriptors and gives their payloads consecutive places.
class PayloadLayout {
 public:
  explicit PayloadLayout(size_t header_size) : offset_(header_size) {}
  void PutDescriptor(Writer *writer, size_t length) {
    writer->U16(static_cast<uint16_t>(length));
    writer->U16(static_cast<uint16_t>(length));
    writer->U32(static_cast<uint32_t>(offset_));
    offset_ += length;
  }

 private:
  size_t offset_;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_MESSAGE_H_
