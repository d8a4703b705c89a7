// SPDX-License-Identifier: MIT
#include "gss/credssp/context.h"

#include "core/environment.h"
#include "core/text.h"
#include "core/utf16.h"
#include "gss/credssp/kerberos_bar.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

using credssp::CredentialType;
using credssp::Exchange;
using credssp::Role;
using credssp::TsCredentials;

constexpr OM_uint32 kStreamFlags = GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG |
                                   GSS_C_INTEG_FLAG | GSS_C_PROT_READY_FLAG;

constexpr uint8_t kTlsHandshake = 0x16;
constexpr uint8_t kGssHeader = 0x60;

// RFC 2743 3.1 for our OID: the octets behind the length.
constexpr size_t kFramedOidSize = 2 + GSS_CREDSSP_OID_LENGTH;

bool IsEmpty(const TsCredentials &credentials) {
  return credentials.type != CredentialType::kPassword || credentials.user_name.size() == 0;
}

std::string_view TextOf(const SecretBytes &secret) { return AsText(secret.view()); }

// User and domain of DOMAIN\user, user@REALM or user.
struct Parts {
  std::string_view domain, user;
};
Parts Split(std::string_view text) {
  const size_t slash = text.find('\\');
  if (slash != std::string_view::npos) return {Head(text, slash), Behind(text, slash)};
  const size_t at = text.rfind('@');
  return {Behind(text, at), Head(text, at)};
}

bool SameDomain(const CredsspPolicy &policy, std::string_view a, std::string_view b) {
  const auto is_realm_of = [&](std::string_view realm, std::string_view domain) {
    const std::string_view mapped = MappedRealm(policy, domain);
    return !mapped.empty() && EqualIgnoringCase(mapped, realm);
  };
  return EqualIgnoringCase(a, b) || is_realm_of(a, b) || is_realm_of(b, a);
}

// C39: takes our header off, if it is one and all of the rest is behind it.
Error TakeHeader(ByteView *input) {
  const auto wrong = [] {
    return Fail(Status::kCredsspDefectiveToken, "the GSSAPI header is not that of CredSSP (C39)");
  };
  ByteView rest = input->subspan(1);
  if (rest.empty()) return wrong();
  size_t size = rest[0];
  rest = rest.subspan(1);
  if (size >= 0x80) {
    const size_t octets = size & 0x7fU;
    if (octets == 0 || octets > 4 || octets > rest.size()) return wrong();
    size = 0;
    for (const uint8_t octet : rest.first(octets)) size = size << 8 | octet;
    rest = rest.subspan(octets);
  }
  if (size != rest.size() || size < kFramedOidSize || rest[0] != 0x06 ||
      rest[1] != GSS_CREDSSP_OID_LENGTH ||
      AsText(rest.subspan(2, GSS_CREDSSP_OID_LENGTH)) != oid::kCredssp) {
    return wrong();
  }
  *input = rest.subspan(kFramedOidSize);
  return kSuccess;
}

}  // namespace

// ---- the beginning -----------------------------------------------------------------------------

Error CredsspContext::Begin(Exchange::Plan plan) {
  plan.role = initiates_ ? Role::kInitiator : Role::kAcceptor;
  plan.owns_tls = credential_->owns_tls();
  plan.least_version = credential_->least_version(plan.role);
  plan.verify = credential_->verify();
  plan.pin = credential_->pin();
  plan.requires_proof = requires_proof_;
  plan.stops_for_certificate = stops_for_certificate_ && initiates_;
  exchange_.emplace(&inner_, plan);
  if (plan.owns_tls) {
    auto tls = credential_->Tls(plan.role);
    if (!tls) return tls.error();
    if (Error error = exchange_->OpenTls(std::move(*tls))) return error;
  } else {
    const ByteView key = server_key_.empty() ? credential_->server_key() : server_key_.view();
    if (Error error = exchange_->SetServerKey(key)) return error;
  }
  stage_ = Stage::kHalfOpen;
  return kSuccess;
}

Error CredsspContext::BeginInitiating(const InitiatorLeg &leg) {
  if (!leg.credential->CanInitiate()) return Status::kWrongCredentialUsage;
  leg.credential->AddOwner();
  credential_ = Ref<CredsspCredential>(leg.credential);
  initiates_ = true;
  if (leg.target == nullptr) return Fail(Status::kCredsspBadName, "no target was given");
  auto target = leg.target->AsTarget();
  if (!target) return target.error();
  target_ = std::move(*target);
  auto &setup = inner_.setup();
  setup.initiates = true;
  setup.credential = credential_->initiator();
  setup.target = target_->host();
  Exchange::Plan plan;
  if (Error error = SetDelegation(leg.request_flags, &plan)) return error;
  if (Error error = ChooseInner()) return error;
  plan.server_name = credential_->server_name().empty() ? target_->host_part().data()
                                                        : credential_->server_name().c_str();
  return Begin(plan);
}

// C28. Only a ticket that was had tells whether one can be had.
Error CredsspContext::ChooseInner() {
  auto &setup = inner_.setup();
  switch (credential_->inner()) {
    case Inner::kSpnego:
      setup.mechanism = &kSpnegoMechanism;
      return kSuccess;
    case Inner::kNtlm:
      setup.mechanism = &kInnerNtlmMechanism;
      return kSuccess;
    case Inner::kKrb5:
      setup.mechanism = &kKrb5Mechanism;
      return kSuccess;
    case Inner::kAuto:
      break;
  }
  HostInnerContext probe;
  probe.setup() = setup;
  probe.setup().mechanism = &kKrb5Mechanism;
  Buffer ignored;
  // Without a part for Kerberos the ticket would be the process's.
  const bool has_ticket =
      HasMechanism(setup.credential, &kKrb5Mechanism) && !probe.Step({}, &ignored);
  setup.mechanism =
      has_ticket || !credential_->allows_ntlm() ? &kSpnegoMechanism : &kInnerNtlmMechanism;
  return kSuccess;
}

// C66, C68.
Error CredsspContext::SetDelegation(OM_uint32 request_flags, Exchange::Plan *plan) {
  plan->delegation = {credential_->nothing(), true};
  if ((request_flags & GSS_C_DELEG_FLAG) == 0) return kSuccess;
  if (credential_->delegated().empty()) {
    return Fail(Status::kNothingToDelegate, "the credential has no password");
  }
  const bool is_fresh = credential_->is_fresh();
  switch (
      MayDelegate(credential_->policy(), is_fresh, target_->service_part(), target_->host_part())) {
    case Delegates::kNever:
      return Fail(Status::kDelegationPolicy, "%.*s/%.*s is in no list %s of [credssp]",
                  GSS_SSPI_TEXT(target_->service_part()), GSS_SSPI_TEXT(target_->host_part()),
                  is_fresh ? "allow_fresh" : "allow_default");
    case Delegates::kToProvenServers:
      plan->delegates_to_proven_only = true;
      break;
    case Delegates::kAlways:
      break;
  }
  plan->delegation = {credential_->delegated(), false};
  delegates_ = true;
  return kSuccess;
}

Error CredsspContext::BeginAccepting(CredsspCredential *credential) {
  if (!credential->CanAccept()) return Status::kWrongCredentialUsage;
  credential->AddOwner();
  credential_ = Ref<CredsspCredential>(credential);
  inner_.setup().credential = credential_->acceptor();
  inner_.setup().allows_ntlm = credential_->allows_ntlm();
  return Begin({});
}

Error CredsspContext::SetServerKey(ByteView value) {
  auto key = credssp::PublicKeyOf(value);
  if (!key) return key.error();
  if (exchange_) return exchange_->SetServerKey(key->view());
  server_key_ = std::move(*key);
  return kSuccess;
}

// ---- legs --------------------------------------------------------------------------------------

Error CredsspContext::Initiate(const InitiatorLeg &leg, ByteView input, GrowingBuffer *output,
                               Facts *facts) {
  const MutexLock lock(mutex_);
  Error error;
  if (stage_ == Stage::kSeed) error = BeginInitiating(leg);
  if (!error && !initiates_) error = Fail(Status::kNoContext, "it is an acceptor's");
  if (!error) error = TakeCertificate(leg.credential);
  if (!error) error = Leg(input, leg.bindings, output);
  if (!error && !has_output_) error = FrameFirst(output);
  if (error && stage_ != Stage::kOpen) stage_ = Stage::kFailed;
  FillFacts(facts);
  return error;
}

Error CredsspContext::Accept(CredsspCredential *credential, gss_channel_bindings_t bindings,
                             ByteView input, GrowingBuffer *output, Facts *facts) {
  const MutexLock lock(mutex_);
  Error error;
  if (stage_ == Stage::kSeed) error = BeginAccepting(credential);
  if (!error && initiates_) error = Fail(Status::kNoContext, "it is an initiator's");
  if (!error && !has_input_) error = TakeFirstToken(&input);
  if (!error) error = Leg(input, bindings, output);
  if (error && stage_ != Stage::kOpen) stage_ = Stage::kFailed;
  FillFacts(facts);
  return error;
}

// C118: one that the caller has acquired after the server asked.
Error CredsspContext::TakeCertificate(CredsspCredential *credential) {
  if (!exchange_ || !exchange_->pipe().has_stopped() || credential == credential_.get()) {
    return kSuccess;
  }
  auto tls = credential->Tls(Role::kInitiator);
  return tls ? exchange_->UseCertificateOf(**tls) : tls.error();
}

// C39, C41.
Error CredsspContext::TakeFirstToken(ByteView *input) {
  if (input->empty()) return kSuccess;
  has_input_ = true;
  if (input->front() == kGssHeader) {
    if (Error error = TakeHeader(input)) return error;
  }
  if (credential_->owns_tls() || input->empty() || input->front() != kTlsHandshake) return kSuccess;
  return Fail(Status::kCredsspDefectiveToken, "TLS, where a TSRequest is due (credssp:mode)");
}

// C40.
Error CredsspContext::FrameFirst(GrowingBuffer *output) {
  has_output_ = true;
  if (!credential_->is_framed()) return kSuccess;
  const Buffer token = output->Take();
  const size_t size = kFramedOidSize + token.size();
  // The first token is one ClientHello, or one TSRequest: below 64 KiB.
  const uint8_t header[] = {kGssHeader,
                            0x83,
                            static_cast<uint8_t>(size >> 16),
                            static_cast<uint8_t>(size >> 8),
                            static_cast<uint8_t>(size),
                            0x06,
                            GSS_CREDSSP_OID_LENGTH};
  const bool done = output->Append(header) && output->Append(AsBytes(oid::kCredssp)) &&
                    output->Append(token.view());
  return done ? kSuccess : Error(Status::kNoMemory);
}

Error CredsspContext::Leg(ByteView input, gss_channel_bindings_t bindings, GrowingBuffer *output) {
  if (stage_ == Stage::kFailed) return Status::kContextFailed;
  if (stage_ == Stage::kOpen) {
    return Fail(Status::kCredsspUnavailable, "CredSSP has no second login in a context (C130)");
  }
  inner_.setup().bindings = credential_->forwards_bindings() ? bindings : nullptr;
  const Error error = exchange_->Step(SystemEnvironment(), input, output);
  inner_.setup().bindings = nullptr;
  if (error) return error;
  if (!exchange_->is_complete()) return kSuccess;
  if (Error other = CheckSameUser()) return other;
  stage_ = Stage::kOpen;
  return kSuccess;
}

// C53.
Error CredsspContext::CheckSameUser() const {
  if (initiates_ || !credential_->requires_same_user()) return kSuccess;
  const TsCredentials &given = exchange_->credentials();
  if (IsEmpty(given)) return kSuccess;
  auto name = inner_.InitiatorName();
  if (!name) return name.error();
  HostBuffer shown;
  OM_uint32 minor = 0;
  gss_OID type = GSS_C_NO_OID;
  const OM_uint32 major = Host()->gss_display_name(&minor, name->get(), shown.out(), &type);
  if (GSS_ERROR(major)) return HostFailure(Status::kCredsspBadName, major, minor, nullptr);
  const Parts here = Split(shown.text());
  Parts there = Split(TextOf(given.user_name));
  if (given.domain_name.size() != 0) there = {TextOf(given.domain_name), TextOf(given.user_name)};
  if (EqualIgnoringCase(here.user, there.user) &&
      SameDomain(credential_->policy(), here.domain, there.domain)) {
    return kSuccess;
  }
  return Fail(Status::kOtherUserDelegated, "%.*s logged on, %.*s in \"%.*s\" was delegated",
              GSS_SSPI_TEXT(shown.text()), GSS_SSPI_TEXT(there.user), GSS_SSPI_TEXT(there.domain));
}

// ---- what a context tells ----------------------------------------------------------------------

// C50.
void CredsspContext::FillFacts(Facts *facts) const {
  facts->stage = stage_;
  facts->initiates = initiates_;
  facts->inner_mechanism = inner_.mechanism();
  if (stage_ != Stage::kOpen) return;
  facts->lifetime = inner_.lifetime();
  facts->flags = credential_->owns_tls() ? kStreamFlags : 0;
  if (inner_.is_mutual() || (initiates_ && exchange_->certificate_is_proof())) {
    facts->flags |= GSS_C_MUTUAL_FLAG;
  }
  const bool delegates = initiates_ ? delegates_ : !IsEmpty(exchange_->credentials());
  if (delegates) facts->flags |= GSS_C_DELEG_FLAG;
}

void CredsspContext::GetFacts(Facts *facts) {
  const MutexLock lock(mutex_);
  FillFacts(facts);
}

Result<Owned<CredsspName>> CredsspContext::InitiatorName() {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kOpen) {
    auto name = inner_.InitiatorName();
    if (!name) return name.error();
    return CredsspName::OfInner(std::move(*name));
  }
  if (initiates_ && credential_) return credential_->Name();
  return Owned<CredsspName>();
}

Result<Owned<CredsspName>> CredsspContext::AcceptorName() {
  const MutexLock lock(mutex_);
  if (target_) return target_->Duplicate();
  return Owned<CredsspName>();
}

HostCredential CredsspContext::MakeDelegated() {
  const MutexLock lock(mutex_);
  if (stage_ != Stage::kOpen || initiates_ || IsEmpty(exchange_->credentials())) return {};
  const TsCredentials &given = exchange_->credentials();
  Account account;
  if (account.SetName(TextOf(given.domain_name), TextOf(given.user_name)) ||
      account.SetPassword(TextOf(given.password))) {
    return {};
  }
  const CredsspPolicy &policy = credential_->policy();
  const DelegateKrb5 krb5 = credential_->delegate_krb5();
  const bool asks_kdc =
      krb5 == DelegateKrb5::kAlways || (krb5 == DelegateKrb5::kAuto && account.HasRealm(policy));
  const gss_OID mechanisms[] = {&kSpnegoMechanism, &kInnerNtlmMechanism, &kKrb5Mechanism};
  InnerRequest request{std::span(mechanisms).first(asks_kdc ? 3 : 2), GSS_C_INITIATE};
  request.account = &account;
  request.password = asks_kdc ? PasswordFor::kAll : PasswordFor::kNtlm;
  auto made = AcquireInner(policy, request);
  // Without SPNEGO's part, SPNEGO would take the default of the process in silence (C72).
  if (!made || !HasMechanism(made->get(), &kSpnegoMechanism)) return {};
  if (!asks_kdc && RestrictNegotiation(*made, &kInnerNtlmMechanism)) return {};
  if (!HasMechanism(made->get(), &kKrb5Mechanism) && BarKerberos(*made)) return {};
  return std::move(*made);
}

}  // namespace gss_sspi::gss
