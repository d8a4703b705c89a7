// SPDX-License-Identifier: MIT
// Attributes of contexts of CREDSSP (section 3.3 of its requirements).
#ifndef GSS_SSPI_SSPI_STREAM_ATTRIBUTES_H_
#define GSS_SSPI_SSPI_STREAM_ATTRIBUTES_H_

#include "sspi_compat/context.h"

namespace gss_sspi::sspi {

// Each fills the structure of its attribute.
SECURITY_STATUS QueryStreamSizes(Context *context, void *out);
SECURITY_STATUS QueryRemoteCertificate(Context *context, void *out);
SECURITY_STATUS QueryIssuers(Context *context, void *out);
SECURITY_STATUS QueryConnectionInfo(Context *context, void *out);
SECURITY_STATUS QueryNegotiationPackage(Context *context, void *out);
SECURITY_STATUS QueryServerAuthFlags(Context *context, void *out);
SECURITY_STATUS QueryTrustStatus(Context *context, void *out);
SECURITY_STATUS QueryClientCreds(Context *context, void *out);
SECURITY_STATUS QueryUniqueBindings(Context *context, void *out);
SECURITY_STATUS QueryEndPointBindings(Context *context, void *out);

// Why the server's certificate was refused.
SECURITY_STATUS StatusOfCertificate(const Context &context);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_STREAM_ATTRIBUTES_H_
