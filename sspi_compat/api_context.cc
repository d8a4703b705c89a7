// SPDX-License-Identifier: MIT
// Exports: contexts.
#include <schannel.h>

#include <cstring>

#include "sspi_compat/attributes.h"
#include "sspi_compat/client_token.h"
#include "sspi_compat/entry.h"
#include "sspi_compat/handles.h"
#include "sspi_compat/impersonation.h"
#include "sspi_compat/packed_context.h"
#include "sspi_compat/sec_buffers.h"
#include "sspi_compat/text.h"
#include "sspi_compat/time_stamp.h"

namespace gss_sspi::sspi {
namespace {

struct Handles {
  PCredHandle credential;
  PCtxtHandle context;
  PCtxtHandle new_context;
};

SECURITY_STATUS NoContext() { return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a context"); }

bool CanServe(const Credential &credential, Role role) {
  return role == Role::kInitiator ? credential.CanInitiate() : credential.CanAccept();
}

// S9, S10, S11, L19.
SECURITY_STATUS FindCredential(const Handles &handles, Role role,
                               std::shared_ptr<Credential> *out) {
  if (handles.credential == nullptr && handles.context != nullptr) return SEC_E_OK;
  *out = CredentialOf(handles.credential);
  if (!*out) return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a credential");
  if (CanServe(**out, role)) return SEC_E_OK;
  return Fail(SEC_E_NO_CREDENTIALS, "the credential was acquired for the other role");
}

// S12 to S19. The handle comes first, so that nothing can fail when the token has been given.
SECURITY_STATUS Begin(const Handles &handles, Role role, std::shared_ptr<Credential> credential,
                      Leg *leg) {
  if (handles.new_context == nullptr) {
    return Fail(SEC_E_INVALID_HANDLE, "there is no place for the handle of the context");
  }
  SecHandle handle = Contexts().Add(std::make_unique<Context>(role, std::move(credential)));
  SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
  try {
    status = Contexts().Find(&handle)->Continue(leg);
  } catch (...) {
    Contexts().Remove(&handle);
    throw;
  }
  if (IsFailure(status)) {
    Contexts().Remove(&handle);
  } else {
    *handles.new_context = handle;
  }
  return status;
}

SECURITY_STATUS GoOn(const Handles &handles, Role role, std::shared_ptr<Credential> credential,
                     Leg *leg) {
  const SecHandle handle = *handles.context;
  const auto context = Contexts().Find(&handle);
  if (!context || context->role() != role) return NoContext();
  if (credential && !context->Renew(std::move(credential))) {
    return Fail(SEC_E_WRONG_CREDENTIAL_HANDLE, "the credential is for another package");
  }
  const SECURITY_STATUS status = context->Continue(leg);
  if (!IsFailure(status)) Set(handles.new_context, handle);
  return status;
}

SECURITY_STATUS ContinueHandshake(const Handles &handles, Role role, Leg *leg, ULONG *attributes,
                                  PTimeStamp expiry) {
  // L9.
  Clear(attributes);
  Clear(expiry);
  std::shared_ptr<Credential> credential;
  if (const SECURITY_STATUS status = FindCredential(handles, role, &credential);
      status != SEC_E_OK) {
    return status;
  }
  const auto step = handles.context == nullptr ? Begin : GoOn;
  const SECURITY_STATUS status = step(handles, role, std::move(credential), leg);
  Set(attributes, leg->attributes);
  if (!IsFailure(status) && expiry != nullptr) {
    *expiry = TimeAfter(status == SEC_E_OK ? leg->lifetime : GSS_C_INDEFINITE);
  }
  return status;
}

template <typename Char>
SECURITY_STATUS Initialize(const Handles &handles, const Char *target, bool reserved, Leg *leg,
                           ULONG *attributes, PTimeStamp expiry) {
  Clear(attributes);
  Clear(expiry);
  if (reserved) return Fail(SEC_E_INVALID_PARAMETER, "Reserved1 and Reserved2 are 0");
  std::optional<std::string> text;
  if (target != nullptr) {
    text = TextOfCaller(target);
    if (!text) return Fail(SEC_E_TARGET_UNKNOWN, "the target name is not well-formed text");
    leg->target = text->c_str();
  }
  return ContinueHandshake(handles, Role::kInitiator, leg, attributes, expiry);
}

template <typename Char>
SECURITY_STATUS QueryContext(PCtxtHandle handle, ULONG attribute, void *buffer, size_t size) {
  const auto context = Contexts().Find(handle);
  if (!context) return NoContext();
  return QueryAttribute<Char>((*context).get(), attribute, buffer, size);
}

template <typename Char>
SECURITY_STATUS Import(const Char *package_name, PSecBuffer packed, PCtxtHandle out) {
  if (out == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the handle");
  const auto name = TextOfCaller(package_name);
  const Package *package = name ? FindPackage(*name) : nullptr;
  if (package == nullptr) return Fail(SEC_E_SECPKG_NOT_FOUND, "there is no such package");
  std::unique_ptr<Context> context;
  if (const SECURITY_STATUS status = UnpackContext(*package, packed, &context);
      status != SEC_E_OK) {
    return status;
  }
  *out = Contexts().Add(std::move(context));
  return SEC_E_OK;
}

}  // namespace
}  // namespace gss_sspi::sspi

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

// S1. TargetDataRep changes nothing (S58).
SSPI_EXPORT SECURITY_STATUS InitializeSecurityContextA(
    PCredHandle phCredential, PCtxtHandle phContext, SEC_CHAR *pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG /*TargetDataRep*/, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  return Guard([&] {
    Leg leg{.request = fContextReq, .input = pInput, .output = pOutput};
    return Initialize({phCredential, phContext, phNewContext}, pszTargetName,
                      Reserved1 != 0 || Reserved2 != 0, &leg, pfContextAttr, ptsExpiry);
  });
}

SSPI_EXPORT SECURITY_STATUS InitializeSecurityContextW(
    PCredHandle phCredential, PCtxtHandle phContext, SEC_WCHAR *pszTargetName, ULONG fContextReq,
    ULONG Reserved1, ULONG /*TargetDataRep*/, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  return Guard([&] {
    Leg leg{.request = fContextReq, .input = pInput, .output = pOutput};
    return Initialize({phCredential, phContext, phNewContext}, pszTargetName,
                      Reserved1 != 0 || Reserved2 != 0, &leg, pfContextAttr, ptsExpiry);
  });
}

// S3.
SSPI_EXPORT SECURITY_STATUS AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext,
                                                  PSecBufferDesc pInput, ULONG fContextReq,
                                                  ULONG /*TargetDataRep*/, PCtxtHandle phNewContext,
                                                  PSecBufferDesc pOutput, ULONG *pfContextAttr,
                                                  PTimeStamp ptsExpiry) {
  return Guard([&] {
    Leg leg{.request = fContextReq, .input = pInput, .output = pOutput};
    return ContinueHandshake({phCredential, phContext, phNewContext}, Role::kAcceptor, &leg,
                             pfContextAttr, ptsExpiry);
  });
}

// L10: there is nothing to complete.
SSPI_EXPORT SECURITY_STATUS CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc /*pToken*/) {
  return Guard([&] { return Contexts().Find(phContext) ? SEC_E_OK : NoContext(); });
}

SSPI_EXPORT SECURITY_STATUS DeleteSecurityContext(PCtxtHandle phContext) {
  return Guard([&] { return Contexts().Remove(phContext) ? SEC_E_OK : NoContext(); });
}

// C95: CREDSSP has one, SCHANNEL_SHUTDOWN.
SSPI_EXPORT SECURITY_STATUS ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput) {
  return Guard([&] {
    const auto context = Contexts().Find(phContext);
    if (!context) return NoContext();
    const gss_buffer_desc token = InputToken(pInput);
    DWORD kind = 0;
    if (&context->package() != &kCredssp || !context->is_open() || token.length != sizeof kind) {
      return Unsupported("a control token of this package");
    }
    std::memcpy(&kind, token.value, sizeof kind);
    if (kind != SCHANNEL_SHUTDOWN) return Unsupported("a control token but SCHANNEL_SHUTDOWN");
    (*context)->Shutdown();
    return SEC_E_OK;
  });
}

SSPI_EXPORT SECURITY_STATUS QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
                                                    PVOID pBuffer) {
  return Guard([&] { return QueryContext<SEC_CHAR>(phContext, ulAttribute, pBuffer, SIZE_MAX); });
}

SSPI_EXPORT SECURITY_STATUS QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
                                                    PVOID pBuffer) {
  return Guard([&] { return QueryContext<SEC_WCHAR>(phContext, ulAttribute, pBuffer, SIZE_MAX); });
}

SSPI_EXPORT SECURITY_STATUS QueryContextAttributesExA(PCtxtHandle phContext, ULONG ulAttribute,
                                                      PVOID pBuffer, ULONG cbBuffer) {
  return Guard([&] { return QueryContext<SEC_CHAR>(phContext, ulAttribute, pBuffer, cbBuffer); });
}

SSPI_EXPORT SECURITY_STATUS QueryContextAttributesExW(PCtxtHandle phContext, ULONG ulAttribute,
                                                      PVOID pBuffer, ULONG cbBuffer) {
  return Guard([&] { return QueryContext<SEC_WCHAR>(phContext, ulAttribute, pBuffer, cbBuffer); });
}

SSPI_EXPORT SECURITY_STATUS QuerySecurityContextToken(PCtxtHandle phContext, PVOID *Token) {
  return Guard([&] {
    Clear(Token);
    const auto context = Contexts().Find(phContext);
    if (!context) return NoContext();
    if (Token == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the token");
    return GiveClientToken(**context, Token);
  });
}

SSPI_EXPORT SECURITY_STATUS ImpersonateSecurityContext(PCtxtHandle phContext) {
  return Guard([&] {
    const auto context = Contexts().Find(phContext);
    if (!context) return NoContext();
    std::shared_ptr<const UserToken> token;
    if (MakeClientToken(**context, &token) != SEC_E_OK) {
      return Fail(SEC_E_NO_IMPERSONATION, "%s", std::string(LastFailure()).c_str());
    }
    return Impersonate(*token);
  });
}

// L13. What is restored belongs to the thread, so the context may be gone.
SSPI_EXPORT SECURITY_STATUS RevertSecurityContext(PCtxtHandle phContext) {
  return Guard([&] {
    if (!Impersonates() && !Contexts().Find(phContext)) return NoContext();
    return Revert();
  });
}

SSPI_EXPORT SECURITY_STATUS ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
                                                  PSecBuffer pPackedContext, PVOID *pToken) {
  return Guard([&] {
    Clear(pToken);
    if (pPackedContext == nullptr) {
      return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the packed context");
    }
    bool gone = false;
    SECURITY_STATUS status = SEC_E_INVALID_HANDLE;
    {
      const auto context = Contexts().Find(phContext);
      if (!context) return NoContext();
      status = PackContext((*context).get(), fFlags, pPackedContext, &gone);
    }
    if (gone) Contexts().Remove(phContext);
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS ImportSecurityContextA(SEC_CHAR *pszPackage, PSecBuffer pPackedContext,
                                                   PVOID /*Token*/, PCtxtHandle phContext) {
  return Guard([&] { return Import(pszPackage, pPackedContext, phContext); });
}

SSPI_EXPORT SECURITY_STATUS ImportSecurityContextW(SEC_WCHAR *pszPackage, PSecBuffer pPackedContext,
                                                   PVOID /*Token*/, PCtxtHandle phContext) {
  return Guard([&] { return Import(pszPackage, pPackedContext, phContext); });
}
