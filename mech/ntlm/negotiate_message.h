// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.1.1 NEGOTIATE_MESSAGE.
#ifndef GSS_SSPI_NTLM_NEGOTIATE_MESSAGE_H_
#define GSS_SSPI_NTLM_NEGOTIATE_MESSAGE_H_

#include <array>

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/flags.h"

namespace gss_sspi::ntlm {

struct NegotiateMessage {
  static constexpr size_t kSize = 40;

  Flags negotiate_flags = 0;
  // DomainName and Workstation are OEM text of no use to us (N333): checked to lie inside of the
  // message, and dropped.
  bool trailing_octets = false;  // behind the last payload; only a MIC can vouch for them (N346)

  // Takes 16 octets and more: peers leave out what is empty (N340).
  static Result<NegotiateMessage> Parse(ByteView message);

  // With VERSION, and without domain and workstation names.
  void Build(std::span<uint8_t, kSize> out) const;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_NEGOTIATE_MESSAGE_H_
