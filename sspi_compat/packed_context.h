// SPDX-License-Identifier: MIT
// Established contexts as octets, for another process of the same host.
#ifndef GSS_SSPI_SSPI_PACKED_CONTEXT_H_
#define GSS_SSPI_SSPI_PACKED_CONTEXT_H_

#include <sspi.h>

#include <memory>

#include "sspi_compat/context.h"

namespace gss_sspi::sspi {

// `flags` is 0 or SECPKG_CONTEXT_EXPORT_DELETE_OLD; GSSAPI has no way to serve the other ones.
// `gone` is set when the context can only be removed.
SECURITY_STATUS PackContext(Context *context, ULONG flags, SecBuffer *out, bool *gone);

SECURITY_STATUS UnpackContext(const Package &package, const SecBuffer *packed,
                              std::unique_ptr<Context> *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_PACKED_CONTEXT_H_
