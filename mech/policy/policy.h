// SPDX-License-Identifier: MIT
// What the administrator decides, with defaults that are safe. The state machines obey it and never
// read a file or a variable themselves.
#ifndef GSS_SSPI_POLICY_POLICY_H_
#define GSS_SSPI_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>

#include "core/text_list.h"
#include "ntlm/flags.h"

namespace gss_sspi {

// N804: limits before anything is allocated.
struct Limits {
  static constexpr size_t kToken = 65536;            // octets of any token; the default
  static constexpr size_t kNegotiateMessage = 1024;  // octets; kept until the MIC is verified
  static constexpr size_t kUser = 256;               // UTF-16 code units
  static constexpr size_t kDomain = 255;
  static constexpr size_t kWorkstation = 255;
  static constexpr size_t kTargetInfo = 16384;  // octets
  static constexpr size_t kAvPairs = 64;
};

// LmCompatibilityLevel, 0 to 5 (section 3.2 of the requirements).
using LmLevel = uint8_t;
inline constexpr LmLevel kNtlmV2Level = 3;  // from here on NTLMv2 only
inline constexpr LmLevel kMaxLmLevel = 5;
constexpr bool UsesLmHash(LmLevel level) { return level <= 1; }

// When an initiator sends a MIC (N316).
enum class SendMic : uint8_t { kAlways, kWhenTimestamp, kNever };

// When an acceptor insists on the MIC (N319, decision D1). A MIC that the peer announces is
// verified whatever this says (N317).
enum class RequireMic : uint8_t { kIfFlagged, kWhenTimestamp, kAlways };

// Extended protection of an acceptor (N328).
enum class RequireBindings : uint8_t { kNever, kWhenSupplied, kAlways };

// What an acceptor does with the SPN of the answer (N326).
enum class SpnCheck : uint8_t { kOff, kWarn, kRequire };

// N421: NTLM as a whole, in one direction.
struct TrafficRule {
  bool deny = false;
  bool audit_only = false;  // what would be refused is only logged
  TextList except;          // patterns for which the opposite of `deny` holds
};

struct Policy {
  LmLevel initiator_level = kNtlmV2Level;
  LmLevel acceptor_level = kNtlmV2Level;

  // N305, NtlmMinClientSec and NtlmMinServerSec: flags that a session with protected messages has.
  // kSign and kSeal among them are required of every session.
  ntlm::Flags initiator_minimum = ntlm::kMinimumStrength;
  ntlm::Flags acceptor_minimum = ntlm::kMinimumStrength;

  SendMic send_mic = SendMic::kAlways;
  RequireMic require_mic = RequireMic::kIfFlagged;
  RequireBindings require_bindings = RequireBindings::kWhenSupplied;

  SpnCheck spn_check = SpnCheck::kWarn;
  TextList spn_names;  // further names of this host, or service/host

  TrafficRule outgoing;  // patterns: host or service/host
  TrafficRule incoming;  // patterns: DOMAIN\user or user

  bool accept_anonymous = false;       // N352
  bool anonymous_session_key = false;  // messages of anonymous contexts may be protected
  bool always_identify = false;        // the initiator asks for the identify level always (N354)
  bool refuse_own_challenges = false;  // N715, decision D7

  bool offer_in_negotiate = true;  // N212
  bool split_upn = false;          // D4: user@dotted.domain is user and domain
  bool allow_in_fips_mode = false;

  size_t max_token = Limits::kToken;
  size_t max_user_file = size_t{64} << 20;  // octets

  // Account sources.
  TextList initiator_user_file;         // at most one path (N415)
  TextList acceptor_user_file;          // at most one path (N430)
  bool only_warn_of_file_mode = false;  // N428
  TextList user_file_groups;            // groups that may read account files, by name (N428)
  bool keep_user_files = true;          // parsed files stay in memory between logons
  bool use_keyring = true;
  bool use_winbind = true;
  uint32_t winbind_timeout = 5;  // seconds

  TextList local_domains;  // whose users are local accounts of the same name (N411)
  TextList log_file;       // at most one path
};

// N323: seconds by which the clocks of the two sides may differ.
inline constexpr uint64_t kMaxClockSkew = uint64_t{36} * 3600;

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_POLICY_H_
