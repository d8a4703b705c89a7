// SPDX-License-Identifier: MIT
// The object identifiers of the CredSSP mechanism, and of those that may be inside of it.
#ifndef GSS_SSPI_GSS_CREDSSP_OIDS_H_
#define GSS_SSPI_GSS_CREDSSP_OIDS_H_

#include "gss/mit_gssapi.h"
#include "gss/oids.h"

extern "C" {
#include <gssapi/gssapi_credssp.h>
}

namespace gss_sspi::gss {

namespace oid {

inline constexpr std::string_view kCredssp{GSS_CREDSSP_OID_STRING, GSS_CREDSSP_OID_LENGTH};
inline constexpr std::string_view kKrb5 = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"sv;
inline constexpr std::string_view kSpnego = "\x2b\x06\x01\x05\x05\x02"sv;

}  // namespace oid

// As objects that live for ever.
extern gss_OID_desc kCredsspMechanism;
extern gss_OID_desc kSpnegoMechanism;
extern gss_OID_desc kKrb5Mechanism;
extern gss_OID_desc kInnerNtlmMechanism;

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_OIDS_H_
