// SPDX-License-Identifier: MIT
#include "core/status.h"

namespace gss_sspi {
namespace {

struct StatusRow {
  Status status;
  const char *text;
};

constexpr StatusRow kTexts[] = {
    {Status::kOk, "success"},
    {Status::kNoMemory, "out of memory"},
    {Status::kRandomFailed, "the system gave no random numbers"},
    {Status::kNullArgument, "a required argument of the call is missing"},
    {Status::kUnavailable, "the NTLM mechanism does not have this"},
    {Status::kNotSupported, "not supported by this version of the NTLM mechanism"},
    {Status::kBadQop, "NTLM has only the default quality of protection"},

    {Status::kBadName, "not a name of the form user, DOMAIN\\user or user@domain"},
    {Status::kBadNameType, "this type of name cannot be used with this mechanism"},
    {Status::kBadText, "the text is not valid UTF-8"},
    {Status::kNoLocalName, "this name is not that of a local account"},
    {Status::kAccountDatabaseUnreadable, "the account database of this host gives no answer"},

    {Status::kNoCredential, "no NTLM credential"},
    {Status::kAccountNotFound, "the account is not in the account file"},
    {Status::kAccountFileUnreadable, "the account file cannot be read"},
    {Status::kAccountFileRefused, "the account file is not safe to use"},
    {Status::kAccountFileBadLine, "the account file has a line that cannot be understood"},
    {Status::kBadCredentialStoreKey,
     "the credential store holds a key or value NTLM does not know"},
    {Status::kWrongCredentialUsage, "the credential was acquired for the other role"},
    {Status::kBadSetting, "a setting of the policy file or the environment is not allowed"},
    {Status::kDefectiveCredential, "this is not a credential of this mechanism"},
    {Status::kBackEndUnavailable, "the account source cannot be reached"},
    {Status::kRefusedByPolicy, "the policy of this host does not allow this"},
    {Status::kLoginStored, "a login of this account is stored already"},

    {Status::kDefectiveToken, "the NTLM message is malformed"},
    {Status::kTokenTooLarge, "the NTLM message is longer than the limit"},
    {Status::kUnexpectedToken, "this NTLM message does not belong here"},
    {Status::kFlagsChanged, "the negotiated flags do not agree with those that were offered"},
    {Status::kTargetInfoChanged, "the answer does not repeat the server names that were sent"},
    {Status::kMicMissing, "the message integrity code (MIC) is announced or required, but absent"},
    {Status::kMicWrong,
     "the message integrity code (MIC) is wrong: a message was changed on the way"},

    {Status::kLogonFailure, "logon failure: unknown user or wrong password"},
    {Status::kProtectionNotAgreed, "the peer did not agree to the protection that was asked for"},
    {Status::kStrengthRefused, "the peer offered less protection than is required"},
    {Status::kResponseRefused, "the form of the peer's response is not allowed"},
    {Status::kTimeSkew, "the peer's clock differs by more than 36 hours"},
    {Status::kBindingsDiffer, "the channel bindings of the two sides differ"},
    {Status::kBindingsAbsent, "channel bindings are required, but the peer sent none"},

    {Status::kSpnRefused, "the client's target name (SPN) is not one of this service"},

    {Status::kNoContext, "there is no such security context"},
    {Status::kContextNotOpen, "the security context is not established yet"},
    {Status::kContextFailed, "the security context has failed and can only be deleted"},
    {Status::kNoProtection, "neither signing nor sealing was negotiated for this context"},
    {Status::kMessageTooShort,
     "the message token is shorter than a signature, or not of its length"},
    {Status::kMessageAltered, "the message was altered, or is not from this context"},
    {Status::kMessageRepeated, "the message has a sequence number that was used already"},
    {Status::kMessageAhead,
     "the message has a later sequence number: messages before it are missing"},
    {Status::kBadBuffers, "the buffer list is not one this call can work on"},
    {Status::kSequenceExhausted, "the context has used all of its sequence numbers"},

    {Status::kCredsspUnavailable, "CredSSP does not have this"},
    {Status::kCredsspBadQop, "CredSSP has only the default quality of protection"},
    {Status::kCredsspBadName, "this name cannot be used with CredSSP"},
    {Status::kCredsspNoCredential, "no CredSSP credential"},
    {Status::kCredsspBadStoreKey,
     "the credential store holds a key or value CredSSP does not know"},
    {Status::kCredsspDefectiveToken, "not a well-formed CredSSP message"},
    {Status::kCredsspUnexpectedToken, "this CredSSP message does not belong here"},
    {Status::kHostGssapiMissing, "the library libgssapi_krb5 that loaded CredSSP is not found"},
    {Status::kTlsFailed, "TLS failed"},
    {Status::kCertificateRefused, "the server's certificate is refused"},
    {Status::kPeerVersion, "the peer's version of CredSSP is refused"},
    {Status::kServerKeyMissing, "the program has not given the server's public key"},
    {Status::kServerKeyMismatch, "server key does not match: possible man in the middle"},
    {Status::kPeerReportedError, "the server reported an error"},
    {Status::kInnerFailed, "the authentication inside of CredSSP failed"},
    {Status::kInnerTooWeak,
     "the authentication inside of CredSSP does not give what CredSSP needs"},
    {Status::kServerNotAuthenticated,
     "mutual authentication was asked for, but nothing proves the server's name"},
    {Status::kNothingToDelegate, "delegation was asked for, but there is nothing to delegate"},
    {Status::kDelegationPolicy, "the policy of this host does not allow delegation to this target"},
    {Status::kNtlmOnlyPolicy,
     "the policy of this host allows delegation to this target only when its name is proven"},
    {Status::kOtherUserDelegated, "the delegated user is not the one that logged on"},
    {Status::kStreamEnded, "the peer has closed the stream"},
    {Status::kRecordDamaged, "a record of the stream is damaged"},
    {Status::kPeerGaveUp, "the peer closed the stream before the login was done"},
};

}  // namespace

const char *TextOf(Status status) {
  for (const StatusRow &row : kTexts) {
    if (row.status == status) return row.text;
  }
  return "unknown status of this mechanism";
}

}  // namespace gss_sspi
