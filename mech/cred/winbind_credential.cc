// SPDX-License-Identifier: MIT
#include "cred/winbind_credential.h"

#include <iterator>

#include "core/secret.h"
#include "core/utf16.h"
#include "cred/account_list.h"
#include "cred/winbind_call.h"
#include "policy/policy.h"
#include "wire/writer.h"

namespace gss_sspi::cred {
namespace {

constexpr uint32_t kSearchMilliseconds = 40;
// Domain and user together. Longer text libwbclient would cut, and so perhaps make another user's
// name of it.
constexpr size_t kMaxName = 250;
constexpr char kSessionKeyBlob[] = "session_key";

// wbcCtxCredentialCache: with messages for an answer to them, without only to see whether there is
// a logon.
class CacheTask {
 public:
  explicit CacheTask(const WinbindLibrary &library) : connection(library) {}
  CacheTask(const CacheTask &) = delete;
  CacheTask &operator=(const CacheTask &) = delete;
  ~CacheTask();

  Error Take(std::string_view domain, std::string_view user, ByteView negotiate,
             ByteView challenge);
  void Run();
  // The domain that was given, or else winbind's own.
  std::string_view domain() const { return domain_; }
  // What the answer holds under this name; nothing if there is none.
  ByteView Find(std::string_view name) const;

  WinbindConnection connection;

 private:
  void TakeOwnDomain(wbcContext *context);
  void AskForLogon(wbcContext *context);

  char domain_[kMaxName + 1] = {};
  char user_[kMaxName + 1] = {};
  Buffer negotiate_, challenge_;
  wbcCredentialCacheInfo *info_ = nullptr;
};

CacheTask::~CacheTask() {
  if (info_ == nullptr) return;
  const ByteView key = Find(kSessionKeyBlob);
  Wipe(const_cast<uint8_t *>(key.data()), key.size());
  connection.library().wbcFreeMemory(info_);
}

Error CacheTask::Take(std::string_view domain, std::string_view user, ByteView negotiate,
                      ByteView challenge) {
  if (!AreUsableNames(domain, user) || domain.size() + user.size() > kMaxName) {
    return Fail(Status::kNoCredential, "winbind: not the name of a user that it can know");
  }
  CopyText(domain_, domain);
  CopyText(user_, user);
  if (!negotiate_.Assign(negotiate) || !challenge_.Assign(challenge)) return Status::kNoMemory;
  return kSuccess;
}

void CacheTask::Run() {
  wbcContext *context = connection.context();
  if (context == nullptr) return;
  connection.result = WBC_ERR_SUCCESS;
  if (domain_[0] == '\0') TakeOwnDomain(context);
  if (connection.result == WBC_ERR_SUCCESS) AskForLogon(context);
}

void CacheTask::TakeOwnDomain(wbcContext *context) {
  struct wbcInterfaceDetails *details = nullptr;
  connection.result = connection.library().wbcCtxInterfaceDetails(context, &details);
  if (details != nullptr && details->netbios_domain != nullptr) {
    CopyText(domain_, details->netbios_domain);
  }
  connection.library().wbcFreeMemory(details);
}

void CacheTask::AskForLogon(wbcContext *context) {
  wbcNamedBlob blobs[2] = {};
  blobs[0].name = "negotiate_blob";
  blobs[0].blob = {negotiate_.data(), negotiate_.size()};
  blobs[1].name = "challenge_blob";
  blobs[1].blob = {challenge_.data(), challenge_.size()};
  wbcCredentialCacheParams params{};
  params.account_name = user_;
  params.domain_name = domain_;
  params.level = wbcCredentialCacheParams::WBC_CREDENTIAL_CACHE_LEVEL_NTLMSSP;
  if (!challenge_.empty()) {
    params.blobs = blobs;
    params.num_blobs = std::size(blobs);
  }
  connection.result =
      connection.library().wbcCtxCredentialCache(context, &params, &info_, &connection.error);
}

ByteView CacheTask::Find(std::string_view name) const {
  if (info_ == nullptr || info_->blobs == nullptr) return {};
  for (size_t i = 0; i < info_->num_blobs; ++i) {
    const wbcNamedBlob &blob = info_->blobs[i];
    if (blob.name != nullptr && name == blob.name && blob.blob.data != nullptr) {
      return {blob.blob.data, blob.blob.length};
    }
  }
  return {};
}

using CacheJob = WinbindJob<CacheTask>;

// The task, when it is done and went well. kNoCredential when winbind keeps no such logon.
Result<Ref<CacheJob>> AskCache(std::string_view domain, std::string_view user, ByteView negotiate,
                               ByteView challenge, uint32_t milliseconds) {
  const auto library = OpenWinbindLibrary(Status::kNoCredential);
  if (!library) return library.error();
  Ref<CacheJob> job = MakeShared<CacheJob>(*library);
  if (!job) return Status::kNoMemory;
  if (Error error = job->task.Take(domain, user, negotiate, challenge)) return error;
  if (Error error = RunInTime(job, milliseconds)) return error;
  // So winbindd says that it has none: with no status of the user's.
  const bool has_none = job->task.connection.result == WBC_ERR_DOMAIN_NOT_FOUND;
  const Error error =
      has_none ? Status::kLogonFailure : JudgeWinbind(job->task.connection, "cached logon");
  if (!error) return job;
  if (error.status != Status::kLogonFailure) return error;
  return Fail(Status::kNoCredential, "winbind keeps no logon of %.*s%s%.*s for this process",
              GSS_SSPI_TEXT(domain), domain.empty() ? "" : "\\", GSS_SSPI_TEXT(user));
}

// N201: what does not answer is not a credential.
Error AsNoCredential(Error error) {
  if (error.status == Status::kNoMemory) return error;
  char reason[400];
  CopyText(reason, DetailOf(error.status));
  return Fail(Status::kNoCredential, "%s", reason);
}

}  // namespace

Result<WinbindCredential> WinbindCredential::Find(std::string_view domain, std::string_view user,
                                                  std::string_view workstation, uint32_t timeout) {
  const auto job = AskCache(domain, user, {}, {}, kSearchMilliseconds);
  if (!job) return AsNoCredential(job.error());
  WinbindCredential credential;
  credential.timeout_ = timeout;
  if (Error error = credential.Assign((*job)->task.domain(), user, workstation)) return error;
  return credential;
}

Error WinbindCredential::Assign(std::string_view domain, std::string_view user,
                                std::string_view workstation) {
  const std::string_view texts[] = {domain, user, workstation};
  size_t size = 0;
  for (std::string_view text : texts) {
    const size_t octets = Utf16LengthOf(text);
    if (octets == kInvalidText) {
      return Fail(Status::kNoCredential,
                  "winbind: its domain, or the name of this host, is not UTF-8");
    }
    size += octets;
  }
  if (!utf16_.Resize(size) || !utf8_.Resize(domain.size() + user.size())) return Status::kNoMemory;
  Writer utf8(utf8_.span());
  utf8.Bytes(AsBytes(domain));
  utf8.Bytes(AsBytes(user));
  domain_size_ = domain.size();

  Writer utf16(utf16_.span());
  ByteView *const places[] = {&domain_, &user_, &workstation_};
  for (size_t i = 0; i < std::size(texts); ++i) {
    const MutableBytes place = utf16.Take(Utf16LengthOf(texts[i]));
    Utf8ToUtf16(texts[i], place);
    *places[i] = place;
  }
  return kSuccess;
}

Result<ntlm::SessionBaseKey> WinbindCredential::AnswerV2(ntlm::ServerChallenge /*challenge*/,
                                                         MutableBytes /*response*/) const {
  return Fail(Status::kNotSupported, "winbind makes whole messages");
}

Result<ntlm::InitiatorCredential::V1Answer> WinbindCredential::AnswerV1(
    ntlm::ServerChallenge /*challenge*/) const {
  return Fail(Status::kNotSupported, "winbind makes whole messages");
}

Result<std::optional<ntlm::InitiatorCredential::MadeMessage>> WinbindCredential::MakeMessage(
    ByteView negotiate, ByteView challenge) const {
  const auto job = AskCache(domain_name(), user_name(), negotiate, challenge, timeout_ * 1000);
  if (!job) return job.error();
  const ByteView message = (*job)->task.Find("auth_blob");
  const ByteView key = (*job)->task.Find(kSessionKeyBlob);
  if (message.empty() || message.size() > Limits::kToken ||
      key.size() != ntlm::ExportedSessionKey::kSize) {
    return Fail(Status::kBackEndUnavailable, "winbind: its answer lacks the message or its key");
  }
  MadeMessage made;
  if (!made.authenticate.Assign(message)) return Status::kNoMemory;
  Copy(made.session_key.span(), key);
  return std::optional<MadeMessage>(std::move(made));
}

}  // namespace gss_sspi::cred
