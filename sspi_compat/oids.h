// SPDX-License-Identifier: MIT
// OIDs of the mechanisms and of the options that this library uses.
#ifndef GSS_SSPI_SSPI_OIDS_H_
#define GSS_SSPI_SSPI_OIDS_H_

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_credssp.h>
#include <gssapi/gssapi_ntlm_ext.h>

namespace gss_sspi::sspi {

// A gss_OID_desc has a pointer that is not const; nothing writes through it.
#define GSS_SSPI_OID(length, octets) \
  gss_OID_desc { length, const_cast<char *>(octets) }

inline constinit const gss_OID_desc kNtlmDesc =
    GSS_SSPI_OID(GSS_NTLMSSP_OID_LENGTH, GSS_NTLMSSP_OID_STRING);
inline constinit const gss_OID_desc kKerberosDesc =  // 1.2.840.113554.1.2.2
    GSS_SSPI_OID(9, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
inline constinit const gss_OID_desc kSpnegoDesc =  // 1.3.6.1.5.5.2
    GSS_SSPI_OID(6, "\x2b\x06\x01\x05\x05\x02");
// gss_inquire_sec_context_by_oid, 1.2.840.113554.1.2.2.5.5: the session key.
inline constinit const gss_OID_desc kSessionKeyDesc =
    GSS_SSPI_OID(11, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05");
// gss_set_cred_option, 1.2.752.43.13.29 GSS_KRB5_CRED_NO_CI_FLAGS_X: neither confidentiality nor
// integrity unless it is asked for.
inline constinit const gss_OID_desc kNoCiFlagsDesc = GSS_SSPI_OID(6, "\x2a\x85\x70\x2b\x0d\x1d");
// gss_inquire_sec_context_by_oid: the negotiated flags of NTLM.
inline constinit const gss_OID_desc kNtlmFlagsDesc =
    GSS_SSPI_OID(GSS_NTLMSSP_NEG_FLAGS_OID_LENGTH, GSS_NTLMSSP_NEG_FLAGS_OID_STRING);

inline constinit const gss_OID_desc kCredsspDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OID_LENGTH, GSS_CREDSSP_OID_STRING);
// Options of CredSSP, see gssapi_credssp.h.
inline constinit const gss_OID_desc kCredsspStatusDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_STATUS_STRING);
inline constinit const gss_OID_desc kCredsspInnerDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_INNER_STRING);
inline constinit const gss_OID_desc kCredsspTlsDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_TLS_STRING);
inline constinit const gss_OID_desc kCredsspCertificateDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_CERTIFICATE_STRING);
inline constinit const gss_OID_desc kCredsspVerdictDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_VERDICT_STRING);
inline constinit const gss_OID_desc kCredsspProofDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_PROOF_STRING);
inline constinit const gss_OID_desc kCredsspDelegatedDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_DELEGATED_STRING);
inline constinit const gss_OID_desc kCredsspUniqueBindingDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_UNIQUE_BINDING_STRING);
inline constinit const gss_OID_desc kCredsspEndPointBindingDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_END_POINT_BINDING_STRING);
inline constinit const gss_OID_desc kCredsspCloseDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_CLOSE_STRING);
inline constinit const gss_OID_desc kCredsspRequireProofDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_REQUIRE_PROOF_STRING);
inline constinit const gss_OID_desc kCredsspCertificateRequestDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_CERTIFICATE_REQUEST_STRING);
inline constinit const gss_OID_desc kCredsspPendingDesc =
    GSS_SSPI_OID(GSS_CREDSSP_OPTION_LENGTH, GSS_CREDSSP_PENDING_STRING);

#undef GSS_SSPI_OID

inline constexpr gss_const_OID kNtlmOid = &kNtlmDesc;
inline constexpr gss_const_OID kKerberosOid = &kKerberosDesc;
inline constexpr gss_const_OID kSpnegoOid = &kSpnegoDesc;
inline constexpr gss_const_OID kCredsspOid = &kCredsspDesc;

// For functions of GSSAPI whose parameters are not const.
inline gss_OID Mutable(gss_const_OID oid) { return const_cast<gss_OID>(oid); }

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_OIDS_H_
