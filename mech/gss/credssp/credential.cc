// SPDX-License-Identifier: MIT
#include "gss/credssp/credential.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/descriptor.h"
#include "core/text.h"
#include "credssp/ts_credentials.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

using credssp::Role;
using credssp::TlsConfig;
using credssp::TlsSettings;

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error Unusable(const char *path, const char *why) {
  return Fail(Status::kCredsspBadStoreKey, "%s %s", path, why);
}

// The text of a file of which nobody but its owner may read (C78), without a line end behind it.
Error ReadPassword(const char *path, Account *account) {
  constexpr size_t kMost = 1026;
  const Descriptor file(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (file.get() < 0 || fstat(file.get(), &facts) != 0) return Unusable(path, "cannot be read");
  if (!S_ISREG(facts.st_mode) || facts.st_size > static_cast<off_t>(kMost)) {
    return Unusable(path, "is no file with one password");
  }
  if ((facts.st_mode & 077U) != 0) return Unusable(path, "can be read by others (chmod go=)");
  SecretBytes octets;
  if (!octets.Resize(static_cast<size_t>(facts.st_size))) return Status::kNoMemory;
  if (file.ReadAll(octets.span()) != 0) return Unusable(path, "cannot be read");
  std::string_view text = AsText(octets.view());
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return account->SetPassword(text);
}

// The keys that say more than the account does.
bool HasInnerKeys(gss_const_key_value_set_t keys) {
  const OM_uint32 count = keys != nullptr ? keys->count : 0;
  for (OM_uint32 i = 0; i < count; ++i) {
    const char *key = keys->elements[i].key;
    if (key != nullptr && !std::string_view(key).starts_with("credssp:")) return true;
  }
  return false;
}

constexpr gss_OID kSpnegoOnly[] = {&kSpnegoMechanism};
constexpr gss_OID kNtlmOnly[] = {&kInnerNtlmMechanism};
constexpr gss_OID kKrb5Only[] = {&kKrb5Mechanism};
// SPNEGO first: its reason is the one that is told.
constexpr gss_OID kEvery[] = {&kSpnegoMechanism, &kKrb5Mechanism, &kInnerNtlmMechanism};

std::span<const gss_OID> MechanismsOf(Inner inner, bool allows_ntlm) {
  switch (inner) {
    case Inner::kSpnego:
      return kSpnegoOnly;
    case Inner::kNtlm:
      return kNtlmOnly;
    case Inner::kKrb5:
      return kKrb5Only;
    case Inner::kAuto:
      break;
  }
  return std::span(kEvery).first(allows_ntlm ? 3 : 2);
}

}  // namespace

Error CredsspCredential::TakePin(const char *digits) {
  const std::string_view text(digits != nullptr ? digits : "");
  const auto wrong = [] {
    return Fail(Status::kCredsspBadStoreKey,
                GSS_CREDSSP_CS_PIN " is not the 64 hexadecimal digits of a SHA-256");
  };
  if (text.size() != 2 * sizeof pin_) return wrong();
  for (size_t i = 0; i < sizeof pin_; ++i) {
    const int high = DigitOf(text[2 * i]);
    const int low = DigitOf(text[2 * i + 1]);
    if (high < 0 || low < 0) return wrong();
    pin_[i] = static_cast<uint8_t>(16 * high + low);
  }
  return kSuccess;
}

// Copies what is needed later.
Error CredsspCredential::TakeSettings(const CredsspSettings &settings) {
  const struct {
    OwnedText *to;
    const char *from;
  } texts[] = {{&paths_.authorities, settings.authorities},
               {&paths_.client_certificate, settings.client_certificate},
               {&paths_.client_key, settings.client_key},
               {&paths_.certificate, settings.certificate},
               {&paths_.key, settings.key},
               {&paths_.ciphers, settings.ciphers},
               {&server_name_, settings.server_name}};
  for (const auto &text : texts) {
    if (text.from != nullptr && !text.to->Assign(text.from)) return Status::kNoMemory;
  }
  owns_tls_ = settings.owns_tls;
  is_framed_ = settings.framed;
  inner_ = settings.inner;
  tls_min_ = settings.tls_min;
  tls_max_ = settings.tls_max;
  least_version_ = settings.least_version.value_or(0);
  forwards_bindings_ = settings.forwards_bindings;
  requires_same_user_ = settings.requires_same_user;
  delegate_krb5_ = settings.delegate_krb5;
  allows_ntlm_ = settings.allows_ntlm && policy().allows_ntlm;
  verify_ = settings.verify;
  if (static_cast<int>(verify_) < static_cast<int>(policy().least_verify)) {
    verify_ = static_cast<credssp::Verify>(policy().least_verify);
  }
  if (!allows_ntlm_ && inner_ == Inner::kNtlm) {
    return Fail(Status::kCredsspBadStoreKey, "NTLM is not allowed inside (allow-ntlm)");
  }
  if (settings.server_certificate != nullptr) {
    auto key = credssp::PublicKeyOfFile(settings.server_certificate);
    if (!key) return key.error();
    server_key_ = std::move(*key);
  }
  return verify_ == credssp::Verify::kPin ? TakePin(settings.pin) : kSuccess;
}

// C65: who is delegated, and logs on inside.
Error CredsspCredential::TakeAccount(const CredsspName *name, const CredsspSettings &settings) {
  if (settings.user != nullptr) {
    const char *domain = settings.domain != nullptr ? settings.domain : "";
    if (Error error = account_.SetName(domain, settings.user)) return error;
  } else if (name != nullptr && name->kind() == CredsspName::Kind::kUser) {
    const char *domain = settings.domain != nullptr ? settings.domain : "";
    if (Error error = account_.SetName(domain, name->text())) return error;
  }
  if (settings.password) {
    if (Error error = account_.SetPassword(*settings.password)) return error;
  } else if (settings.password_file != nullptr) {
    is_fresh_ = false;
    if (Error error = ReadPassword(settings.password_file, &account_)) return error;
  }
  auto nothing = credssp::PasswordCredentials{}.Build();
  if (!nothing) return nothing.error();
  nothing_ = std::move(*nothing);
  if (!account_.has_password()) return kSuccess;
  if (!account_.is_named()) {
    return Fail(Status::kCredsspNoCredential, "there is a password, but no user");
  }
  auto delegated = credssp::PasswordCredentials{account_.domain(), account_.user(),
                                                std::string_view(account_.password())}
                       .Build();
  if (!delegated) return delegated.error();
  delegated_ = std::move(*delegated);
  return kSuccess;
}

Error CredsspCredential::AcquireInitiator(const CredsspName *name, gss_const_key_value_set_t keys) {
  InnerRequest request{MechanismsOf(inner_, allows_ntlm_), GSS_C_INITIATE};
  request.keys = keys;
  if (account_.is_named()) request.account = &account_;
  if (name != nullptr && request.account == nullptr) request.name = name->host();
  if (account_.has_password() && !HasInnerKeys(keys)) {
    const bool asks_kdc = inner_ == Inner::kKrb5 || account_.HasRealm(policy());
    request.password = asks_kdc ? PasswordFor::kAll : PasswordFor::kNtlm;
  }
  const bool negotiates = inner_ == Inner::kSpnego || inner_ == Inner::kAuto;
  if (negotiates && !allows_ntlm_) {
    // SPNEGO would have NTLM's part, and nothing to tell of why Kerberos' is missing.
    InnerRequest kerberos = request;
    kerberos.mechanisms = kKrb5Only;
    if (auto only = AcquireInner(policy(), kerberos); !only) return only.error();
  }
  auto acquired = AcquireInner(policy(), request);
  if (!acquired) return acquired.error();
  initiator_ = std::move(*acquired);
  return negotiates && !allows_ntlm_ ? RestrictNegotiation(initiator_, &kKrb5Mechanism) : kSuccess;
}

// C27: a client may send a token of any of them by itself.
Error CredsspCredential::AcquireAcceptor(const CredsspName *name, gss_const_key_value_set_t keys) {
  InnerRequest request{MechanismsOf(Inner::kAuto, allows_ntlm_), GSS_C_ACCEPT};
  request.keys = keys;
  if (name != nullptr && name->kind() == CredsspName::Kind::kService) request.name = name->host();
  auto acquired = AcquireInner(policy(), request);
  if (!acquired) return acquired.error();
  acceptor_ = std::move(*acquired);
  return allows_ntlm_ ? kSuccess : RestrictNegotiation(acceptor_, &kKrb5Mechanism);
}

bool CredsspCredential::HasTlsFiles() const {
  return !paths_.certificate.empty() || !paths_.authorities.empty() ||
         !paths_.client_certificate.empty() || !paths_.ciphers.empty();
}

Result<Ref<CredsspCredential>> CredsspCredential::Acquire(const CredsspName *name,
                                                          gss_cred_usage_t usage,
                                                          const CredsspSettings &settings,
                                                          gss_const_key_value_set_t keys) {
  auto configuration = CredsspConfiguration::Current();
  if (!configuration) return configuration.error();
  Ref<CredsspCredential> made = MakeShared<CredsspCredential>();
  if (!made) return Status::kNoMemory;
  made->configuration_ = std::move(*configuration);
  if (name != nullptr) {
    auto copy = name->Duplicate();
    if (!copy) return copy.error();
    made->name_ = std::move(*copy);
  }
  if (Error error = made->TakeSettings(settings)) return error;
  if (Error error = made->TakeAccount(name, settings)) return error;
  // With both uses one is enough; the reason of the one that was asked for with an account is told.
  Error accepting = Status::kCredsspNoCredential;
  Error initiating = Status::kCredsspNoCredential;
  if (usage != GSS_C_INITIATE) accepting = made->AcquireAcceptor(name, keys);
  if (usage != GSS_C_ACCEPT && (accepting || usage == GSS_C_BOTH)) {
    initiating = made->AcquireInitiator(name, keys);
  }
  if (usage == GSS_C_ACCEPT && accepting) return accepting;
  if (usage != GSS_C_ACCEPT && accepting && initiating) return initiating;
  // What the caller's files are worth is told now; without any, TLS waits for its first use.
  if (made->HasTlsFiles()) {
    for (const Role role : {Role::kInitiator, Role::kAcceptor}) {
      const bool used = role == Role::kInitiator ? made->CanInitiate() : made->CanAccept();
      if (!used || !made->owns_tls_) continue;
      const auto tls = made->Tls(role);
      if (!tls) return tls.error();
    }
  }
  return made;
}

gss_cred_usage_t CredsspCredential::usage() const {
  if (CanInitiate() && CanAccept()) return GSS_C_BOTH;
  return CanInitiate() ? GSS_C_INITIATE : GSS_C_ACCEPT;
}

Result<Ref<TlsConfig>> CredsspCredential::Tls(Role role) {
  const MutexLock lock(tls_mutex_);
  Ref<TlsConfig> &kept = tls_[static_cast<size_t>(role)];
  if (kept) return kept;
  const bool initiates = role == Role::kInitiator;
  TlsSettings settings;
  char host[65] = "";
  if (gethostname(host, sizeof host - 1) == 0 && *host != '\0') settings.host = host;
  settings.role = role;
  settings.min_version = tls_min_;
  settings.max_version = tls_max_;
  settings.ciphers = paths_.ciphers.OrNull();
  settings.verify = verify_;
  settings.authorities = paths_.authorities.OrNull();
  settings.certificate = (initiates ? paths_.client_certificate : paths_.certificate).OrNull();
  settings.key = (initiates ? paths_.client_key : paths_.key).OrNull();
  auto made = TlsConfig::Make(settings);
  if (!made) return made.error();
  kept = *made;
  return kept;
}

// The user, or the service; without either what the mechanism inside says.
Result<Owned<CredsspName>> CredsspCredential::Name() const {
  if (account_.is_named()) {
    OwnedText text;
    if (Error error = account_.NtlmName(&text)) return error;
    return CredsspName::Import(AsBytes(text.view()), GSS_C_NO_OID);
  }
  if (name_) return name_->Duplicate();
  HostName name;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_inquire_cred(&minor, CanInitiate() ? initiator() : acceptor(),
                                                   name.out(), nullptr, nullptr, nullptr);
  if (GSS_ERROR(major) || !name) {
    return HostFailure(Status::kCredsspNoCredential, major, minor, &kSpnegoMechanism);
  }
  return CredsspName::OfInner(std::move(name));
}

}  // namespace gss_sspi::gss
