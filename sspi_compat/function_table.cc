// SPDX-License-Identifier: MIT
// The function tables of InitSecurityInterface (section 3.2). They are constant data; the interface
// only lacks the word.
#include "sspi_compat/entry.h"

namespace {

// The order of the members is the ABI. Reserved3 and Reserved4 are the old SealMessage and
// UnsealMessage.
#define SSPI_FUNCTION_TABLE(X)                                                                    \
  {                                                                                               \
    SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION, EnumerateSecurityPackages##X,                    \
        QueryCredentialsAttributes##X, AcquireCredentialsHandle##X, FreeCredentialsHandle,        \
        nullptr, InitializeSecurityContext##X, AcceptSecurityContext, CompleteAuthToken,          \
        DeleteSecurityContext, ApplyControlToken, QueryContextAttributes##X,                      \
        ImpersonateSecurityContext, RevertSecurityContext, MakeSignature, VerifySignature,        \
        FreeContextBuffer, QuerySecurityPackageInfo##X, reinterpret_cast<PVOID>(EncryptMessage),  \
        reinterpret_cast<PVOID>(DecryptMessage), ExportSecurityContext, ImportSecurityContext##X, \
        AddCredentials##X, nullptr, QuerySecurityContextToken, EncryptMessage, DecryptMessage,    \
        SetContextAttributes##X, SetCredentialsAttributes##X, ChangeAccountPassword##X,           \
        QueryContextAttributesEx##X, QueryCredentialsAttributesEx##X                              \
  }

const SecurityFunctionTableA kTableA = SSPI_FUNCTION_TABLE(A);
const SecurityFunctionTableW kTableW = SSPI_FUNCTION_TABLE(W);

}  // namespace

SSPI_EXPORT PSecurityFunctionTableA InitSecurityInterfaceA(void) {
  return const_cast<PSecurityFunctionTableA>(&kTableA);
}

SSPI_EXPORT PSecurityFunctionTableW InitSecurityInterfaceW(void) {
  return const_cast<PSecurityFunctionTableW>(&kTableW);
}
