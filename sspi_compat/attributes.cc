// SPDX-License-Identifier: MIT
#include "sspi_compat/attributes.h"

#include <credssp.h>
#include <gssapi/gssapi_ext.h>
#include <schannel.h>

#include <cstring>
#include <string>
#include <type_traits>

#include "sspi_compat/client_token.h"
#include "sspi_compat/key_info.h"
#include "sspi_compat/status.h"
#include "sspi_compat/stream.h"
#include "sspi_compat/stream_attributes.h"
#include "sspi_compat/text.h"
#include "sspi_compat/time_stamp.h"

namespace gss_sspi::sspi {
namespace {

// The structure of an attribute that has text, by the kind of its text.
template <typename Char, typename A, typename W>
using Pick = std::conditional_t<std::is_same_v<Char, SEC_CHAR>, A, W>;

// The package whose mechanism was chosen; before that the one that was asked for.
const Package &ActualPackage(const Context &context) {
  const Package *known = PackageOf(context.mech());
  return known != nullptr ? *known : context.package();
}

SECURITY_STATUS QuerySizes(Context *context, void *out) {
  // Before the key is there, only NTLM's are known.
  constexpr Context::Sizes kUnknown{};
  const Context::Sizes *sizes = &context->package() == &kNtlm ? &Context::kNtlmSizes : &kUnknown;
  Context::Sizes of_stream{.signature = 0, .trailer = 0, .block = 1};
  if (context->is_open() && &context->package() == &kCredssp) {
    SecPkgContext_StreamSizes records;
    if (const SECURITY_STATUS status = GetStreamSizes(context, &records); status != SEC_E_OK) {
      return status;
    }
    of_stream.trailer = records.cbHeader + records.cbTrailer;
    sizes = &of_stream;
  } else if (context->is_open()) {
    if (const SECURITY_STATUS status = context->GetSizes(&sizes); status != SEC_E_OK) return status;
  }
  *static_cast<SecPkgContext_Sizes *>(out) = {.cbMaxToken = ActualPackage(*context).max_token,
                                              .cbMaxSignature = sizes->signature,
                                              .cbBlockSize = sizes->block,
                                              .cbSecurityTrailer = sizes->trailer};
  return SEC_E_OK;
}

template <typename Char>
SECURITY_STATUS QueryNames(Context *context, void *out) {
  GssName initiator;
  if (const SECURITY_STATUS status = context->Names(&initiator, nullptr); status != SEC_E_OK) {
    return status;
  }
  const std::string name = DisplayName(initiator.get());
  if (name.empty()) return Fail(SEC_E_UNSUPPORTED_FUNCTION, "the client has no name");
  using Names = Pick<Char, SecPkgContext_NamesA, SecPkgContext_NamesW>;
  static_cast<Names *>(out)->sUserName = GiveText<Char>(name).release();
  return SEC_E_OK;
}

template <typename Char>
SECURITY_STATUS QueryNativeNames(Context *context, void *out) {
  GssName initiator, acceptor;
  if (const SECURITY_STATUS status = context->Names(&initiator, &acceptor); status != SEC_E_OK) {
    return status;
  }
  auto client = GiveText<Char>(DisplayName(initiator.get()));
  auto server = GiveText<Char>(DisplayName(acceptor.get()));
  using Names = Pick<Char, SecPkgContext_NativeNamesA, SecPkgContext_NativeNamesW>;
  *static_cast<Names *>(out) = {client.release(), server.release()};
  return SEC_E_OK;
}

SECURITY_STATUS QueryLifespan(Context *context, void *out) {
  *static_cast<SecPkgContext_Lifespan *>(out) = {.tsStart = {},
                                                 .tsExpiry = TimeAfter(context->Lifetime())};
  return SEC_E_OK;
}

SECURITY_STATUS QueryFlags(Context *context, void *out) {
  static_cast<SecPkgContext_Flags *>(out)->Flags = context->attributes();
  return SEC_E_OK;
}

template <typename Char>
SECURITY_STATUS QueryKeyInfo(Context *context, void *out) {
  const Algorithms *algorithms = nullptr;
  if (const SECURITY_STATUS status = AlgorithmsOf(*context, &algorithms); status != SEC_E_OK) {
    return status;
  }
  auto signature = GiveText<Char>(algorithms->signature_name);
  auto encryption = GiveText<Char>(algorithms->encryption_name);
  using KeyInfo = Pick<Char, SecPkgContext_KeyInfoA, SecPkgContext_KeyInfoW>;
  *static_cast<KeyInfo *>(out) = {.sSignatureAlgorithmName = signature.release(),
                                  .sEncryptAlgorithmName = encryption.release(),
                                  .KeySize = algorithms->key_bits,
                                  .SignatureAlgorithm = algorithms->signature,
                                  .EncryptAlgorithm = algorithms->encryption};
  return SEC_E_OK;
}

SECURITY_STATUS QuerySessionKey(Context *context, void *out) {
  SessionKey key;
  if (const SECURITY_STATUS status = key.Read(*context); status != SEC_E_OK) return status;
  const std::string_view octets = key.octets();
  auto copy = NewContextBuffer<unsigned char>(octets.size());
  std::memcpy(copy.get(), octets.data(), octets.size());
  *static_cast<SecPkgContext_SessionKey *>(out) = {
      .SessionKeyLength = static_cast<ULONG>(octets.size()), .SessionKey = copy.release()};
  return SEC_E_OK;
}

template <typename Char>
auto *InfoOf(const Context &context) {
  using Info = Pick<Char, SecPkgInfoA, SecPkgInfoW>;
  const Package *package = &ActualPackage(context);
  return MakeInfo<Info>({&package, 1}).release();
}

template <typename Char>
SECURITY_STATUS QueryPackageInfo(Context *context, void *out) {
  using PackageInfo = Pick<Char, SecPkgContext_PackageInfoA, SecPkgContext_PackageInfoW>;
  static_cast<PackageInfo *>(out)->PackageInfo = InfoOf<Char>(*context);
  return SEC_E_OK;
}

template <typename Char>
SECURITY_STATUS QueryNegotiationInfo(Context *context, void *out) {
  using NegotiationInfo =
      Pick<Char, SecPkgContext_NegotiationInfoA, SecPkgContext_NegotiationInfoW>;
  const ULONG state =
      context->is_open() ? SECPKG_NEGOTIATION_COMPLETE : SECPKG_NEGOTIATION_IN_PROGRESS;
  *static_cast<NegotiationInfo *>(out) = {.PackageInfo = InfoOf<Char>(*context),
                                          .NegotiationState = state};
  return SEC_E_OK;
}

// MsvAvTargetName, as an attribute of the client's name; "" for none.
SECURITY_STATUS TargetOfNtlm(const Context &context, std::string *out) {
  GssName initiator;
  if (const SECURITY_STATUS status = context.Names(&initiator, nullptr); status != SEC_E_OK) {
    return status;
  }
  gss_buffer_desc attribute = BufferOf(GSS_NTLM_ATTR_TARGET);
  OM_uint32 minor = 0;
  int more = -1;
  GssBuffer value;
  const OM_uint32 major = gss_get_name_attribute(&minor, initiator.get(), &attribute, nullptr,
                                                 nullptr, value.out(), nullptr, &more);
  if (!GSS_ERROR(major)) *out = value.text();
  return SEC_E_OK;
}

// The principal of the ticket.
SECURITY_STATUS TargetOfKerberos(const Context &context, std::string *out) {
  GssName acceptor;
  const SECURITY_STATUS status = context.Names(nullptr, &acceptor);
  if (status == SEC_E_OK) *out = DisplayName(acceptor.get());
  return status;
}

// What the client asked for: the target it gave, or, for an acceptor, what it told.
SECURITY_STATUS TargetOf(const Context &context, std::string *out) {
  SECURITY_STATUS status = SEC_E_OK;
  if (context.role() == Role::kInitiator) {
    *out = context.target();
  } else {
    status = context.IsNtlm() ? TargetOfNtlm(context, out) : TargetOfKerberos(context, out);
  }
  if (status != SEC_E_OK) return status;
  if (out->empty()) return Fail(SEC_E_UNSUPPORTED_FUNCTION, "no target name was given");
  return SEC_E_OK;
}

SECURITY_STATUS QueryTarget(Context *context, void *out) {
  std::string target;
  if (const SECURITY_STATUS status = TargetOf(*context, &target); status != SEC_E_OK) return status;
  *static_cast<SecPkgContext_Target *>(out) = {.TargetLength = static_cast<ULONG>(target.size()),
                                               .Target = GiveText<SEC_CHAR>(target).release()};
  return SEC_E_OK;
}

SECURITY_STATUS QueryClientSpecifiedTarget(Context *context, void *out) {
  std::string target;
  if (const SECURITY_STATUS status = TargetOf(*context, &target); status != SEC_E_OK) return status;
  static_cast<SecPkgContext_ClientSpecifiedTarget *>(out)->sTargetName =
      GiveText<SEC_WCHAR>(target).release();
  return SEC_E_OK;
}

SECURITY_STATUS QueryAccessToken(Context *context, void *out) {
  HANDLE token = nullptr;
  const SECURITY_STATUS status = GiveClientToken(*context, &token);
  if (status == SEC_E_OK) static_cast<SecPkgContext_AccessToken *>(out)->AccessToken = token;
  return status;
}

SECURITY_STATUS QueryLastClientTokenStatus(Context *context, void *out) {
  static_cast<SecPkgContext_LastClientTokenStatus *>(out)->LastClientTokenStatus =
      context->is_open() ? SecPkgAttrLastClientTokenYes : SecPkgAttrLastClientTokenMaybe;
  return SEC_E_OK;
}

template <typename Char, typename A, typename W = A>
constexpr size_t kSizeOf = sizeof(Pick<Char, A, W>);

template <typename Char>
constexpr AttributeRow<Char> kRows[] = {
    {"SIZES", SECPKG_ATTR_SIZES, Stage::kAlways, For::kAll, sizeof(SecPkgContext_Sizes), QuerySizes,
     "from the key of the session; before there is one, only cbMaxToken, and all of NTLM's"},
    {"NAMES", SECPKG_ATTR_NAMES, Stage::kOpen, For::kAll,
     kSizeOf<Char, SecPkgContext_NamesA, SecPkgContext_NamesW>, QueryNames<Char>,
     "of the client: DOMAIN\\user, or a principal"},
    {"LIFESPAN", SECPKG_ATTR_LIFESPAN, Stage::kOpen, For::kAll, sizeof(SecPkgContext_Lifespan),
     QueryLifespan, "local time; the start is 0"},
    {"KEY_INFO", SECPKG_ATTR_KEY_INFO, Stage::kOpen, For::kAllButStreams,
     kSizeOf<Char, SecPkgContext_KeyInfoA, SecPkgContext_KeyInfoW>, QueryKeyInfo<Char>,
     "each text is freed by itself"},
    {"SESSION_KEY", SECPKG_ATTR_SESSION_KEY, Stage::kOpen, For::kAll,
     sizeof(SecPkgContext_SessionKey), QuerySessionKey, "wiped when it is freed"},
    {"PACKAGE_INFO", SECPKG_ATTR_PACKAGE_INFO, Stage::kAlways, For::kAll,
     kSizeOf<Char, SecPkgContext_PackageInfoA, SecPkgContext_PackageInfoW>, QueryPackageInfo<Char>,
     "of the package that was chosen"},
    {"NEGOTIATION_INFO", SECPKG_ATTR_NEGOTIATION_INFO, Stage::kAlways, For::kAll,
     kSizeOf<Char, SecPkgContext_NegotiationInfoA, SecPkgContext_NegotiationInfoW>,
     QueryNegotiationInfo<Char>, "of the package that was chosen"},
    {"NATIVE_NAMES", SECPKG_ATTR_NATIVE_NAMES, Stage::kOpen, For::kAll,
     kSizeOf<Char, SecPkgContext_NativeNamesA, SecPkgContext_NativeNamesW>, QueryNativeNames<Char>,
     "client and server"},
    {"FLAGS", SECPKG_ATTR_FLAGS, Stage::kOpen, For::kAll, sizeof(SecPkgContext_Flags), QueryFlags,
     "as pfContextAttr of the last leg"},
    {"ACCESS_TOKEN", SECPKG_ATTR_ACCESS_TOKEN, Stage::kOpenAcceptor, For::kAllButStreams,
     sizeof(SecPkgContext_AccessToken), QueryAccessToken, "as QuerySecurityContextToken"},
    {"TARGET", SECPKG_ATTR_TARGET, Stage::kOpen, For::kAllButStreams, sizeof(SecPkgContext_Target),
     QueryTarget, "UTF-8; acceptor: what the client asked for"},
    {"CLIENT_SPECIFIED_TARGET", SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, Stage::kOpen,
     For::kAllButStreams, sizeof(SecPkgContext_ClientSpecifiedTarget), QueryClientSpecifiedTarget,
     "the same as UTF-16"},
    {"LAST_CLIENT_TOKEN_STATUS", SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, Stage::kAlways, For::kAll,
     sizeof(SecPkgContext_LastClientTokenStatus), QueryLastClientTokenStatus, "Maybe, then Yes"},

    {"STREAM_SIZES", SECPKG_ATTR_STREAM_SIZES, Stage::kOpen, For::kStreams,
     sizeof(SecPkgContext_StreamSizes), QueryStreamSizes, "of version and cipher"},
    {"UNIQUE_BINDINGS", SECPKG_ATTR_UNIQUE_BINDINGS, Stage::kOpen, For::kStreams,
     sizeof(SecPkgContext_Bindings), QueryUniqueBindings, "tls-exporter, or tls-unique of TLS 1.2"},
    {"ENDPOINT_BINDINGS", SECPKG_ATTR_ENDPOINT_BINDINGS, Stage::kOpen, For::kStreams,
     sizeof(SecPkgContext_Bindings), QueryEndPointBindings, "tls-server-end-point"},
    {"REMOTE_CERT_CONTEXT", SECPKG_ATTR_REMOTE_CERT_CONTEXT, Stage::kOpen, For::kStreams,
     sizeof(PCCERT_CONTEXT), QueryRemoteCertificate, "of the server; one block"},
    {"ISSUER_LIST_EX", SECPKG_ATTR_ISSUER_LIST_EX, Stage::kAlways, For::kStreams,
     sizeof(SecPkgContext_IssuerListInfoEx), QueryIssuers,
     "where SEC_I_INCOMPLETE_CREDENTIALS was returned; names in DER, one block"},
    {"CONNECTION_INFO", SECPKG_ATTR_CONNECTION_INFO, Stage::kOpen, For::kStreams,
     sizeof(SecPkgContext_ConnectionInfo), QueryConnectionInfo, "no strength of the exchange"},
    {"CREDS", SECPKG_ATTR_CREDS, Stage::kOpenAcceptor, For::kStreams,
     sizeof(SecPkgContext_ClientCreds), QueryClientCreds, "SEC_WINNT_AUTH_IDENTITY_EXW, one block"},
    {"CREDS_2", SECPKG_ATTR_CREDS_2, Stage::kOpenAcceptor, For::kStreams,
     sizeof(SecPkgContext_ClientCreds), QueryClientCreds, "the same"},
    {"NEGOTIATION_PACKAGE", SECPKG_ATTR_NEGOTIATION_PACKAGE, Stage::kOpen, For::kStreams,
     sizeof(SecPkgContext_NegotiationPackage), QueryNegotiationPackage, "UTF-16 in both functions"},
    {"SERVER_AUTH_FLAGS", SECPKG_ATTR_SERVER_AUTH_FLAGS, Stage::kOpenInitiator, For::kStreams,
     sizeof(SecPkgContext_ServerAuthFlags), QueryServerAuthFlags, "loopback is never told"},
    {"CERT_TRUST_STATUS", SECPKG_ATTR_CERT_TRUST_STATUS, Stage::kOpenInitiator, For::kStreams,
     sizeof(CERT_TRUST_STATUS), QueryTrustStatus, "one error, by the system's authorities"},
};

SECURITY_STATUS CheckStage(const Context &context, Stage stage) {
  if (stage == Stage::kAlways) return SEC_E_OK;
  if (!context.is_open()) return Fail(SEC_E_INVALID_HANDLE, "the context is not established");
  if (stage == Stage::kOpenAcceptor && context.role() != Role::kAcceptor) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "only an acceptor has this attribute");
  }
  if (stage == Stage::kOpenInitiator && context.role() != Role::kInitiator) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "only an initiator has this attribute");
  }
  return SEC_E_OK;
}

bool Has(const Context &context, For packages) {
  const bool is_stream = &context.package() == &kCredssp;
  return packages == For::kAll || (packages == For::kStreams) == is_stream;
}

}  // namespace

template <>
std::span<const AttributeRow<SEC_CHAR>> AttributeRows() {
  return kRows<SEC_CHAR>;
}
template <>
std::span<const AttributeRow<SEC_WCHAR>> AttributeRows() {
  return kRows<SEC_WCHAR>;
}

template <typename Char>
SECURITY_STATUS QueryAttribute(Context *context, ULONG attribute, void *out, size_t size) {
  if (out == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "no buffer was given");
  for (const AttributeRow<Char> &row : AttributeRows<Char>()) {
    if (row.attribute != attribute || !Has(*context, row.packages)) continue;
    if (const SECURITY_STATUS status = CheckStage(*context, row.stage); status != SEC_E_OK) {
      return status;
    }
    if (size < row.size) return Fail(SEC_E_BUFFER_TOO_SMALL, "the structure is longer");
    return row.query(context, out);
  }
  return Fail(SEC_E_UNSUPPORTED_FUNCTION, "attribute %u is not supported",
              static_cast<unsigned>(attribute));
}

template SECURITY_STATUS QueryAttribute<SEC_CHAR>(Context *, ULONG, void *, size_t);
template SECURITY_STATUS QueryAttribute<SEC_WCHAR>(Context *, ULONG, void *, size_t);

}  // namespace gss_sspi::sspi
