// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_GSS_CHANNEL_BINDINGS_H_
#define GSS_SSPI_GSS_CHANNEL_BINDINGS_H_

#include <optional>

#include "gss/mit_gssapi.h"
#include "ntlm/keys.h"

namespace gss_sspi::gss {

// N327, [MS-NLMP] 2.2.2.1 MsvAvChannelBindings: MD5 of the structure of RFC 2744 3.11, laid out as
// in RFC 4121 4.1.1.2, addresses included. Nothing without bindings.
std::optional<ntlm::ChannelBindingsHash> HashOf(gss_channel_bindings_t bindings);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CHANNEL_BINDINGS_H_
