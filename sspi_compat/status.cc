// SPDX-License-Identifier: MIT
#include "sspi_compat/status.h"

#include <krb5/krb5.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "core/status.h"
#include "sspi_compat/gss.h"
#include "sspi_compat/oids.h"

namespace gss_sspi::sspi {
namespace {

constexpr size_t kMaxText = 512;
thread_local char last_failure[kMaxText];
thread_local SECURITY_STATUS last_status;

struct MajorRow {
  OM_uint32 routine;  // GSS_ROUTINE_ERROR
  SECURITY_STATUS status;
};

// Section 6.6; what is not listed is SEC_E_INTERNAL_ERROR.
constexpr MajorRow kMajors[] = {
    {GSS_S_BAD_MECH, SEC_E_SECPKG_NOT_FOUND},
    {GSS_S_BAD_MECH_ATTR, SEC_E_SECPKG_NOT_FOUND},
    {GSS_S_BAD_NAME, SEC_E_TARGET_UNKNOWN},
    {GSS_S_BAD_NAMETYPE, SEC_E_TARGET_UNKNOWN},
    {GSS_S_BAD_BINDINGS, SEC_E_BAD_BINDINGS},
    {GSS_S_BAD_SIG, SEC_E_MESSAGE_ALTERED},
    {GSS_S_NO_CRED, SEC_E_NO_CREDENTIALS},
    {GSS_S_DEFECTIVE_CREDENTIAL, SEC_E_NO_CREDENTIALS},
    {GSS_S_CREDENTIALS_EXPIRED, SEC_E_CONTEXT_EXPIRED},
    {GSS_S_CONTEXT_EXPIRED, SEC_E_CONTEXT_EXPIRED},
    {GSS_S_NO_CONTEXT, SEC_E_INVALID_HANDLE},
    {GSS_S_DEFECTIVE_TOKEN, SEC_E_INVALID_TOKEN},
    {GSS_S_BAD_QOP, SEC_E_QOP_NOT_SUPPORTED},
    {GSS_S_UNAUTHORIZED, SEC_E_LOGON_DENIED},
    {GSS_S_UNAVAILABLE, SEC_E_UNSUPPORTED_FUNCTION},
};

struct MinorRow {
  gss_const_OID mech;
  OM_uint32 minor;
  SECURITY_STATUS status;
  bool acquiring = false;  // only of a credential that is acquired
};

constexpr OM_uint32 Minor(Status status) { return static_cast<OM_uint32>(status); }
constexpr OM_uint32 Minor(krb5_error_code code) { return static_cast<OM_uint32>(code); }

// What the minor status tells beyond the major one.
constexpr MinorRow kMinors[] = {
    {kKerberosOid, Minor(KRB5_KDC_UNREACH), SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {kKerberosOid, Minor(KRB5_REALM_UNKNOWN), SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {kKerberosOid, Minor(KRB5_REALM_CANT_RESOLVE), SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {kKerberosOid, Minor(KRB5KDC_ERR_WRONG_REALM), SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {kKerberosOid, Minor(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN), SEC_E_TARGET_UNKNOWN},
    {kKerberosOid, Minor(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KDC_ERR_PREAUTH_FAILED), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5_PREAUTH_FAILED), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_BAD_INTEGRITY), SEC_E_LOGON_DENIED, true},
    {kKerberosOid, Minor(KRB5KDC_ERR_CLIENT_REVOKED), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KDC_ERR_KEY_EXP), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KDC_ERR_NAME_EXP), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KDC_ERR_POLICY), SEC_E_LOGON_DENIED},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_SKEW), SEC_E_TIME_SKEW},
    {kKerberosOid, Minor(KRB5_KDCREP_SKEW), SEC_E_TIME_SKEW},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_TKT_EXPIRED), SEC_E_CONTEXT_EXPIRED},
    {kKerberosOid, Minor(KRB5KDC_ERR_ETYPE_NOSUPP), SEC_E_KDC_UNKNOWN_ETYPE},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_NOT_US), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_BADMATCH), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5_KT_KVNONOTFOUND), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5_KT_NOTFOUND), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5KRB_AP_WRONG_PRINC), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_MODIFIED), SEC_E_WRONG_PRINCIPAL},
    {kKerberosOid, Minor(KRB5KRB_AP_ERR_REPEAT), SEC_E_INVALID_TOKEN},
    {kKerberosOid, Minor(KRB5_CC_NOTFOUND), SEC_E_NO_CREDENTIALS},
    {kKerberosOid, Minor(KRB5_FCC_NOFILE), SEC_E_NO_CREDENTIALS},
    {kKerberosOid, Minor(krb5_error_code{ENOMEM}), SEC_E_INSUFFICIENT_MEMORY},

    {kCredsspOid, Minor(Status::kCredsspBadStoreKey), SEC_E_UNKNOWN_CREDENTIALS},
    {kCredsspOid, Minor(Status::kTlsFailed), SEC_E_INVALID_TOKEN},
    {kCredsspOid, Minor(Status::kCertificateRefused), SEC_E_UNTRUSTED_ROOT},
    {kCredsspOid, Minor(Status::kPeerVersion), SEC_E_UNSUPPORTED_FUNCTION},
    {kCredsspOid, Minor(Status::kServerKeyMismatch), SEC_E_MESSAGE_ALTERED},
    {kCredsspOid, Minor(Status::kPeerReportedError), SEC_E_LOGON_DENIED},
    {kCredsspOid, Minor(Status::kPeerGaveUp), SEC_E_LOGON_DENIED},
    {kCredsspOid, Minor(Status::kInnerFailed), SEC_E_LOGON_DENIED},
    {kCredsspOid, Minor(Status::kInnerTooWeak), SEC_E_UNSUPPORTED_FUNCTION},
    {kCredsspOid, Minor(Status::kServerNotAuthenticated), SEC_E_MUTUAL_AUTH_FAILED},
    {kCredsspOid, Minor(Status::kNothingToDelegate), SEC_E_NO_CREDENTIALS},
    {kCredsspOid, Minor(Status::kDelegationPolicy), SEC_E_DELEGATION_POLICY},
    {kCredsspOid, Minor(Status::kNtlmOnlyPolicy), SEC_E_POLICY_NLTM_ONLY},
    {kCredsspOid, Minor(Status::kOtherUserDelegated), SEC_E_LOGON_DENIED},
    {kCredsspOid, Minor(Status::kNoMemory), SEC_E_INSUFFICIENT_MEMORY},

    {kNtlmOid, Minor(Status::kNoMemory), SEC_E_INSUFFICIENT_MEMORY},
    {kNtlmOid, Minor(Status::kLogonFailure), SEC_E_LOGON_DENIED},
    {kNtlmOid, Minor(Status::kResponseRefused), SEC_E_LOGON_DENIED},
    {kNtlmOid, Minor(Status::kBackEndUnavailable), SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {kNtlmOid, Minor(Status::kRefusedByPolicy), SEC_E_UNSUPPORTED_FUNCTION},
    {kNtlmOid, Minor(Status::kProtectionNotAgreed), SEC_E_UNSUPPORTED_FUNCTION},
    {kNtlmOid, Minor(Status::kStrengthRefused), SEC_E_UNSUPPORTED_FUNCTION},
    {kNtlmOid, Minor(Status::kMicWrong), SEC_E_MESSAGE_ALTERED},
    {kNtlmOid, Minor(Status::kMicMissing), SEC_E_MESSAGE_ALTERED},
    {kNtlmOid, Minor(Status::kTimeSkew), SEC_E_TIME_SKEW},
    {kNtlmOid, Minor(Status::kSpnRefused), SEC_E_WRONG_PRINCIPAL},
    {kNtlmOid, Minor(Status::kMessageRepeated), SEC_E_OUT_OF_SEQUENCE},
    {kNtlmOid, Minor(Status::kMessageAhead), SEC_E_OUT_OF_SEQUENCE},
    {kNtlmOid, Minor(Status::kSequenceExhausted), SEC_E_CONTEXT_EXPIRED},
};

// The row of a minor status. The mechglue numbers those of SPNEGO anew, so what came from an inner
// mechanism is known by its text: SPNEGO shows that of the mechanism.
const MinorRow *RowOf(OM_uint32 minor, gss_const_OID mech, Call call) {
  if (minor == 0) return nullptr;
  const auto applies = [&](const MinorRow &row) {
    return !row.acquiring || call == Call::kAcquire;
  };
  if (!gss_oid_equal(mech, kSpnegoOid)) {
    for (const MinorRow &row : kMinors) {
      if (row.minor == minor && gss_oid_equal(mech, row.mech) && applies(row)) return &row;
    }
    return nullptr;
  }
  const std::string text = TextOf(minor, mech);
  if (text.empty()) return nullptr;
  for (const MinorRow &row : kMinors) {
    if (applies(row) && TextOf(row.minor, row.mech) == text) return &row;
  }
  return nullptr;
}

SECURITY_STATUS StatusOf(OM_uint32 major, const MinorRow *minor_row, Call call) {
  if (GSS_CALLING_ERROR(major) != 0) return SEC_E_INVALID_PARAMETER;
  if (minor_row != nullptr) return minor_row->status;
  const OM_uint32 routine = GSS_ROUTINE_ERROR(major);
  if (call == Call::kAcquire && (routine == GSS_S_BAD_NAME || routine == GSS_S_BAD_NAMETYPE)) {
    return SEC_E_UNKNOWN_CREDENTIALS;
  }
  for (const MajorRow &row : kMajors) {
    if (routine == row.routine) return row.status;
  }
  constexpr OM_uint32 kOrder =
      GSS_S_DUPLICATE_TOKEN | GSS_S_OLD_TOKEN | GSS_S_UNSEQ_TOKEN | GSS_S_GAP_TOKEN;
  if (routine == 0 && (major & kOrder) != 0) return SEC_E_OUT_OF_SEQUENCE;
  return SEC_E_INTERNAL_ERROR;
}

}  // namespace

SECURITY_STATUS Fail(SECURITY_STATUS status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (std::vsnprintf(last_failure, sizeof last_failure, format, arguments) < 0) {
    last_failure[0] = '\0';
  }
  va_end(arguments);
  last_status = status;
  return status;
}

const char *LastFailure() { return last_failure; }
SECURITY_STATUS LastFailureStatus() { return last_status; }

// What is not listed is SEC_E_LOGON_DENIED: passwords, accounts, hours, and what nobody knows.
SECURITY_STATUS StatusOfPeer(uint32_t code) {
  struct PeerRow {
    uint32_t code;
    SECURITY_STATUS status;
  };
  constexpr PeerRow kPeer[] = {
      {0xC000005E, SEC_E_NO_AUTHENTICATING_AUTHORITY},  // STATUS_NO_LOGON_SERVERS
      {0xC000018B, SEC_E_NO_AUTHENTICATING_AUTHORITY},  // STATUS_NO_TRUST_SAM_ACCOUNT
      {0xC000018D, SEC_E_NO_AUTHENTICATING_AUTHORITY},  // STATUS_TRUSTED_RELATIONSHIP_FAILURE
      {0xC0000190, SEC_E_NO_AUTHENTICATING_AUTHORITY},  // STATUS_TRUST_FAILURE
      {0xC0000133, SEC_E_TIME_SKEW},                    // STATUS_TIME_DIFFERENCE_AT_DC
      {0xC0000388, SEC_E_DOWNGRADE_DETECTED},           // STATUS_DOWNGRADE_DETECTED
      {0xC00000BB, SEC_E_UNSUPPORTED_FUNCTION},         // STATUS_NOT_SUPPORTED
  };
  for (const PeerRow &row : kPeer) {
    if (row.code == code) return row.status;
  }
  constexpr uint32_t kSecurityFacility = 0x8009;
  return code >> 16 == kSecurityFacility ? static_cast<SECURITY_STATUS>(code) : SEC_E_LOGON_DENIED;
}

SECURITY_STATUS FromGss(OM_uint32 major, OM_uint32 minor, gss_const_OID mech, Call call) {
  const MinorRow *row = RowOf(minor, mech, call);
  const SECURITY_STATUS status = StatusOf(major, row, call);
  const std::string why = TextOf(minor, mech);
  const std::string what = MajorTextOf(major);
  return why.empty() ? Fail(status, "%s", what.c_str())
                     : Fail(status, "%s: %s", what.c_str(), why.c_str());
}

}  // namespace gss_sspi::sspi
