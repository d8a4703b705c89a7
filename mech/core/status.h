// SPDX-License-Identifier: MIT
// What can go wrong, in one list. The numbers are the minor status codes callers see and stay as
// they are: add at the end of a group, never renumber.
#ifndef GSS_SSPI_CORE_STATUS_H_
#define GSS_SSPI_CORE_STATUS_H_

#include <cstdint>

namespace gss_sspi {

enum class Status : uint32_t {
  kOk = 0,

  // The call.
  kNoMemory = 0x4e540001,
  kRandomFailed,
  kNullArgument,
  kUnavailable,
  kNotSupported,
  kBadQop,

  // Names (4.1 of the requirements).
  kBadName = 0x4e540101,
  kBadNameType,
  kBadText,
  kNoLocalName,
  kAccountDatabaseUnreadable,

  // Credentials and account sources.
  kNoCredential = 0x4e540201,
  kAccountNotFound,
  kAccountFileUnreadable,
  kAccountFileRefused,
  kAccountFileBadLine,
  kBadCredentialStoreKey,
  kWrongCredentialUsage,
  kBadSetting,
  kDefectiveCredential,
  kBackEndUnavailable,
  kRefusedByPolicy,
  kLoginStored,

  // Tokens of the handshake.
  kDefectiveToken = 0x4e540301,
  kTokenTooLarge,
  kUnexpectedToken,
  kFlagsChanged,
  kTargetInfoChanged,
  kMicMissing,
  kMicWrong,

  // Decisions about the peer.
  kLogonFailure = 0x4e540401,
  kProtectionNotAgreed,
  kStrengthRefused,
  kResponseRefused,
  kTimeSkew,
  kBindingsDiffer,
  kBindingsAbsent,
  kSpnRefused,

  // Contexts and their messages.
  kNoContext = 0x4e540501,
  kContextNotOpen,
  kContextFailed,
  kNoProtection,
  kMessageTooShort,
  kMessageAltered,
  kMessageRepeated,
  kMessageAhead,
  kBadBuffers,
  kSequenceExhausted,

  // CredSSP.
  kCredsspUnavailable = 0x4e540601,
  kCredsspBadQop,
  kCredsspBadName,
  kCredsspNoCredential,
  kCredsspBadStoreKey,
  kCredsspDefectiveToken,
  kCredsspUnexpectedToken,
  kHostGssapiMissing,
  kTlsFailed,
  kCertificateRefused,
  kPeerVersion,
  kServerKeyMissing,
  kServerKeyMismatch,
  kPeerReportedError,
  kInnerFailed,
  kInnerTooWeak,
  kServerNotAuthenticated,
  kNothingToDelegate,
  kDelegationPolicy,
  kNtlmOnlyPolicy,
  kOtherUserDelegated,
  kStreamEnded,
  kRecordDamaged,
  kPeerGaveUp,
};

// The text for people: which rule was broken and what can be done. Never null; no trailing dot.
const char *TextOf(Status status);

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_STATUS_H_
