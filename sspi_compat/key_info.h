// SPDX-License-Identifier: MIT
// What protects the messages of a context: the session key, and the algorithms by name and number.
#ifndef GSS_SSPI_SSPI_KEY_INFO_H_
#define GSS_SSPI_SSPI_KEY_INFO_H_

#include <sspi.h>

#include <string_view>

#include "sspi_compat/context.h"

namespace gss_sspi::sspi {

struct Algorithms {
  ULONG key_bits;
  ULONG signature;  // KERB_CHECKSUM_ number
  const char *signature_name;
  ULONG encryption;  // KERB_ETYPE_ number; of RC4 in NTLM CALG_RC4
  const char *encryption_name;
};

SECURITY_STATUS AlgorithmsOf(const Context &context, const Algorithms **out);

// The session key, and what GSSAPI tells beside it: wiped at the end.
class SessionKey {
 public:
  SessionKey() = default;
  SessionKey(const SessionKey &) = delete;
  SessionKey &operator=(const SessionKey &) = delete;
  ~SessionKey();

  SECURITY_STATUS Read(const Context &context);
  std::string_view octets() const { return Element(0); }
  // The OID of the key's encryption type; empty for NTLM.
  std::string_view type() const { return Element(1); }

 private:
  std::string_view Element(size_t index) const;
  GssBufferSet set_;
};

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_KEY_INFO_H_
