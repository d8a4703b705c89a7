// SPDX-License-Identifier: MIT
// What the administrator decides of CredSSP, section [credssp] of the policy file (C67 to C69, C74,
// C80, C83). Without the section: passwords that the program itself gave may go to every server.
#ifndef GSS_SSPI_POLICY_CREDSSP_POLICY_H_
#define GSS_SSPI_POLICY_CREDSSP_POLICY_H_

#include <cstdint>
#include <string_view>

#include "core/text_list.h"

namespace gss_sspi {

// C80: a floor of the version, for initiators and acceptors.
enum class EncryptionOracle : uint8_t { kUnset, kForce, kMitigated, kVulnerable };

// C61: a floor of what `credssp:verify` says.
enum class LeastVerify : uint8_t { kNone, kAuthority, kPin };

struct CredsspPolicy {
  // Lists of SPNs, with '*' for any text. "Fresh": the program gave the password for this
  // credential; "default": it comes from a file. The lists "ntlm_only" hold where nothing proves
  // the server's name, too. Without both lists "fresh" every server is allowed (C69).
  TextList allow_fresh;
  TextList allow_fresh_ntlm_only;
  TextList allow_default;
  TextList allow_default_ntlm_only;
  TextList deny;

  uint32_t least_version = 0;  // 0: not set
  EncryptionOracle encryption_oracle = EncryptionOracle::kUnset;
  LeastVerify least_verify = LeastVerify::kNone;
  bool allows_ntlm = true;
  TextList realms;    // NETBIOS=REALM
  TextList log_file;  // at most one path
};

// C68.
enum class Delegates : uint8_t { kNever, kToProvenServers, kAlways };
Delegates MayDelegate(const CredsspPolicy &policy, bool is_fresh, std::string_view service,
                      std::string_view host);

// C80: what a key of the program comes to, 0 for none.
uint32_t LeastVersion(const CredsspPolicy &policy, bool initiates, uint32_t wanted);

// C74: the realm of a domain in the list; empty for none.
std::string_view MappedRealm(const CredsspPolicy &policy, std::string_view domain);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_CREDSSP_POLICY_H_
