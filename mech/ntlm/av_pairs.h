// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.2.1 AV_PAIR: the list of attributes in a CHALLENGE (TargetInfo) and in an NTLMv2
// response.
#ifndef GSS_SSPI_NTLM_AV_PAIRS_H_
#define GSS_SSPI_NTLM_AV_PAIRS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "wire/writer.h"

namespace gss_sspi::ntlm {

enum class AvId : uint16_t {
  kEol = 0,
  kNbComputerName = 1,
  kNbDomainName = 2,
  kDnsComputerName = 3,
  kDnsDomainName = 4,
  kDnsTreeName = 5,
  kFlags = 6,
  kTimestamp = 7,
  kSingleHost = 8,
  kTargetName = 9,
  kChannelBindings = 10,
};
inline constexpr size_t kAvIdCount = 11;

// Bits of MsvAvFlags.
inline constexpr uint32_t kAvFlagConstrained = 0x1;
inline constexpr uint32_t kAvFlagMicPresent = 0x2;
inline constexpr uint32_t kAvFlagUntrustedSpn = 0x4;

inline constexpr size_t kAvHeaderSize = 4;
inline constexpr size_t kChannelBindingsSize = 16;

// A parsed list: views into the octets it was parsed from.
class AvPairs {
 public:
  // Reads pairs up to MsvAvEOL. Octets behind it are padding, which some peers send (N344). Of two
  // pairs with one id the first counts (N320).
  static Result<AvPairs> Parse(ByteView octets, const char *message_name);

  // The value of a pair, or nothing when there is none.
  std::optional<ByteView> Find(AvId id) const { return values_[static_cast<size_t>(id)]; }
  // MsvAvFlags, zero when absent.
  uint32_t flags() const;
  std::optional<FileTime> timestamp() const;
  // All pairs as they came, without MsvAvEOL.
  ByteView raw() const { return raw_; }

 private:
  std::array<std::optional<ByteView>, kAvIdCount> values_{};
  ByteView raw_;
};

// Walks over raw pairs that were parsed before.
template <typename Visitor>
void ForEachAvPair(ByteView raw, Visitor &&visit) {
  while (raw.size() >= kAvHeaderSize) {
    const auto id = static_cast<uint16_t>(raw[0] | raw[1] << 8);
    const auto length = static_cast<size_t>(raw[2] | raw[3] << 8);
    visit(id, raw.first(kAvHeaderSize + length));
    raw = raw.subspan(kAvHeaderSize + length);
  }
}

void PutAvHeader(Writer *writer, AvId id, size_t length);
void PutAvPair(Writer *writer, AvId id, ByteView value);

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_AV_PAIRS_H_
