// SPDX-License-Identifier: MIT
// The object identifiers the NTLM mechanism knows, by value: comparing needs no symbol of
// libgssapi.
#ifndef GSS_SSPI_GSS_OIDS_H_
#define GSS_SSPI_GSS_OIDS_H_

#include <cstring>
#include <string_view>

#include "gss/mit_gssapi.h"

namespace gss_sspi::gss {

using namespace std::string_view_literals;

inline bool Is(gss_const_OID oid, std::string_view value) {
  return oid != nullptr && oid->length == value.size() &&
         std::memcmp(oid->elements, value.data(), value.size()) == 0;
}

namespace oid {

// 1.3.6.1.4.1.311.2.2.10 NTLM Secure Service Provider.
inline constexpr std::string_view kNtlm = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"sv;

// Name types: RFC 2743 4.1 to 4.7, RFC 1964 2.1.1.
inline constexpr std::string_view kMachineUidName = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x02"sv;
inline constexpr std::string_view kStringUidName = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x03"sv;
inline constexpr std::string_view kUserName = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01"sv;
inline constexpr std::string_view kHostBasedService = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04"sv;
inline constexpr std::string_view kHostBasedServiceX = "\x2b\x06\x01\x05\x06\x02"sv;
inline constexpr std::string_view kAnonymous = "\x2b\x06\x01\x05\x06\x03"sv;
inline constexpr std::string_view kExportName = "\x2b\x06\x01\x05\x06\x04"sv;
inline constexpr std::string_view kKrb5Principal = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01"sv;

// Options: what the host's SPNEGO, SASL and the SSPI library ask a context for (section 2).
// 1.3.6.1.4.1.7165.655.1.n, as in gssapi_ntlmssp.h.
inline constexpr std::string_view kSetSequenceNumber =
    "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x01"sv;
inline constexpr std::string_view kRequireMic = "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x02"sv;
inline constexpr std::string_view kResetCrypto = "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x03"sv;
inline constexpr std::string_view kDebugFile = "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x04"sv;
inline constexpr std::string_view kNegotiateFlags =
    "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x05"sv;
// 1.2.840.113554.1.2.2.5.5 GSS_C_INQ_SSPI_SESSION_KEY.
inline constexpr std::string_view kSspiSessionKey =
    "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05"sv;
// 1.2.840.113554.1.2.2.5.15 GSS_C_SEC_CONTEXT_SASL_SSF.
inline constexpr std::string_view kSaslSsf = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x0f"sv;
// 1.2.752.43.13.29 GSS_KRB5_CRED_NO_CI_FLAGS_X.
inline constexpr std::string_view kNoCiFlags = "\x2a\x85\x70\x2b\x0d\x1d"sv;

}  // namespace oid

// The mechanism's OID as an object that lives for ever. libgssapi never writes to it.
extern gss_OID_desc kNtlmMechanism;
inline gss_OID NtlmOid() { return &kNtlmMechanism; }

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_OIDS_H_
