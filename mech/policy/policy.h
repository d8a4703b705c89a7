// SPDX-License-Identifier: MIT
// What the administrator decides, with the defaults that hold when nothing is said. Plain data: the
// state machines obey it and never read a file or a variable themselves.
#ifndef GSS_SSPI_POLICY_POLICY_H_
#define GSS_SSPI_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>

namespace gss_sspi {

// When an acceptor insists on the MIC (N319, decision D1). A MIC that the peer announces is
// verified whatever this says (N317).
enum class RequireMic : uint8_t { kIfFlagged, kWhenTimestamp, kAlways };

// Extended protection of an acceptor (N328).
enum class RequireBindings : uint8_t { kNever, kWhenSupplied, kAlways };

struct Policy {
  RequireMic require_mic = RequireMic::kIfFlagged;
  RequireBindings require_bindings = RequireBindings::kWhenSupplied;
};

// N804: limits before anything is allocated.
struct Limits {
  static constexpr size_t kToken = 65536;            // octets of any token
  static constexpr size_t kNegotiateMessage = 1024;  // octets; kept until the MIC is verified
  static constexpr size_t kUser = 256;               // UTF-16 code units
  static constexpr size_t kDomain = 255;
  static constexpr size_t kWorkstation = 255;
  static constexpr size_t kTargetInfo = 16384;  // octets
  static constexpr size_t kAvPairs = 64;
};

// N323: seconds by which the clocks of the two sides may differ.
inline constexpr uint64_t kMaxClockSkew = uint64_t{36} * 3600;

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_POLICY_H_
