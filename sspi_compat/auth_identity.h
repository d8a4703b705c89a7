// SPDX-License-Identifier: MIT
// The Sspi* family (section 4.3): identities as objects of this library, each of them one block.
//
// Where Microsoft's pages name no code: a null argument is SEC_E_INVALID_PARAMETER, an identity
// that cannot be read SEC_E_UNKNOWN_CREDENTIALS, as in AcquireCredentialsHandle.
#ifndef GSS_SSPI_SSPI_AUTH_IDENTITY_H_
#define GSS_SSPI_SSPI_AUTH_IDENTITY_H_

#include <sspi.h>

#include "sspi_compat/memory.h"

namespace gss_sspi::sspi {

// A SEC_WINNT_AUTH_IDENTITY_EXW, or _EXA, with its texts behind it, each with a NUL.
using IdentityBlock = ContextBuffer<SEC_WINNT_AUTH_IDENTITY_EXW>;

// Each text may be null, but not all of them: SEC_E_INVALID_TOKEN.
SECURITY_STATUS EncodeStrings(const WCHAR *user, const WCHAR *domain, const WCHAR *password,
                              IdentityBlock *out);

// The texts, up to their first NUL, null where the identity has none: a wiped password is an empty
// one.
struct IdentityStrings {
  ContextBuffer<WCHAR> user, domain, password;
};
SECURITY_STATUS DecodeStrings(const void *identity, IdentityStrings *out);

SECURITY_STATUS CopyIdentity(const void *identity, IdentityBlock *out);

// A copy whose PackageList forbids the package too. No identity means default credentials.
SECURITY_STATUS ExcludePackage(const void *identity, const WCHAR *package, IdentityBlock *out);

SECURITY_STATUS ValidateIdentity(const void *identity);

// The same user: of the same name and domain, in any case. The same identity: with the same
// password as well, or both without. No identity is the same as no identity.
SECURITY_STATUS CompareIdentities(const void *one, const void *other, bool *same_user,
                                  bool *same_identity);

// Overwrites the password where it is; nothing else changes.
void ZeroIdentity(void *identity);

// The host of "service/host:port/name", "host:port", "\\host" or "host"; brackets of an IPv6
// address stay away. SEC_E_TARGET_UNKNOWN when there is none.
SECURITY_STATUS HostOfTarget(const WCHAR *target, ContextBuffer<WCHAR> *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_AUTH_IDENTITY_H_
