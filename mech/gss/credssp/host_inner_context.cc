// SPDX-License-Identifier: MIT
#include "gss/credssp/host_inner_context.h"

#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

// C56.
constexpr OM_uint32 kRequired = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
constexpr OM_uint32 kWanted =
    kRequired | GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;

// C16: what an NTLM acceptor's text stands for. libgssapi may give the numbers of minor statuses
// anew, the texts stay. An unknown user is the same as a wrong password.
struct FailureRow {
  Status status;
  uint32_t code;
};
constexpr FailureRow kFailures[] = {
    {Status::kTimeSkew, 0xc0000133},            // STATUS_TIME_DIFFERENCE_AT_DC
    {Status::kBackEndUnavailable, 0xc000005e},  // STATUS_NO_LOGON_SERVERS
};

uint32_t CodeOf(std::string_view text) {
  for (const FailureRow &row : kFailures) {
    if (text.starts_with(TextOf(row.status))) return row.code;
  }
  return 0;
}

}  // namespace

HostInnerContext::~HostInnerContext() {
  OM_uint32 minor = 0;
  if (context_ != GSS_C_NO_CONTEXT) {
    Host()->gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
  }
}

gss_OID HostInnerContext::OwnMechanism() const {
  if (mechanism_ != GSS_C_NO_OID) return mechanism_;
  return setup_.mechanism != GSS_C_NO_OID ? setup_.mechanism : &kSpnegoMechanism;
}

Error HostInnerContext::FailedLeg(OM_uint32 major, OM_uint32 minor) {
  const Error error = HostFailure(Status::kInnerFailed, major, minor, OwnMechanism());
  failure_ = CodeOf(DetailOf(Status::kInnerFailed));
  return error;
}

Error HostInnerContext::Initiate(gss_buffer_t input, gss_buffer_t output, OM_uint32 *major) {
  OM_uint32 minor = 0;
  *major = Host()->gss_init_sec_context(&minor, setup_.credential, &context_, setup_.target,
                                        setup_.mechanism, kWanted, 0, setup_.bindings, input,
                                        &mechanism_, output, &flags_, nullptr);
  return GSS_ERROR(*major) ? FailedLeg(*major, minor) : kSuccess;
}

// C83. The credential has no part for such a token, which the host would tell as "no credentials".
Error HostInnerContext::CheckToken(ByteView token) const {
  constexpr std::string_view kSignature("NTLMSSP\0", 8);
  if (setup_.allows_ntlm || !AsText(token).starts_with(kSignature)) return kSuccess;
  return Fail(Status::kInnerFailed, "the client sends NTLM, which is not allowed (allow-ntlm)");
}

Error HostInnerContext::Accept(gss_buffer_t input, gss_buffer_t output, OM_uint32 *major) {
  OM_uint32 minor = 0;
  *major =
      Host()->gss_accept_sec_context(&minor, &context_, setup_.credential, input, setup_.bindings,
                                     nullptr, &mechanism_, output, &flags_, nullptr, nullptr);
  return GSS_ERROR(*major) ? FailedLeg(*major, minor) : kSuccess;
}

Error HostInnerContext::Step(ByteView token, Buffer *answer) {
  gss_buffer_desc input = HostView(token);
  HostBuffer output;
  OM_uint32 major = GSS_S_FAILURE;
  if (Error error = setup_.initiates ? kSuccess : CheckToken(token)) return error;
  if (Error error = setup_.initiates ? Initiate(&input, output.out(), &major)
                                     : Accept(&input, output.out(), &major)) {
    return error;
  }
  *answer = output.Take();
  is_complete_ = (major & GSS_S_CONTINUE_NEEDED) == 0;
  return is_complete_ ? CheckComplete() : kSuccess;
}

// C56, C57.
Error HostInnerContext::CheckComplete() {
  if ((flags_ & kRequired) != kRequired) {
    return Fail(Status::kInnerTooWeak, "no confidentiality and integrity (C56)");
  }
  if ((flags_ & GSS_C_ANON_FLAG) != 0) {
    return Fail(Status::kInnerTooWeak, "the client is anonymous (C57)");
  }
  return kSuccess;
}

bool HostInnerContext::CanWrap() {
  if (context_ == GSS_C_NO_CONTEXT) return false;
  OM_uint32 minor = 0;
  OM_uint32 most = 0;
  constexpr OM_uint32 kAnySize = 1024;
  return Host()->gss_wrap_size_limit(&minor, context_, 1, GSS_C_QOP_DEFAULT, kAnySize, &most) ==
         GSS_S_COMPLETE;
}

Error HostInnerContext::Wrap(ByteView message, Buffer *token) {
  gss_buffer_desc input = HostView(message);
  HostBuffer output;
  OM_uint32 minor = 0;
  int confidential = 0;
  const OM_uint32 major =
      Host()->gss_wrap(&minor, context_, 1, GSS_C_QOP_DEFAULT, &input, &confidential, output.out());
  if (major != GSS_S_COMPLETE) {
    return HostFailure(Status::kInnerFailed, major, minor, OwnMechanism());
  }
  if (confidential == 0) return Fail(Status::kInnerTooWeak, "gss_wrap did not seal (C56)");
  *token = output.Take();
  return kSuccess;
}

// A token with an old or a later number is refused as well: GSS_S_DUPLICATE_TOKEN and the like are
// no errors to the host (C148).
Error HostInnerContext::Unwrap(ByteView token, SecretBytes *message) {
  gss_buffer_desc input = HostView(token);
  HostBuffer output;
  OM_uint32 minor = 0;
  int confidential = 0;
  const OM_uint32 major =
      Host()->gss_unwrap(&minor, context_, &input, output.out(), &confidential, nullptr);
  if (major != GSS_S_COMPLETE) {
    return HostFailure(Status::kInnerFailed, major, minor, OwnMechanism());
  }
  if (confidential == 0) return Fail(Status::kInnerTooWeak, "a message that is not sealed (C56)");
  if (!message->Resize(output.view().size())) return Status::kNoMemory;
  Copy(message->span(), output.view());
  return kSuccess;
}

Result<HostName> HostInnerContext::InitiatorName() const {
  HostName name;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_inquire_context(&minor, context_, name.out(), nullptr,
                                                      nullptr, nullptr, nullptr, nullptr, nullptr);
  if (GSS_ERROR(major)) return HostFailure(Status::kInnerFailed, major, minor, OwnMechanism());
  return name;
}

OM_uint32 HostInnerContext::lifetime() const {
  OM_uint32 minor = 0;
  OM_uint32 seconds = 0;
  if (context_ == GSS_C_NO_CONTEXT) return 0;
  return Host()->gss_context_time(&minor, context_, &seconds) == GSS_S_COMPLETE ? seconds : 0;
}

}  // namespace gss_sspi::gss
