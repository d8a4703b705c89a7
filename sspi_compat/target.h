// SPDX-License-Identifier: MIT
// Service principal names as programs write them.
#ifndef GSS_SSPI_SSPI_TARGET_H_
#define GSS_SSPI_SSPI_TARGET_H_

#include <string_view>

#include "sspi_compat/gss.h"

namespace gss_sspi::sspi {

// service/host[:port] is a host-based service; with a third part or a realm it is a principal;
// without a slash it is an account. NTLM sends a service as it was given (MsvAvTargetName).
OM_uint32 ImportTarget(OM_uint32 *minor, std::string_view text, gss_name_t *out);

// The target when there is none: only NTLM takes it.
OM_uint32 ImportNoTarget(OM_uint32 *minor, gss_name_t *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_TARGET_H_
