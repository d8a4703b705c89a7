// SPDX-License-Identifier: MIT
#include "gss/credential.h"

#include "core/log.h"
#include "core/text.h"
#include "cred/sources.h"
#include "cred/user_file.h"
#include "gss/name_codec.h"
#include "policy/load.h"

namespace gss_sspi::gss {
namespace {

constexpr uint8_t kExportVersion = 1;

enum Contents : uint8_t {
  kHasInitiator = 1,
  kHasAcceptor = 2,
  kAcceptorFromFile = 4,
  kAllContents = 7
};

template <typename Sink>
void PutAccount(Sink &sink, std::string_view domain, std::string_view user,
                const ntlm::NtHash &hash) {
  PutText(sink, domain);
  PutText(sink, user);
  sink.Bytes(hash.view());
}

struct ExportedAccount {
  explicit ExportedAccount(Reader *reader)
      : domain(TakeText(reader)), user(TakeText(reader)), hash(reader->Array<16>()) {}
  std::string_view domain, user;
  ntlm::NtHash hash;
};

Result<Ref<cred::AccountList>> TakeAccounts(Reader *reader, bool from_file) {
  if (!from_file) {
    const ExportedAccount account(reader);
    auto list =
        cred::AccountList::Of(cred::kGivenCredential, account.domain, account.user, account.hash);
    if (!list) return Status::kNoMemory;
    return list;
  }
  char path[4097] = {};
  const std::string_view text = TakeText(reader);
  if (text.size() >= sizeof path)
    return Fail(Status::kDefectiveToken, "an exported path is too long");
  CopyText(path, text);
  return cred::LoadUserFile(path);
}

bool Initiates(gss_cred_usage_t usage) { return usage == GSS_C_INITIATE || usage == GSS_C_BOTH; }
bool Accepts(gss_cred_usage_t usage) { return usage == GSS_C_ACCEPT || usage == GSS_C_BOTH; }

// Which user the settings are about, as the name says.
Error ApplyName(const Name *name, gss_cred_usage_t usage, cred::Settings *settings) {
  if (name == nullptr) return kSuccess;
  switch (name->kind()) {
    case Name::Kind::kUser:
      if (!Initiates(usage) && !settings->HasSecret()) {
        return Fail(Status::kBadNameType, "a credential to accept has the name of a service");
      }
      settings->user = name->user();
      if (!name->domain().empty()) settings->domain = name->domain();
      return kSuccess;
    case Name::Kind::kService:
      if (Accepts(usage)) return kSuccess;
      return Fail(Status::kBadNameType, "a credential to initiate has the name of a user");
    case Name::Kind::kAnonymous:
      break;
  }
  return Fail(Status::kNoCredential, "there are no anonymous credentials");
}

bool IsFaultOfFile(Error error) {
  return error.status == Status::kAccountFileUnreadable ||
         error.status == Status::kAccountFileRefused || error.status == Status::kAccountFileBadLine;
}

}  // namespace

Result<Ref<Credential>> Credential::Acquire(const Name *name, gss_cred_usage_t usage,
                                            const cred::Settings &settings, ReportFile report) {
  cred::Settings wanted = settings;
  if (Error error = ApplyName(name, usage, &wanted)) return error;
  auto made = Empty();
  if (!made) return made.error();
  Credential &credential = **made;
  if (Initiates(usage)) {
    auto account = cred::FindInitiator(wanted, credential.host_.nb_computer());
    if (!account) return account.error();
    credential.initiator_.emplace(std::move(*account));
  }
  if (Accepts(usage)) {
    Ref<cred::AccountList> list;
    auto accounts = cred::FindAccounts(wanted);
    if (accounts) {
      list = *accounts;
    } else if (report == ReportFile::kAtOnce || wanted.user_file ||
               !IsFaultOfFile(accounts.error())) {
      return accounts.error();
    } else {
      LogFailure("acquire", accounts.error());
    }
    if (Error error = credential.SetAcceptor(list, !wanted.HasSecret())) return error;
  }
  if (Error error = credential.SetName(name)) return error;
  return made;
}

Result<Ref<Credential>> Credential::ForLogon() {
  if (acceptor_ && !acceptor_->accounts) return Acquire(name_.get(), GSS_C_ACCEPT, {});
  AddOwner();
  return Ref<Credential>(this);
}

// Without a side, and with the settings of this host.
Result<Ref<Credential>> Credential::Empty() {
  auto policy = LoadPolicy();
  if (!policy) return policy.error();
  auto host = cred::HostIdentity::OfThisHost();
  if (!host) return host.error();
  Ref<Credential> credential = MakeShared<Credential>();
  if (!credential) return Status::kNoMemory;
  credential->policy_ = std::move(*policy);
  credential->host_ = *host;
  return credential;
}

Error Credential::SetAcceptor(const Ref<cred::AccountList> &accounts, bool from_file) {
  auto names = ntlm::ServerNames::Make(host_.server_names());
  if (!names) return names.error();
  acceptor_.emplace(
      AcceptorSide{accounts, cred::AccountVerifier(accounts), std::move(*names), from_file});
  return kSuccess;
}

Error Credential::SetName(const Name *wanted) {
  auto name = initiator_          ? Name::OfUser(initiator_->domain_name(), initiator_->user_name())
              : wanted != nullptr ? wanted->Duplicate()
                                  : Name::ParseService({}, host_.host());
  if (!name) return name.error();
  name_ = std::move(*name);
  return kSuccess;
}

gss_cred_usage_t Credential::usage() const {
  if (initiator_ && acceptor_) return GSS_C_BOTH;
  return initiator_ ? GSS_C_INITIATE : GSS_C_ACCEPT;
}

Result<Buffer> Credential::Export() const {
  if (acceptor_ && !acceptor_->accounts) {
    return Fail(Status::kNoCredential, "the account file could not be used");
  }
  const auto fields = [&](auto &sink) {
    sink.U8(kExportVersion);
    sink.U8(static_cast<uint8_t>((initiator_ ? kHasInitiator : 0) | (acceptor_ ? kHasAcceptor : 0) |
                                 (acceptor_ && acceptor_->from_file ? kAcceptorFromFile : 0)));
    PutName(sink, *name_);
    if (initiator_) {
      PutAccount(sink, initiator_->domain_name(), initiator_->user_name(), initiator_->nt_hash());
    }
    if (!acceptor_) return;
    // Of a file its place is kept: who imports must be able to read it (N428).
    if (acceptor_->from_file) {
      PutText(sink, acceptor_->accounts->source());
    } else if (const cred::Account *account = acceptor_->accounts->First()) {
      PutAccount(sink, account->domain, account->user, account->nt_hash);
    }
  };
  Buffer octets;
  if (!Serialize(fields, &octets)) return Status::kNoMemory;
  return octets;
}

Result<Ref<Credential>> Credential::Import(ByteView octets) {
  Reader reader(octets);
  const uint8_t version = reader.U8();
  const uint8_t contents = reader.U8();
  if (reader.failed() || version != kExportVersion || (contents & ~kAllContents) != 0 ||
      (contents & (kHasInitiator | kHasAcceptor)) == 0) {
    return Fail(Status::kDefectiveToken, "not a credential that this version exported");
  }
  auto name = TakeName(&reader);
  if (!name) return name.error();
  auto credential = Empty();
  if (!credential) return credential.error();
  (*credential)->name_ = std::move(*name);
  if ((contents & kHasInitiator) != 0) {
    const ExportedAccount account(&reader);
    auto initiator = cred::AccountCredential::Make(
        account.domain, account.user, (*credential)->host_.nb_computer(), account.hash);
    if (!initiator) return initiator.error();
    (*credential)->initiator_.emplace(std::move(*initiator));
  }
  if ((contents & kHasAcceptor) != 0) {
    auto accounts = TakeAccounts(&reader, (contents & kAcceptorFromFile) != 0);
    if (!accounts) return accounts.error();
    if (Error error = (*credential)->SetAcceptor(*accounts, (contents & kAcceptorFromFile) != 0))
      return error;
  }
  if (reader.ok() && reader.rest().empty()) return credential;
  return Fail(Status::kDefectiveToken, "an exported credential is cut off, or too long");
}

}  // namespace gss_sspi::gss
