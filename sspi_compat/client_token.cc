// SPDX-License-Identifier: MIT
#include "sspi_compat/client_token.h"

#include <gssapi/gssapi_ext.h>

#include "sspi_compat/status.h"

namespace gss_sspi::sspi {

SECURITY_STATUS MakeClientToken(const Context &context, std::shared_ptr<const UserToken> *out) {
  if (context.role() != Role::kAcceptor || !context.is_open()) {
    return Fail(SEC_E_INVALID_HANDLE, "only an established acceptor knows its client");
  }
  GssName initiator;
  if (const SECURITY_STATUS status = context.Names(&initiator, nullptr); status != SEC_E_OK) {
    return status;
  }
  const auto level = (context.gss_flags() & GSS_C_IDENTIFY_FLAG) != 0
                         ? UserToken::Level::kIdentify
                         : UserToken::Level::kImpersonate;
  return UserToken::Make(initiator.get(), context.mech(), level, out);
}

SECURITY_STATUS GiveClientToken(const Context &context, HANDLE *out) {
  std::shared_ptr<const UserToken> token;
  const SECURITY_STATUS status = MakeClientToken(context, &token);
  if (status == SEC_E_OK) *out = GiveHandle(std::move(token));
  return status;
}

}  // namespace gss_sspi::sspi
