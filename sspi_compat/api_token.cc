// SPDX-License-Identifier: MIT
// Exports beyond Windows: what a token says (section 1.3).
#include <algorithm>

#include "sspi_compat/entry.h"
#include "sspi_compat/user_token.h"

namespace gss_sspi::sspi {
namespace {

SECURITY_STATUS NoToken() { return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a token"); }

SECURITY_STATUS GiveGroups(const std::vector<gid_t> &groups, ULONG *count, ULONG *out) {
  if (count == nullptr) return SEC_E_OK;
  const ULONG room = *count;
  *count = static_cast<ULONG>(groups.size());
  if (out == nullptr) return SEC_E_OK;
  if (room < groups.size()) return Fail(SEC_E_BUFFER_TOO_SMALL, "there are more groups");
  std::ranges::copy(groups, out);
  return SEC_E_OK;
}

}  // namespace
}  // namespace gss_sspi::sspi

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

SSPI_EXPORT SECURITY_STATUS SspiGetTokenUser(HANDLE Token, CONST char **ppszClient,
                                             CONST char **ppszAccount) {
  return Guard([&] {
    Clear(ppszClient);
    Clear(ppszAccount);
    const auto token = TokenOf(Token);  // the handle keeps it when this has gone
    if (!token) return NoToken();
    Set<const char *>(ppszClient, token->client().c_str());
    if (token->account()) Set<const char *>(ppszAccount, token->account()->name.c_str());
    return SEC_E_OK;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiGetTokenIds(HANDLE Token, ULONG *pUid, ULONG *pGid, ULONG *pcGroups,
                                            ULONG *pGroups) {
  return Guard([&] {
    Set<ULONG>(pUid, UINT32_MAX);  // nobody; 0 is root
    Set<ULONG>(pGid, UINT32_MAX);
    const auto token = TokenOf(Token);
    if (!token || !token->account()) {
      Clear(pcGroups);
      return token ? Fail(SEC_E_NO_IMPERSONATION, "the client has no account on this host")
                   : NoToken();
    }
    const Account &account = *token->account();
    const SECURITY_STATUS status = GiveGroups(account.groups, pcGroups, pGroups);
    if (status != SEC_E_OK) return status;
    Set<ULONG>(pUid, account.uid);
    Set<ULONG>(pGid, account.gid);
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiCloseToken(HANDLE Token) {
  return Guard([&] { return CloseToken(Token) ? SEC_E_OK : NoToken(); });
}
