// SPDX-License-Identifier: MIT
// The names an acceptor tells in its CHALLENGE: the four that [MS-NLMP] 3.2.5.1.1 asks for.
#ifndef GSS_SSPI_NTLM_SERVER_NAMES_H_
#define GSS_SSPI_NTLM_SERVER_NAMES_H_

#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "ntlm/flags.h"

namespace gss_sspi::ntlm {

// Made once per credential, for many CHALLENGEs.
class ServerNames {
 public:
  struct Source {
    std::string_view nb_computer, nb_domain, dns_computer, dns_domain;  // UTF-8
    bool joined = false;  // the domain is one of its own, and not the computer's name
  };
  static Result<ServerNames> Make(const Source &source);

  // TargetName in UTF-16LE or OEM, and the flag that says what it is.
  ByteView target_name(Flags flags) const;
  Flags target_type() const { return joined_ ? kTargetTypeDomain : kTargetTypeServer; }
  // AV_PAIRs 2, 1, 4, 3, without MsvAvTimestamp and MsvAvEOL.
  ByteView av_pairs() const { return av_pairs_.view(); }

 private:
  Buffer av_pairs_;
  Buffer target_oem_;
  ByteView target_utf16_;  // in av_pairs_
  bool joined_ = false;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_SERVER_NAMES_H_
