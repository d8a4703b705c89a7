// SPDX-License-Identifier: MIT
#include "gss/credential.h"

#include "core/log.h"
#include "core/text.h"
#include "cred/winbind_names.h"
#include "gss/name_codec.h"

namespace gss_sspi::gss {
namespace {

constexpr uint8_t kExportVersion = 2;

// How an exported credential initiates.
enum InitiatorKind : uint8_t {
  kNoInitiator,
  kAccountInitiator,
  kNobodyInitiator,
  kWinbindInitiator
};

template <typename Sink>
void PutAccount(Sink &sink, std::string_view domain, std::string_view user,
                const ntlm::NtHash &nt_hash, const ntlm::LmHash *lm_hash) {
  PutText(sink, domain);
  PutText(sink, user);
  sink.Bytes(nt_hash.view());
  sink.U8(lm_hash != nullptr ? 1 : 0);
  if (lm_hash != nullptr) sink.Bytes(lm_hash->view());
}

struct ExportedAccount {
  explicit ExportedAccount(Reader *reader)
      : domain(TakeText(reader)), user(TakeText(reader)), nt_hash(reader->Array<16>()) {
    if (reader->U8() != 0) lm.emplace(reader->Array<16>());
  }
  const ntlm::LmHash *lm_hash() const { return lm ? &*lm : nullptr; }

  std::string_view domain, user;
  ntlm::NtHash nt_hash;
  std::optional<ntlm::LmHash> lm;
};

bool Initiates(gss_cred_usage_t usage) { return usage == GSS_C_INITIATE || usage == GSS_C_BOTH; }
bool Accepts(gss_cred_usage_t usage) { return usage == GSS_C_ACCEPT || usage == GSS_C_BOTH; }

// The user of the store's key ntlmssp_user.
Result<Owned<Name>> AccountOf(std::string_view text, UpnForm upn) {
  auto name = Name::ParseUser(text, upn);
  if (name || name.error().status == Status::kNoMemory) return name;
  char reason[100];
  CopyText(reason, DetailOf(name.error().status));
  return Fail(Status::kBadCredentialStoreKey, "ntlmssp_user: %s", reason);
}

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
  return Fail(Status::kBadNameType, "an anonymous credential can only initiate");
}

bool IsFaultOfFile(Error error) {
  return error.status == Status::kAccountFileUnreadable ||
         error.status == Status::kAccountFileRefused || error.status == Status::kAccountFileBadLine;
}

}  // namespace

Result<Ref<Credential>> Credential::Acquire(const Name *name, gss_cred_usage_t usage,
                                            const cred::Settings &settings, ReportFile report) {
  if (name != nullptr && name->kind() == Name::Kind::kAnonymous && usage == GSS_C_INITIATE &&
      !settings.account) {
    return Nobody();
  }
  auto made = Empty();
  if (!made) return made.error();
  Credential &credential = **made;
  cred::Settings wanted = settings;
  Owned<Name> account;
  if (settings.account) {
    if (!Initiates(usage) && !settings.HasSecret()) {
      return Fail(Status::kBadCredentialStoreKey,
                  "ntlmssp_user without its password or hash, in a credential to accept");
    }
    auto parsed = AccountOf(*settings.account,
                            credential.policy().split_upn ? UpnForm::kSplit : UpnForm::kWhole);
    if (!parsed) return parsed.error();
    account = std::move(*parsed);
    // An acceptor stays the service that it is named after.
    if (name == nullptr || name->kind() != Name::Kind::kService) name = account.get();
  }
  if (Error error = ApplyName(account ? account.get() : name, usage, &wanted)) return error;
  credential.is_explicit_ = wanted.HasSecret();
  if (Initiates(usage)) {
    auto source = cred::FindInitiator(wanted, credential.configuration());
    if (!source) return source.error();
    credential.initiator_ = std::move(*source);
  }
  if (gss::Accepts(usage)) {
    if (Error error = credential.FindAcceptor(wanted, report)) return error;
  }
  if (Error error = credential.SetName(name)) return error;
  return made;
}

Error Credential::FindAcceptor(const cred::Settings &settings, ReportFile report) {
  auto source = cred::FindAcceptor(settings, configuration());
  if (source) {
    if (!source->accounts) return AcceptByWinbind();
    AcceptAccounts(source->from_file ? Accepts::kAccountFile : Accepts::kGivenAccount,
                   source->accounts);
    return kSuccess;
  }
  if (report == ReportFile::kAtOnce || settings.user_file || !IsFaultOfFile(source.error())) {
    return source.error();
  }
  LogFailure("acquire", source.error());
  AcceptAccounts(Accepts::kAccountFile, {});
  return kSuccess;
}

Result<Ref<Credential>> Credential::Nobody() {
  auto made = Empty();
  if (!made) return made.error();
  auto name = Name::Anonymous();
  if (!name) return name.error();
  (*made)->name_ = std::move(*name);
  (*made)->nobody_.emplace();
  return made;
}

Result<Ref<Credential>> Credential::ForLogon() {
  if (accepts_ == Accepts::kAccountFile && !accounts_) {
    return Acquire(name_.get(), GSS_C_ACCEPT, {});
  }
  AddOwner();
  return Ref<Credential>(this);
}

// Without a side, and with the settings of this host.
Result<Ref<Credential>> Credential::Empty() {
  auto configuration = cred::Configuration::Current();
  if (!configuration) return configuration.error();
  Ref<Credential> credential = MakeShared<Credential>();
  if (!credential) return Status::kNoMemory;
  credential->configuration_ = std::move(*configuration);
  return credential;
}

void Credential::AcceptAccounts(Accepts kind, const Ref<cred::AccountList> &accounts) {
  accepts_ = kind;
  accounts_ = accounts;
  account_verifier_.emplace(accounts);
}

// N303: the CHALLENGEs name the domain that winbind is a member of.
Error Credential::AcceptByWinbind() {
  auto joined = cred::WinbindNames::Current();
  if (!joined) return joined.error();
  auto names = ntlm::ServerNames::Make((*joined)->Source(configuration().host().server_names()));
  if (!names) return names.error();
  joined_ = std::move(*joined);
  challenge_names_ = std::move(*names);
  accepts_ = Accepts::kWinbind;
  winbind_verifier_.emplace(policy().winbind_timeout);
  return kSuccess;
}

Error Credential::SetName(const Name *wanted) {
  auto name = [&]() -> Result<Owned<Name>> {
    if (initiator_.account) {
      return Name::OfUser(initiator_.account->domain_name(), initiator_.account->user_name());
    }
    if (initiator_.winbind) {
      return Name::OfUser(initiator_.winbind->domain_name(), initiator_.winbind->user_name());
    }
    if (wanted != nullptr) return wanted->Duplicate();
    return Name::ParseService({}, configuration().host().host());
  }();
  if (!name) return name.error();
  name_ = std::move(*name);
  return kSuccess;
}

const ntlm::InitiatorCredential *Credential::initiator() const {
  if (nobody_) return &*nobody_;
  if (initiator_.winbind) return initiator_.winbind.get();
  return initiator_.account.get();
}

const ntlm::AcceptorVerifier *Credential::verifier() const {
  if (winbind_verifier_) return &*winbind_verifier_;
  return account_verifier_ ? &*account_verifier_ : nullptr;
}

gss_cred_usage_t Credential::usage() const {
  if (initiator() != nullptr && verifier() != nullptr) return GSS_C_BOTH;
  return initiator() != nullptr ? GSS_C_INITIATE : GSS_C_ACCEPT;
}

Result<Buffer> Credential::Export() const {
  if (accepts_ == Accepts::kAccountFile && !accounts_) {
    return Fail(Status::kNoCredential, "the account file could not be used");
  }
  const cred::AccountCredential *account = initiator_.account.get();
  const InitiatorKind initiator_kind = account != nullptr   ? kAccountInitiator
                                       : initiator_.winbind ? kWinbindInitiator
                                       : nobody_            ? kNobodyInitiator
                                                            : kNoInitiator;
  const auto flags = offer_instead();
  const auto fields = [&](auto &sink) {
    sink.U8(kExportVersion);
    sink.U8(initiator_kind);
    sink.U8(static_cast<uint8_t>(accepts_));
    sink.U8(flags ? 1 : 0);
    sink.U32(flags.value_or(0));
    PutName(sink, *name_);
    if (account != nullptr) {
      PutAccount(sink, account->domain_name(), account->user_name(), account->nt_hash(),
                 account->lm_hash());
    } else if (initiator_.winbind) {
      PutText(sink, initiator_.winbind->domain_name());
      PutText(sink, initiator_.winbind->user_name());
    }
    if (!accounts_) return;
    // Of a file its place is kept: who imports must be able to read it (N428).
    if (accepts_ == Accepts::kAccountFile) {
      PutText(sink, accounts_->source());
    } else if (const cred::Account *given = accounts_->First()) {
      PutAccount(sink, given->domain, given->user, given->nt_hash,
                 given->has_lm_hash ? &given->lm_hash : nullptr);
    }
  };
  Buffer octets;
  if (!Serialize(fields, &octets)) return Status::kNoMemory;
  return octets;
}

Error Credential::ImportInitiator(uint8_t kind, Reader *reader) {
  const std::string_view workstation = configuration().host().nb_computer();
  switch (kind) {
    case kNoInitiator:
      return kSuccess;
    case kNobodyInitiator:
      nobody_.emplace();
      return kSuccess;
    case kAccountInitiator: {
      const ExportedAccount account(reader);
      auto made = cred::AccountCredential::Make(account.domain, account.user, workstation,
                                                account.nt_hash, account.lm_hash());
      if (!made) return made.error();
      initiator_.account = std::move(*made);
      return kSuccess;
    }
    case kWinbindInitiator: {
      const std::string_view domain = TakeText(reader);
      const std::string_view user = TakeText(reader);
      auto found =
          cred::WinbindCredential::Find(domain, user, workstation, policy().winbind_timeout);
      if (!found) return found.error();
      initiator_.winbind = gss_sspi::Make<cred::WinbindCredential>(std::move(*found));
      return initiator_.winbind ? kSuccess : Error(Status::kNoMemory);
    }
    default:
      return Fail(Status::kDefectiveToken, "an exported credential of unknown kind");
  }
}

Error Credential::ImportAcceptor(uint8_t kind, Reader *reader) {
  switch (static_cast<Accepts>(kind)) {
    case Accepts::kNothing:
      return kSuccess;
    case Accepts::kWinbind:
      return AcceptByWinbind();
    case Accepts::kGivenAccount: {
      const ExportedAccount account(reader);
      auto accounts =
          cred::OneAccount(account.domain, account.user, account.nt_hash, account.lm_hash());
      if (!accounts) return accounts.error();
      AcceptAccounts(Accepts::kGivenAccount, *accounts);
      return kSuccess;
    }
    case Accepts::kAccountFile: {
      char path[4097] = {};
      const std::string_view text = TakeText(reader);
      if (text.size() >= sizeof path) {
        return Fail(Status::kDefectiveToken, "an exported path is too long");
      }
      CopyText(path, text);
      auto accounts = cred::AcceptorAccounts(path, policy());
      if (!accounts) return accounts.error();
      AcceptAccounts(Accepts::kAccountFile, *accounts);
      return kSuccess;
    }
  }
  return Fail(Status::kDefectiveToken, "an exported credential of unknown kind");
}

Result<Ref<Credential>> Credential::Import(ByteView octets) {
  Reader reader(octets);
  const uint8_t version = reader.U8();
  const uint8_t initiator_kind = reader.U8();
  const uint8_t acceptor_kind = reader.U8();
  const uint8_t has_flags = reader.U8();
  const ntlm::Flags flags = reader.U32();
  if (reader.failed() || version != kExportVersion || has_flags > 1 ||
      (initiator_kind == 0 && acceptor_kind == 0)) {
    return Fail(Status::kDefectiveToken, "not a credential that this version exported");
  }
  auto name = TakeName(&reader);
  if (!name) return name.error();
  auto made = Empty();
  if (!made) return made.error();
  Credential &credential = **made;
  credential.name_ = std::move(*name);
  if (has_flags == 1) credential.OfferInstead(flags);
  if (Error error = credential.ImportInitiator(initiator_kind, &reader)) return error;
  if (Error error = credential.ImportAcceptor(acceptor_kind, &reader)) return error;
  if (reader.ok() && reader.rest().empty()) return made;
  return Fail(Status::kDefectiveToken, "an exported credential is cut off, or too long");
}

}  // namespace gss_sspi::gss
