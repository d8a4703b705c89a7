// SPDX-License-Identifier: MIT
// What this host calls itself in NTLM messages.
#ifndef GSS_SSPI_CRED_HOST_IDENTITY_H_
#define GSS_SSPI_CRED_HOST_IDENTITY_H_

#include <string_view>

#include "core/result.h"
#include "ntlm/server_names.h"

namespace gss_sspi::cred {

// NETBIOS_COMPUTER_NAME and NETBIOS_DOMAIN_NAME (N419) where they are set, else made from the host
// name. A host without a domain uses its own name for it, as a stand-alone server does.
class HostIdentity {
 public:
  static Result<HostIdentity> OfThisHost();

  // Whether the host has this name still. The variables are the caller's to compare.
  bool HasSameHostName() const;

  std::string_view nb_computer() const { return nb_computer_; }
  std::string_view host() const { return host_; }  // as gethostname(2) gives it
  ntlm::ServerNames::Source server_names() const;

 private:
  static constexpr size_t kMaxNetbiosName = 15;
  static constexpr size_t kMaxHostName = 255;

  char host_[kMaxHostName + 1] = {};
  char nb_computer_[kMaxHostName + 1] = {};
  char nb_domain_[kMaxHostName + 1] = {};
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_HOST_IDENTITY_H_
