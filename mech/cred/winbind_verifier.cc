// SPDX-License-Identifier: MIT
#include "cred/winbind_verifier.h"

#include <algorithm>
#include <array>

#include "core/log.h"
#include "core/secret.h"
#include "core/utf16.h"
#include "cred/account_list.h"
#include "cred/winbind_call.h"
#include "cred/winbind_sids.h"
#include "ntlm/responses.h"

namespace gss_sspi::cred {
namespace {

constexpr size_t kMaxNtResponse = 65535;
// Longer text libwbclient would cut, and so perhaps make another user's name of it.
constexpr size_t kMaxText = 255;

// UTF-8 with a NUL, out of a claim.
class ClaimedText {
 public:
  // False when it is too long, or not text.
  bool Assign(ByteView utf16) {
    const size_t size = Utf8LengthOf(utf16);
    if (size > kMaxText) return false;
    Utf16ToUtf8(utf16, {text_, size});
    text_[size] = '\0';
    return true;
  }
  const char *c_str() const { return text_; }

 private:
  char text_[kMaxText + 1] = {};
};

bool IsZero(ByteView octets) {
  return std::all_of(octets.begin(), octets.end(), [](uint8_t octet) { return octet == 0; });
}

// wbcCtxAuthenticateUserEx of one claim.
class LogonTask {
 public:
  explicit LogonTask(const WinbindLibrary &library) : connection(library) {}
  LogonTask(const LogonTask &) = delete;
  LogonTask &operator=(const LogonTask &) = delete;
  ~LogonTask() {
    if (info == nullptr) return;
    Wipe(info->user_session_key, sizeof info->user_session_key);
    Wipe(info->lm_session_key, sizeof info->lm_session_key);
    connection.library().wbcFreeMemory(info);
  }

  Error Take(const ntlm::Claim &claim);
  void Run();

  ClaimedText user, domain, workstation;
  WinbindConnection connection;
  wbcAuthUserInfo *info = nullptr;

 private:
  std::array<uint8_t, ntlm::kServerChallengeSize> challenge_;
  SecretBytes lm_response_, nt_response_;
};

Error LogonTask::Take(const ntlm::Claim &claim) {
  if (!user.Assign(claim.user) || !domain.Assign(claim.domain) ||
      !workstation.Assign(claim.workstation) || claim.nt_response.size() > kMaxNtResponse) {
    return Fail(Status::kLogonFailure, "a name or the response is too long for winbind");
  }
  // With extended session security the responses are to another challenge, as domain controllers
  // know nothing of it ([MS-NLMP] 3.3.1).
  Copy(challenge_, claim.challenge);
  if (claim.form == ntlm::ResponseForm::kNtlmV1Ess) {
    challenge_ =
        ntlm::EssChallenge(claim.challenge, claim.lm_response.first<ntlm::kClientChallengeSize>());
  }
  // One response, the one that was judged by its form: with both at hand, a domain controller would
  // let the LM response speak for an NT response that proves nothing.
  const bool by_lm = claim.form == ntlm::ResponseForm::kLmOnly;
  const ByteView lm = by_lm ? claim.lm_response : ByteView();
  const ByteView nt = by_lm ? ByteView() : claim.nt_response;
  if (!lm_response_.Resize(lm.size()) || !nt_response_.Resize(nt.size())) return Status::kNoMemory;
  Copy(lm_response_.span(), lm);
  Copy(nt_response_.span(), nt);
  return kSuccess;
}

void LogonTask::Run() {
  wbcContext *context = connection.context();
  if (context == nullptr) return;
  wbcAuthUserParams params{};
  params.account_name = user.c_str();
  params.domain_name = domain.c_str();
  params.workstation_name = workstation.c_str();
  // Computers have accounts too.
  params.parameter_control =
      WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT | WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT;
  params.level = wbcAuthUserParams::WBC_AUTH_USER_LEVEL_RESPONSE;
  auto &response = params.password.response;
  Copy(response.challenge, challenge_);
  // libwbclient takes no pointer to nothing.
  if (lm_response_.size() != 0) response.lm_data = lm_response_.span().data();
  response.lm_length = static_cast<uint32_t>(lm_response_.size());
  if (nt_response_.size() != 0) response.nt_data = nt_response_.span().data();
  response.nt_length = static_cast<uint32_t>(nt_response_.size());
  connection.result =
      connection.library().wbcCtxAuthenticateUserEx(context, &params, &info, &connection.error);
}

std::string_view ViewOf(const char *text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

// N353.
Error RefuseGuests(const wbcAuthUserInfo &info) {
  if ((info.user_flags & WBC_AUTH_USER_INFO_GUEST) == 0 && !AreOfGuest(info)) return kSuccess;
  Log("winbind: the logon was mapped to a guest");
  return Status::kLogonFailure;
}

// [MS-NLMP] 3.3.1, 3.3.2. Every logon has a SessionBaseKey; zeroes mean that winbind does not tell
// it, and a key that anybody knows protects nothing.
Error TakeKeys(const wbcAuthUserInfo &info, ntlm::ResponseForm form, ntlm::BaseKeys *keys) {
  Copy(keys->session_base_key.span(), info.user_session_key);
  if (!IsZero(info.lm_session_key)) keys->lm_session_key.emplace(info.lm_session_key);
  if (!IsZero(info.user_session_key)) return kSuccess;
  if (form == ntlm::ResponseForm::kLmOnly && keys->lm_session_key) {
    Copy(keys->session_base_key.span(), info.lm_session_key);
    return kSuccess;
  }
  return Fail(Status::kBackEndUnavailable, "winbind: it tells no session key");
}

// Text that can be told to the host program; anything else is left out.
Error AddText(std::string_view name, std::string_view value, ntlm::Attributes *attributes) {
  if (value.empty() || Utf16LengthOf(value) == kInvalidText || value.size() > UINT16_MAX) {
    return kSuccess;
  }
  return attributes->Add(name, value) ? kSuccess : Error(Status::kNoMemory);
}

// User and domain are in the name itself.
Result<Ref<ntlm::Attributes>> AttributesOf(const wbcAuthUserInfo &info,
                                           std::string_view workstation) {
  Ref<ntlm::Attributes> attributes = MakeShared<ntlm::Attributes>();
  if (!attributes) return Status::kNoMemory;
  if (Error error = AddSids(info, attributes.get())) return error;
  struct {
    std::string_view name;
    std::string_view value;
  } const texts[] = {
      {ntlm::attribute::kDnsDomain, ViewOf(info.dns_domain_name)},
      {ntlm::attribute::kUpn, ViewOf(info.user_principal)},
      {ntlm::attribute::kWorkstation, workstation},
      {ntlm::attribute::kSource, "winbind"},
  };
  for (const auto &text : texts) {
    if (Error error = AddText(text.name, text.value, attributes.get())) return error;
  }
  return attributes;
}

// N432: the names are winbind's, not the peer's.
Error TakeIdentity(const wbcAuthUserInfo &info, std::string_view workstation,
                   ntlm::Identity *identity) {
  const std::string_view domain = ViewOf(info.domain_name);
  const std::string_view user = ViewOf(info.account_name);
  if (!AreUsableNames(domain, user)) {
    return Fail(Status::kBackEndUnavailable, "winbind: it tells no usable name of the account");
  }
  if (!identity->Assign(domain, user)) return Status::kNoMemory;
  auto attributes = AttributesOf(info, workstation);
  if (!attributes) return attributes.error();
  identity->attributes = std::move(*attributes);
  return kSuccess;
}

// What winbind said.
Error TakeLogon(const LogonTask &task, ntlm::ResponseForm form, ntlm::VerifiedLogon *logon) {
  if (Error error = JudgeWinbind(task.connection, "logon")) return error;
  if (task.info == nullptr) {
    return Fail(Status::kBackEndUnavailable, "winbind: it tells nothing of the user");
  }
  const wbcAuthUserInfo &info = *task.info;
  if (Error error = CheckSids(info)) return error;
  if (Error error = RefuseGuests(info)) return error;
  if (Error error = TakeKeys(info, form, &logon->keys)) return error;
  return TakeIdentity(info, task.workstation.c_str(), &logon->identity);
}

}  // namespace

Result<ntlm::VerifiedLogon> WinbindVerifier::Verify(const ntlm::Claim &claim) const {
  const auto library = OpenWinbindLibrary(Status::kBackEndUnavailable);
  if (!library) return library.error();
  const auto job = MakeShared<WinbindJob<LogonTask>>(*library);
  if (!job) return Status::kNoMemory;
  if (Error error = job->task.Take(claim)) return error;
  if (Error error = RunInTime(job, timeout_ * 1000)) return error;
  ntlm::VerifiedLogon logon;
  const Error error = TakeLogon(job->task, claim.form, &logon);
  if (!error) return logon;
  if (error.status != Status::kLogonFailure) return error;
  // One text for all (N443); the names are what the client itself said.
  const char *domain = job->task.domain.c_str();
  return Fail(Status::kLogonFailure, "%s%s%s, accounts of winbind", domain,
              *domain != '\0' ? "\\" : "", job->task.user.c_str());
}

}  // namespace gss_sspi::cred
