// SPDX-License-Identifier: MIT
// The user token of an acceptor's client.
#ifndef GSS_SSPI_SSPI_CLIENT_TOKEN_H_
#define GSS_SSPI_SSPI_CLIENT_TOKEN_H_

#include <sspi.h>

#include "sspi_compat/context.h"
#include "sspi_compat/user_token.h"

namespace gss_sspi::sspi {

// SEC_E_INVALID_HANDLE unless the context is that of an acceptor and established.
SECURITY_STATUS MakeClientToken(const Context &context, std::shared_ptr<const UserToken> *out);
SECURITY_STATUS GiveClientToken(const Context &context, HANDLE *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_CLIENT_TOKEN_H_
