// SPDX-License-Identifier: MIT
#include "sspi_compat/context.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_ntlm_ext.h>

#include <cstring>

#include "sspi_compat/sec_buffers.h"
#include "sspi_compat/status.h"
#include "sspi_compat/target.h"

namespace gss_sspi::sspi {
namespace {

// The same bit in a request of either side, and in the answer.
constexpr ULONG kAllocateMemory = ISC_REQ_ALLOCATE_MEMORY;
static_assert(kAllocateMemory == ASC_REQ_ALLOCATE_MEMORY);
static_assert(kAllocateMemory == ISC_RET_ALLOCATED_MEMORY);
static_assert(kAllocateMemory == ASC_RET_ALLOCATED_MEMORY);

ULONG ExtendedError(Role role) {
  return role == Role::kInitiator ? ISC_REQ_EXTENDED_ERROR : ASC_REQ_EXTENDED_ERROR;
}

bool StartsWith(const gss_buffer_desc &token, std::string_view octets) {
  return token.length >= octets.size() &&
         std::memcmp(token.value, octets.data(), octets.size()) == 0;
}

// RFC 2743 3.1: 0x60, length, 0x06, length, OID.
bool IsFramedFor(const gss_buffer_desc &token, gss_const_OID mech) {
  const auto *octets = static_cast<const uint8_t *>(token.value);
  if (token.length < 2 || octets[0] != 0x60) return false;
  const size_t length_octets = octets[1] < 0x80 ? 1 : 1 + (octets[1] & 0x7FU);
  const size_t at = 1 + length_octets;
  return token.length >= at + 2 + mech->length && octets[at] == 0x06 &&
         octets[at + 1] == mech->length &&
         std::memcmp(octets + at + 2, mech->elements, mech->length) == 0;
}

// S94: the mechglue would hand a first token to whatever mechanism it is of.
bool IsFirstTokenOf(const Package &package, const gss_buffer_desc &token) {
  if (&package == &kNtlm) return StartsWith(token, std::string_view("NTLMSSP\0", 8));
  if (&package != &kKerberos) return true;
  const bool is_plain_ap_req = StartsWith(token, "\x6e");  // DCE style
  return is_plain_ap_req || IsFramedFor(token, kKerberosOid);
}

// GSS_NTLM_DATAGRAM_SEED as gss_import_sec_context takes it.
OM_uint32 ImportDatagramSeed(OM_uint32 *minor, gss_ctx_id_t *out) {
  std::string token = {0, 0, 0, GSS_NTLMSSP_OID_LENGTH};
  token.append(GSS_NTLMSSP_OID_STRING, GSS_NTLMSSP_OID_LENGTH);
  token.append(GSS_NTLM_DATAGRAM_SEED, GSS_NTLM_DATAGRAM_SEED_LENGTH);
  gss_buffer_desc buffer = BufferOf(token);
  return gss_import_sec_context(minor, &buffer, out);
}

// C111, C113: a stream, of which the program judges the certificate.
ULONG StreamAttributes(Role role) {
  return role == Role::kInitiator ? ISC_RET_STREAM | ISC_RET_MANUAL_CRED_VALIDATION
                                  : ASC_RET_STREAM;
}

// S54: what an acceptor demands and the client does not give.
bool LacksDemanded(ULONG request, OM_uint32 gss_flags) {
  const bool integrity =
      (request & (ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT)) != 0;
  const bool confidentiality = (request & ASC_REQ_CONFIDENTIALITY) != 0;
  return (integrity && (gss_flags & GSS_C_INTEG_FLAG) == 0) ||
         (confidentiality && (gss_flags & GSS_C_CONF_FLAG) == 0);
}

}  // namespace

Context::Context(Role role, const Package &package, ULONG request, GssContext established)
    : role_(role), package_(&package), gss_(std::move(established)), request_(request) {
  OM_uint32 minor = 0;
  gss_OID mech = GSS_C_NO_OID;
  gss_inquire_context(&minor, gss_.get(), nullptr, nullptr, nullptr, &mech, &gss_flags_, nullptr,
                      nullptr);
  started_ = true;
  Open(mech);
}

bool Context::Renew(std::shared_ptr<Credential> credential) {
  if (&credential->package() != package_) return false;
  if ((open_ && !IsRenewing()) || stopped_) credential_ = std::move(credential);
  return true;
}

SECURITY_STATUS Context::Continue(Leg *leg) {
  if (IsMalformed(leg->input) || IsMalformed(leg->output)) {
    return Fail(SEC_E_INVALID_TOKEN, "a buffer descriptor has a count and no array");
  }
  if (package_ == &kCredssp) return ContinueStream(leg);
  if (kept_.size() != 0) return Deliver(leg, kept_status_);
  gss_buffer_desc input = InputToken(leg->input);
  if (const SECURITY_STATUS status = Check(*leg, input); status != SEC_E_OK) return status;
  const bool begins = !started_ || (open_ && !IsRenewing());
  if (begins) {
    const SECURITY_STATUS status =
        role_ == Role::kInitiator ? PrepareInitiator(*leg) : PrepareAcceptor(*leg, input);
    if (status != SEC_E_OK) return status;
    request_ = leg->request;
    started_ = true;
  }
  return Step(leg, &input);
}

// Whether the exchange can go on with this call at all.
SECURITY_STATUS Context::Check(const Leg &leg, const gss_buffer_desc &input) {
  if (failed_) return Fail(SEC_E_OUT_OF_SEQUENCE, "the exchange has failed");
  const bool wants_token = started_ && !(open_ && !IsRenewing());
  if (wants_token && input.length == 0) {
    return Fail(SEC_E_INVALID_TOKEN, "a token of the peer is needed");
  }
  if (open_ && !IsRenewing() && (role_ == Role::kAcceptor || input.length != 0)) {
    return Fail(SEC_E_OUT_OF_SEQUENCE, "the context is established");  // S113 has no token
  }
  if (!credential_) return Fail(SEC_E_NO_CREDENTIALS, "an imported context has no credential");
  return CheckRequest(leg);
}

// S42, S43, L5.
SECURITY_STATUS Context::CheckRequest(const Leg &leg) const {
  if ((leg.request & RefusedFlags(role_)) != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "ISC_REQ_PROMPT_FOR_CREDS is not supported");
  }
  if (role_ != Role::kInitiator) return SEC_E_OK;
  if (package_ == &kNtlm && (leg.request & ISC_REQ_DELEGATE) != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "NTLM cannot delegate");
  }
  return SEC_E_OK;
}

SECURITY_STATUS Context::PrepareInitiator(const Leg &leg) {
  const bool has_target = leg.target != nullptr && leg.target[0] != '\0';
  if (!has_target && package_ == &kKerberos) {
    return Fail(SEC_E_TARGET_UNKNOWN, "Kerberos needs a target name");
  }
  OM_uint32 minor = 0;
  const OM_uint32 major = has_target ? ImportTarget(&minor, leg.target, target_.out())
                                     : ImportNoTarget(&minor, target_.out());
  if (GSS_ERROR(major)) return FromGss(major, minor, package_->mech, Call::kHandshake);
  target_text_ = has_target ? leg.target : "";
  return SEC_E_OK;
}

SECURITY_STATUS Context::PrepareAcceptor(const Leg &leg, const gss_buffer_desc &input) {
  if (input.length != 0) {
    return IsFirstTokenOf(*package_, input)
               ? SEC_E_OK
               : Fail(SEC_E_INVALID_TOKEN, "this is no first token of %s", package_->name);
  }
  if (package_ == &kNegotiate) return SEC_E_OK;  // S59: the server begins
  if (package_ == &kNtlm && (leg.request & ASC_REQ_DATAGRAM) != 0) {
    OM_uint32 minor = 0;
    const OM_uint32 major = ImportDatagramSeed(&minor, gss_.out());
    return GSS_ERROR(major) ? FromGss(major, minor, kNtlmOid, Call::kHandshake) : SEC_E_OK;
  }
  return Fail(SEC_E_INVALID_TOKEN, "a token of the client is needed");
}

SECURITY_STATUS Context::Step(Leg *leg, gss_buffer_t input) {
  ChannelBindings bindings;
  if (const SECURITY_STATUS status = bindings.Read(leg->input); status != SEC_E_OK) return status;
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  const auto protection = (request_ & ISC_REQ_NO_INTEGRITY) != 0
                              ? Credential::Protection::kOnlyAsked
                              : Credential::Protection::kUsual;
  const SECURITY_STATUS available = role_ == Role::kInitiator
                                        ? credential_->Initiator(protection, &credential)
                                        : credential_->Acceptor(&credential);
  if (available != SEC_E_OK) {
    failed_ = !open_;
    return available;
  }

  GssContext &active = open_ ? fresh_ : gss_;
  GssBuffer token;
  OM_uint32 minor = 0;
  OM_uint32 flags = 0;
  gss_OID mech = GSS_C_NO_OID;
  const OM_uint32 major =
      role_ == Role::kInitiator
          ? gss_init_sec_context(&minor, credential, active.inout(), target_.get(),
                                 Mutable(package_->mech), GssFlagsOf(request_), 0, bindings.get(),
                                 input, &mech, token.out(), &flags, &leg->lifetime)
          : gss_accept_sec_context(&minor, active.inout(), credential, input, bindings.get(),
                                   nullptr, &mech, token.out(), &flags, &leg->lifetime, nullptr);
  if (GSS_ERROR(major)) return Refused(leg, major, minor, token);
  kept_.Swap(token);
  if ((major & GSS_S_CONTINUE_NEEDED) != 0) return Deliver(leg, SEC_I_CONTINUE_NEEDED);
  if (role_ == Role::kAcceptor && LacksDemanded(request_, flags)) {
    kept_.Reset();
    failed_ = true;
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "the client does not give the protection demanded");
  }
  if (open_) {
    gss_ = std::move(fresh_);
    renewed_ = true;
  }
  gss_flags_ = flags;
  Open(mech);
  return Deliver(leg, SEC_E_OK);
}

SECURITY_STATUS Context::Refused(Leg *leg, OM_uint32 major, OM_uint32 minor,
                                 const GssBuffer &token) {
  // The exchange has ended, also when there is no memory to tell why.
  const bool is_first = !(open_ ? fresh_ : gss_);
  failed_ = !open_;
  fresh_.Reset();
  SECURITY_STATUS status = FromGss(major, minor, package_->mech, Call::kHandshake);
  const bool nothing_to_negotiate =
      package_ == &kNegotiate && role_ == Role::kInitiator && is_first &&
      (status == SEC_E_INTERNAL_ERROR || status == SEC_E_NO_CREDENTIALS);
  if (nothing_to_negotiate) status = credential_->WhyNoMechanism();
  // S28: a token for the peer may come with the failure.
  if (token.size() == 0 || (leg->request & ExtendedError(role_)) == 0) return status;
  const bool allocate = (leg->request & kAllocateMemory) != 0;
  const std::string why = LastFailure();
  if (GiveToken(token.text(), leg->output, allocate) == SEC_E_OK) {
    leg->attributes = ExtendedError(role_) | (allocate ? kAllocateMemory : 0);
  }
  return Fail(status, "%s", why.c_str());
}

SECURITY_STATUS Context::Deliver(Leg *leg, SECURITY_STATUS status) {
  const bool allocate = (leg->request & kAllocateMemory) != 0;
  kept_status_ = status;  // first: giving it may throw
  if (const SECURITY_STATUS given = GiveToken(kept_.text(), leg->output, allocate);
      given != SEC_E_OK) {
    return given;
  }
  kept_.Reset();
  request_ = (request_ & ~kAllocateMemory) | (leg->request & kAllocateMemory);
  leg->attributes = attributes();
  return status;
}

void Context::Open(gss_const_OID mech) {
  const Package *known = PackageOf(mech);
  mech_ = known != nullptr ? known->mech : mech;
  ntlm_ = known == &kNtlm;
  has_sizes_ = ntlm_;
  if (ntlm_) sizes_ = kNtlmSizes;
  open_ = true;
}

ULONG Context::attributes() const {
  ULONG told = FlagsToTell(role_, request_, gss_flags_, open_) | (request_ & kAllocateMemory);
  if (renewed_) told |= ISC_RET_REAUTHENTICATION;
  if (package_ == &kCredssp) told |= StreamAttributes(role_);
  return told;
}

OM_uint32 Context::Lifetime() const {
  OM_uint32 minor = 0;
  OM_uint32 lifetime = 0;
  const OM_uint32 major = gss_context_time(&minor, gss_.get(), &lifetime);
  return GSS_ERROR(major) ? 0 : lifetime;
}

// Section 6.3: asked of the mechanism once, since they depend on the key and the style.
SECURITY_STATUS Context::AskSizes() {
  char octets[8] = {};
  gss_iov_buffer_desc wrap[] = {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_C_EMPTY_BUFFER},
                                {GSS_IOV_BUFFER_TYPE_DATA, {sizeof octets, octets}},
                                {GSS_IOV_BUFFER_TYPE_PADDING, GSS_C_EMPTY_BUFFER}};
  gss_iov_buffer_desc mic[] = {{GSS_IOV_BUFFER_TYPE_DATA, {sizeof octets, octets}},
                               {GSS_IOV_BUFFER_TYPE_MIC_TOKEN, GSS_C_EMPTY_BUFFER}};
  OM_uint32 minor = 0;
  OM_uint32 major = gss_wrap_iov_length(&minor, gss_.get(), 1, GSS_C_QOP_DEFAULT, nullptr, wrap, 3);
  if (GSS_ERROR(major)) return Failed(major, minor);
  major = gss_get_mic_iov_length(&minor, gss_.get(), GSS_C_QOP_DEFAULT, mic, 2);
  if (GSS_ERROR(major)) return Failed(major, minor);
  // With padding, a block cipher of eight octets pads by up to as many, RC4 by one.
  const size_t padding = wrap[2].buffer.length;
  sizes_ = {.signature = static_cast<ULONG>(mic[1].buffer.length),
            .trailer = static_cast<ULONG>(wrap[0].buffer.length),
            .block = padding > 1 ? 8U : 1U};
  has_sizes_ = true;
  return SEC_E_OK;
}

// gss-ntlmssp 1.2.0 crashes when its acceptor is asked for its own name, so nobody is asked in
// vain.
SECURITY_STATUS Context::Names(GssName *initiator, GssName *acceptor) const {
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_inquire_context(
      &minor, gss_.get(), initiator != nullptr ? initiator->out() : nullptr,
      acceptor != nullptr ? acceptor->out() : nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  return GSS_ERROR(major) ? Failed(major, minor) : SEC_E_OK;
}

}  // namespace gss_sspi::sspi
