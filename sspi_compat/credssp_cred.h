// SPDX-License-Identifier: MIT
// pAuthData of the package CREDSSP: CREDSSP_CRED in its forms (C85, C86).
#ifndef GSS_SSPI_SSPI_CREDSSP_CRED_H_
#define GSS_SSPI_SSPI_CREDSSP_CRED_H_

#include <sspi.h>

#include <string>

#include "sspi_compat/identity.h"

namespace gss_sspi::sspi {

// What a SCHANNEL_CRED says of TLS, as values of the mechanism's keys; "" for nothing.
struct TlsWishes {
  std::string certificate_file;
  std::string least_version, most_version;
  bool verifies_server = false;
};

// Null stands for default credentials. SEC_E_UNKNOWN_CREDENTIALS for what is none of the forms,
// SEC_E_UNSUPPORTED_FUNCTION for those that are not supported.
SECURITY_STATUS ParseCredsspCred(const void *auth_data, Identity *identity, TlsWishes *tls);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_CREDSSP_CRED_H_
