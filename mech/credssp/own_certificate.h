// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CREDSSP_OWN_CERTIFICATE_H_
#define GSS_SSPI_CREDSSP_OWN_CERTIFICATE_H_

#include <openssl/types.h>

#include "core/result.h"

namespace gss_sspi::credssp {

// Gives an acceptor's context the certificate of this process: self-signed, RSA with 2048 bits,
// since some initiators take no other key. The first call makes it, for `host`, 1 to 64 octets
// (C62).
Error UseOwnCertificate(SSL_CTX *context, const char *host);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_OWN_CERTIFICATE_H_
