// SPDX-License-Identifier: MIT
// Message protection (section 5), in place, on the iov functions of GSSAPI. Nothing is allocated
// for lists of ordinary length.
#ifndef GSS_SSPI_SSPI_MESSAGE_H_
#define GSS_SSPI_SSPI_MESSAGE_H_

#include <sspi.h>

#include "sspi_compat/context.h"

namespace gss_sspi::sspi {

SECURITY_STATUS Encrypt(Context *context, ULONG qop, const SecBufferDesc *message);
// `qop` may be null. NTLM leaves it alone.
SECURITY_STATUS Decrypt(Context *context, const SecBufferDesc *message, ULONG *qop);
SECURITY_STATUS Sign(Context *context, ULONG qop, const SecBufferDesc *message);
SECURITY_STATUS Verify(Context *context, const SecBufferDesc *message, ULONG *qop);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_MESSAGE_H_
