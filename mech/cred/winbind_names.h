// SPDX-License-Identifier: MIT
// What winbind calls this host and its domain: the names of a CHALLENGE (N303, N615).
#ifndef GSS_SSPI_CRED_WINBIND_NAMES_H_
#define GSS_SSPI_CRED_WINBIND_NAMES_H_

#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "ntlm/server_names.h"

namespace gss_sspi::cred {

// So long winbind may take to tell them to an acceptor, since it may have much to do.
inline constexpr uint32_t kWinbindNamesMilliseconds = 1000;
// And so long after it was late: a winbind that hangs delays no login of another mechanism.
inline constexpr uint32_t kLateWinbindMilliseconds = 40;

// Never changed once it is made. Text is UTF-8.
class WinbindNames : public Shared {
 public:
  // Asks winbind, at most so long, unless it has answered within the last seconds or another thread
  // is asking again. With the status kNoCredential when libwbclient is not installed,
  // kBackEndUnavailable when winbind does not answer.
  static Result<Ref<WinbindNames>> Current(uint32_t milliseconds = kWinbindNamesMilliseconds);

  std::string_view netbios_name() const { return netbios_name_; }
  std::string_view netbios_domain() const { return netbios_domain_; }
  std::string_view dns_domain() const { return dns_domain_; }  // may be empty

  // The views of `otherwise`, which is about this host, for what winbind does not tell.
  ntlm::ServerNames::Source Source(const ntlm::ServerNames::Source &otherwise) const;

 private:
  static Result<Ref<WinbindNames>> Ask(uint32_t milliseconds, bool *late);
  Error Assign(std::string_view netbios_name, std::string_view netbios_domain,
               std::string_view dns_domain);

  Buffer text_;
  std::string_view netbios_name_, netbios_domain_, dns_domain_, dns_computer_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_NAMES_H_
