// SPDX-License-Identifier: MIT
#include "gss/status_map.h"

namespace gss_sspi::gss {
namespace {

struct MajorRow {
  Status status;
  OM_uint32 major;
};

// What is not listed is GSS_S_FAILURE.
constexpr MajorRow kMajors[] = {
    {Status::kOk, GSS_S_COMPLETE},
    {Status::kNullArgument, GSS_S_CALL_INACCESSIBLE_READ | GSS_S_FAILURE},
    {Status::kUnavailable, GSS_S_UNAVAILABLE},
    {Status::kBadQop, GSS_S_BAD_QOP},

    {Status::kBadName, GSS_S_BAD_NAME},
    {Status::kBadNameType, GSS_S_BAD_NAMETYPE},

    {Status::kNoCredential, GSS_S_NO_CRED},
    {Status::kAccountNotFound, GSS_S_NO_CRED},
    {Status::kAccountFileUnreadable, GSS_S_NO_CRED},
    {Status::kAccountFileRefused, GSS_S_NO_CRED},
    {Status::kAccountFileBadLine, GSS_S_NO_CRED},
    {Status::kWrongCredentialUsage, GSS_S_NO_CRED},
    {Status::kDefectiveCredential, GSS_S_DEFECTIVE_CREDENTIAL},
    {Status::kLoginStored, GSS_S_DUPLICATE_ELEMENT},

    {Status::kDefectiveToken, GSS_S_DEFECTIVE_TOKEN},
    {Status::kTokenTooLarge, GSS_S_DEFECTIVE_TOKEN},
    {Status::kUnexpectedToken, GSS_S_DEFECTIVE_TOKEN},
    {Status::kFlagsChanged, GSS_S_DEFECTIVE_TOKEN},
    {Status::kTargetInfoChanged, GSS_S_DEFECTIVE_TOKEN},
    {Status::kMicMissing, GSS_S_DEFECTIVE_TOKEN},
    {Status::kMicWrong, GSS_S_BAD_SIG},

    {Status::kTimeSkew, GSS_S_CONTEXT_EXPIRED},
    {Status::kBindingsDiffer, GSS_S_BAD_BINDINGS},
    {Status::kBindingsAbsent, GSS_S_BAD_BINDINGS},

    {Status::kNoContext, GSS_S_NO_CONTEXT},
    {Status::kContextNotOpen, GSS_S_NO_CONTEXT},
    {Status::kContextFailed, GSS_S_NO_CONTEXT},
    {Status::kNoProtection, GSS_S_UNAVAILABLE},
    {Status::kMessageTooShort, GSS_S_DEFECTIVE_TOKEN},
    // N365: such tokens are never accepted later, so the routine error stands beside what the
    // number told (RFC 2743 1.2.3).
    {Status::kMessageAltered, GSS_S_BAD_SIG},
    {Status::kMessageRepeated, GSS_S_BAD_SIG | GSS_S_DUPLICATE_TOKEN},
    {Status::kMessageAhead, GSS_S_BAD_SIG | GSS_S_GAP_TOKEN},

    {Status::kCredsspUnavailable, GSS_S_UNAVAILABLE},
    {Status::kCredsspBadQop, GSS_S_BAD_QOP},
    {Status::kCredsspBadName, GSS_S_BAD_NAME},
    {Status::kCredsspNoCredential, GSS_S_NO_CRED},
    {Status::kCredsspDefectiveToken, GSS_S_DEFECTIVE_TOKEN},
    {Status::kCredsspUnexpectedToken, GSS_S_DEFECTIVE_TOKEN},
    {Status::kNothingToDelegate, GSS_S_NO_CRED},
    {Status::kServerKeyMismatch, GSS_S_BAD_SIG},
    {Status::kStreamEnded, GSS_S_CONTEXT_EXPIRED},
    {Status::kRecordDamaged, GSS_S_BAD_SIG},
};

}  // namespace

OM_uint32 MajorOf(Status status) {
  for (const MajorRow &row : kMajors) {
    if (row.status == status) return row.major;
  }
  return GSS_S_FAILURE;
}

}  // namespace gss_sspi::gss
