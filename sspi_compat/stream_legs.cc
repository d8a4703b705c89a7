// SPDX-License-Identifier: MIT
// Legs of the package CREDSSP (section 3.2 of its requirements): records go to the mechanism one by
// one, and what is left of the program's octets is told.
#include <gssapi/gssapi_ext.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sspi_compat/context.h"
#include "sspi_compat/sec_buffers.h"
#include "sspi_compat/status.h"
#include "sspi_compat/stream.h"
#include "sspi_compat/stream_attributes.h"
#include "sspi_compat/target.h"

namespace gss_sspi::sspi {
namespace {

// C114: flags that the package does not support.
constexpr ULONG kNeverWithStreams =
    ISC_REQ_DATAGRAM | ISC_REQ_USE_DCE_STYLE | ISC_REQ_PROMPT_FOR_CREDS;

}  // namespace

GssBufferSet AskOption(gss_ctx_id_t context, const gss_OID_desc &option) {
  GssBufferSet set;
  OM_uint32 minor = 0;
  if (GSS_ERROR(gss_inquire_sec_context_by_oid(&minor, context, Mutable(&option), set.out()))) {
    return {};
  }
  return set;
}

SECURITY_STATUS Context::ContinueStream(Leg *leg) {
  if (!kept_answer_.empty()) return DeliverStream(leg, kept_status_);
  if (failed_) return Fail(SEC_E_OUT_OF_SEQUENCE, "the exchange has failed");
  if (open_) return EndStream(leg);
  const ULONG null_session =
      role_ == Role::kInitiator ? ISC_REQ_NULL_SESSION : ASC_REQ_ALLOW_NULL_SESSION;
  if ((leg->request & (kNeverWithStreams | null_session)) != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "a flag that CREDSSP does not support");
  }
  if (!started_) {
    const SECURITY_STATUS status = BeginStream(*leg);
    if (status != SEC_E_OK) return status;
    request_ = leg->request;
    started_ = true;
  }
  return FeedStream(leg);
}

// C38, C107: the context is there before the first leg, so that it can be told what is wanted, and
// asked why it failed.
SECURITY_STATUS Context::BeginStream(const Leg &leg) {
  OM_uint32 minor = 0;
  OM_uint32 major = gss_credssp_begin(&minor, gss_.out());
  if (GSS_ERROR(major)) return Failed(major, minor);
  if (role_ == Role::kAcceptor) return SEC_E_OK;
  if (const SECURITY_STATUS status = PrepareInitiator(leg); status != SEC_E_OK) return status;
  struct {
    bool wanted;
    const gss_OID_desc &option;
  } const options[] = {
      {(leg.request & ISC_REQ_MUTUAL_AUTH) != 0, kCredsspRequireProofDesc},
      // C109, C118.
      {(leg.request & ISC_REQ_USE_SUPPLIED_CREDS) == 0, kCredsspCertificateRequestDesc},
  };
  for (const auto &row : options) {
    gss_buffer_desc none = GSS_C_EMPTY_BUFFER;
    if (!row.wanted) continue;
    major = gss_set_sec_context_option(&minor, gss_.inout(), Mutable(&row.option), &none);
    if (GSS_ERROR(major)) return Failed(major, minor);
  }
  return SEC_E_OK;
}

// C88, C89.
SECURITY_STATUS Context::FeedStream(Leg *leg) {
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  const SECURITY_STATUS available =
      role_ == Role::kInitiator
          ? credential_->Initiator(Credential::Protection::kUsual, &credential)
          : credential_->Acceptor(&credential);
  if (available != SEC_E_OK) {
    failed_ = true;
    return available;
  }
  const gss_buffer_desc input = InputToken(leg->input);
  // C118: programs give the same octets again with the certificate that was wanted, or none.
  const bool goes_on = std::exchange(stopped_, false);
  const size_t again = std::min(std::exchange(taken_before_, 0), input.length);
  auto *rest = static_cast<uint8_t *>(input.value) + again;
  size_t size = input.length - again;
  const BufferList buffers = BuffersOf(leg->input);
  Record record = RecordAt(rest, size);
  if (size != 0 && record.size == 0) {
    TellSize(buffers, SECBUFFER_MISSING, record.missing);
    return Fail(SEC_E_INCOMPLETE_MESSAGE, "the record goes on for %zu octets", record.missing);
  }
  std::string answer = std::exchange(held_answer_, {});
  if (goes_on && size != 0) {
    gss_buffer_desc none = GSS_C_EMPTY_BUFFER;
    const SECURITY_STATUS status = StepStream(leg, credential, &none, &answer);
    if (IsFailure(status)) return status;
  }
  // An empty token is one as well: the first, or that of a leg that said nothing (C24, C25).
  do {
    gss_buffer_desc token = {record.size, rest};
    const SECURITY_STATUS status = StepStream(leg, credential, &token, &answer);
    if (IsFailure(status)) return status;
    rest += record.size;
    size -= record.size;
    record = RecordAt(rest, size);
  } while (!open_ && record.size != 0);
  if (!open_ && role_ == Role::kInitiator &&
      AskOption(gss_.get(), kCredsspCertificateRequestDesc)) {
    stopped_ = true;
    taken_before_ = input.length - size;
    held_answer_ = std::move(answer);
    return DeliverStream(leg, SEC_I_INCOMPLETE_CREDENTIALS);
  }
  kept_answer_ = std::move(answer);
  kept_extra_ = size;
  return DeliverStream(leg, open_ ? SEC_E_OK : SEC_I_CONTINUE_NEEDED);
}

SECURITY_STATUS Context::StepStream(Leg *leg, gss_cred_id_t credential, gss_buffer_t input,
                                    std::string *answer) {
  GssBuffer token;
  OM_uint32 minor = 0;
  OM_uint32 flags = 0;
  const OM_uint32 major =
      role_ == Role::kInitiator
          ? gss_init_sec_context(&minor, credential, gss_.inout(), target_.get(),
                                 Mutable(kCredsspOid), StreamRequest(), 0, nullptr, input, nullptr,
                                 token.out(), &flags, &leg->lifetime)
          : gss_accept_sec_context(&minor, gss_.inout(), credential, input, nullptr, nullptr,
                                   nullptr, token.out(), &flags, &leg->lifetime, nullptr);
  answer->append(token.text());
  if (GSS_ERROR(major)) return RefusedStream(leg, major, minor, *answer);
  if ((major & GSS_S_CONTINUE_NEEDED) != 0) return SEC_I_CONTINUE_NEEDED;
  gss_flags_ = flags;
  Open(kCredsspOid);
  // C89: there is no place to give it back in.
  const GssBufferSet pending = AskOption(gss_.get(), kCredsspPendingDesc);
  if (pending && pending->count != 0 && pending->elements[0].length != 0) {
    failed_ = true;
    open_ = false;
    return Fail(SEC_E_ILLEGAL_MESSAGE, "data in the same record as the last TSRequest");
  }
  return SEC_E_OK;
}

// DELEGATE needs no MUTUAL_AUTH here (C106).
OM_uint32 Context::StreamRequest() const {
  OM_uint32 flags = GssFlagsOf(request_);
  if ((request_ & ISC_REQ_DELEGATE) != 0) flags |= GSS_C_DELEG_FLAG;
  return flags;
}

// C17: the code that the peer gave says more than the status of the call. C91: with it goes what is
// for the peer.
SECURITY_STATUS Context::RefusedStream(Leg *leg, OM_uint32 major, OM_uint32 minor,
                                       const std::string &answer) {
  failed_ = true;
  const SECURITY_STATUS mapped = FromGss(major, minor, kCredsspOid, Call::kHandshake);
  const GssBufferSet told = AskOption(gss_.get(), kCredsspStatusDesc);
  uint32_t code = 0;
  if (told && told->count != 0 && told->elements[0].length == sizeof code) {
    std::memcpy(&code, told->elements[0].value, sizeof code);
  }
  SECURITY_STATUS status = code != 0 ? StatusOfPeer(code) : mapped;
  if (status == SEC_E_UNTRUSTED_ROOT) status = StatusOfCertificate(*this);
  const std::string why = LastFailure();
  const ULONG extended =
      role_ == Role::kInitiator ? ISC_REQ_EXTENDED_ERROR : ASC_REQ_EXTENDED_ERROR;
  if (!answer.empty() && (leg->request & extended) != 0) {
    const bool allocate = (leg->request & ISC_REQ_ALLOCATE_MEMORY) != 0;
    if (GiveToken(answer, leg->output, allocate) == SEC_E_OK) {
      leg->attributes = extended | (allocate ? ULONG{ISC_RET_ALLOCATED_MEMORY} : 0);
    }
  }
  return Fail(status, "%s", why.c_str());
}

SECURITY_STATUS Context::DeliverStream(Leg *leg, SECURITY_STATUS status) {
  const bool allocate = (leg->request & ISC_REQ_ALLOCATE_MEMORY) != 0;
  kept_status_ = status;  // first: giving it may throw
  if (const SECURITY_STATUS given = GiveToken(kept_answer_, leg->output, allocate);
      given != SEC_E_OK) {
    return given;
  }
  kept_answer_.clear();
  const gss_buffer_desc input = InputToken(leg->input);
  if (kept_extra_ != 0 && kept_extra_ <= input.length) {
    auto *end = static_cast<uint8_t *>(input.value) + input.length;
    TellSize(BuffersOf(leg->input), SECBUFFER_EXTRA, kept_extra_, end - kept_extra_);
  }
  kept_extra_ = 0;
  request_ =
      (request_ & ~ULONG{ISC_REQ_ALLOCATE_MEMORY}) | (leg->request & ISC_REQ_ALLOCATE_MEMORY);
  leg->attributes = attributes();
  return status;
}

// C95, C130: close_notify when it was ordered by ApplyControlToken, and no second login.
SECURITY_STATUS Context::EndStream(Leg *leg) {
  if (!ends_) return Fail(SEC_E_UNSUPPORTED_FUNCTION, "CredSSP has no second login in a context");
  OM_uint32 minor = 0;
  GssBufferSet record;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, gss_.get(), Mutable(&kCredsspCloseDesc), record.out());
  if (GSS_ERROR(major)) return Failed(major, minor);
  ends_ = false;
  const gss_buffer_desc &octets = record->elements[0];
  kept_answer_.assign(static_cast<const char *>(octets.value), octets.length);
  return DeliverStream(leg, SEC_E_OK);
}

}  // namespace gss_sspi::sspi
