// SPDX-License-Identifier: MIT
// Messages: RFC 2744 5.9, 5.30 to 5.33 and MIT's iov functions. A token is the signature, then the
// data (N360).
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/iov.h"

namespace gss_sspi::gss {
namespace {

using ntlm::kMessageSignatureSize;
using ntlm::MessagePart;
using ntlm::MessageSignature;
using ntlm::Session;

using ConstSignature = std::span<const uint8_t, kMessageSignatureSize>;

// N363: what an initiator sends that negotiated nothing but ALWAYS_SIGN. It proves nothing.
constexpr MessageSignature kDummySignature = {1};

Error CheckQop(gss_qop_t qop) {
  return qop == GSS_C_QOP_DEFAULT ? kSuccess : Error(Status::kBadQop);
}

// Runs `body` on the session of an open context that signs.
template <typename Body>
Outcome Protecting(gss_const_ctx_id_t handle, Body &&body) {
  Context *context = ContextOf(handle);
  if (context == nullptr) return Status::kNoContext;
  return context->WithSession([&](Session &session) -> Error {
    if (!session.CanSign()) return Status::kNoProtection;
    return body(session);
  });
}

Error Wrap(Session &session, ByteView message, Buffer *token) {
  if (message.size() > SIZE_MAX - kMessageSignatureSize) return Status::kNoMemory;
  if (!token->Resize(message.size() + kMessageSignatureSize)) return Status::kNoMemory;
  // Sealed even if only signing was negotiated: N361, N362.
  const MessagePart part{message.data(), token->data() + kMessageSignatureSize, message.size()};
  MessageSignature signature;
  if (Error error = session.Protect({&part, 1}, &signature)) return error;
  Copy(token->span(), signature);
  return kSuccess;
}

// Takes sealed data, or in a context without SEAL plain data (N362: the wire does not tell).
Error Unwrap(Session &session, ByteView token, Buffer *message) {
  if (token.size() < kMessageSignatureSize) return Status::kMessageTooShort;
  const auto signature = token.first<kMessageSignatureSize>();
  const ByteView data = token.subspan(kMessageSignatureSize);
  if (!message->Resize(data.size())) return Status::kNoMemory;
  const MessagePart sealed{data.data(), message->data(), data.size()};
  const Error error = session.Verify({&sealed, 1}, signature);
  if (error.status != Status::kMessageAltered || session.CanSeal()) return error;
  const MessagePart plain{data.data(), nullptr, data.size()};
  if (Error again = session.Verify({&plain, 1}, signature)) return again;
  Copy(message->span(), data);
  return kSuccess;
}

Error WrapIov(Session &session, bool confidential, IovList list) {
  gss_iov_buffer_desc *header = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_HEADER);
  IovParts parts;
  if (Error error = parts.Collect(list, confidential || session.CanSeal())) return error;
  if (Error error = PrepareSignature(header)) return error;
  MessageSignature signature;
  if (Error error = session.Protect(parts.view(), &signature)) {
    DropAllocation(header);
    return error;
  }
  std::memcpy(header->buffer.value, signature.data(), signature.size());
  EmptyUnusedBuffers(list);
  return kSuccess;
}

Error VerifySealedOrPlain(Session &session, IovList list, ConstSignature signature) {
  IovParts sealed;
  if (Error error = sealed.Collect(list, true)) return error;
  const Error error = session.Verify(sealed.view(), signature);
  if (error.status != Status::kMessageAltered || session.CanSeal()) return error;
  IovParts plain;
  if (Error again = plain.Collect(list, false)) return again;
  return session.Verify(plain.view(), signature);
}

Error UnwrapHeaderAndData(Session &session, IovList list) {
  const gss_iov_buffer_desc *header = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_HEADER);
  if (header == nullptr) return Fail(Status::kBadBuffers, "one HEADER or STREAM buffer is needed");
  const ByteView octets = ViewOf(&header->buffer);
  if (octets.size() != kMessageSignatureSize) return Status::kMessageTooShort;
  return VerifySealedOrPlain(session, list, octets.first<kMessageSignatureSize>());
}

// A whole token in one STREAM buffer: DATA is set to the message in it, or to a copy.
Error UnwrapStream(Session &session, const gss_iov_buffer_desc &stream, IovList list) {
  gss_iov_buffer_desc *data = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_DATA);
  if (data == nullptr) return Fail(Status::kBadBuffers, "a STREAM needs one DATA buffer");
  const ByteView token = ViewOf(&stream.buffer);
  if (token.size() < kMessageSignatureSize) return Status::kMessageTooShort;
  const bool allocate = (data->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0;
  const ByteView sealed = token.subspan(kMessageSignatureSize);
  const gss_iov_buffer_desc before = *data;
  Buffer copy;
  if (allocate && !copy.Assign(sealed)) return Status::kNoMemory;
  data->buffer.value = allocate ? copy.data() : const_cast<uint8_t *>(sealed.data());
  data->buffer.length = sealed.size();
  if (Error error = VerifySealedOrPlain(session, list, token.first<kMessageSignatureSize>())) {
    *data = before;
    return error;
  }
  if (allocate) {
    Give(&copy, &data->buffer);
    data->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
  }
  return kSuccess;
}

Error UnwrapIov(Session &session, IovList list) {
  const gss_iov_buffer_desc *stream = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_STREAM);
  return stream != nullptr ? UnwrapStream(session, *stream, list)
                           : UnwrapHeaderAndData(session, list);
}

Error GetMicIov(Session &session, IovList list) {
  gss_iov_buffer_desc *token = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  IovParts parts;
  if (Error error = parts.Collect(list, false)) return error;
  if (Error error = PrepareSignature(token)) return error;
  MessageSignature signature;
  if (Error error = session.Protect(parts.view(), &signature)) {
    DropAllocation(token);
    return error;
  }
  std::memcpy(token->buffer.value, signature.data(), signature.size());
  return kSuccess;
}

Error VerifyMicIov(Session &session, IovList list) {
  const gss_iov_buffer_desc *token = OnlyBuffer(list, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  if (token == nullptr) return Fail(Status::kBadBuffers, "one MIC_TOKEN buffer is needed");
  const ByteView octets = ViewOf(&token->buffer);
  if (octets.size() != kMessageSignatureSize) return Status::kMessageTooShort;
  IovParts parts;
  if (Error error = parts.Collect(list, false)) return error;
  return session.Verify(parts.view(), octets.first<kMessageSignatureSize>());
}

Result<IovList> ListOf(gss_iov_buffer_desc *iov, int count) {
  if (iov == nullptr || count <= 0) return Fail(Status::kBadBuffers, "the list is empty");
  return IovList(iov, static_cast<size_t>(count));
}

// Sets the lengths of a buffer list for wrap_iov or get_mic_iov.
Error SetLengths(IovList list, OM_uint32 signature_type) {
  gss_iov_buffer_desc *signature = OnlyBuffer(list, signature_type);
  if (signature == nullptr)
    return Fail(Status::kBadBuffers, "one buffer for the signature is needed");
  signature->buffer.length = kMessageSignatureSize;
  EmptyUnusedBuffers(list);
  return kSuccess;
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_wrap(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                   int /*conf_req_flag*/, gss_qop_t qop_req,
                                   gss_buffer_t input_message_buffer, int *conf_state,
                                   gss_buffer_t output_message_buffer) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_message_buffer);
    Clear(conf_state);
    if (output_message_buffer == GSS_C_NO_BUFFER) return Status::kNullArgument;
    if (Error error = CheckQop(qop_req)) return error;
    return Protecting(context_handle, [&](Session &session) -> Error {
      Buffer token;
      if (Error error = Wrap(session, ViewOf(input_message_buffer), &token)) return error;
      Give(&token, output_message_buffer);
      Set(conf_state, session.CanSeal() ? 1 : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_unwrap(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                     gss_buffer_t input_message_buffer,
                                     gss_buffer_t output_message_buffer, int *conf_state,
                                     gss_qop_t *qop_state) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_message_buffer);
    Clear(conf_state);
    Clear(qop_state);
    if (output_message_buffer == GSS_C_NO_BUFFER) return Status::kNullArgument;
    return Protecting(context_handle, [&](Session &session) -> Error {
      Buffer message;
      if (Error error = Unwrap(session, ViewOf(input_message_buffer), &message)) return error;
      Give(&message, output_message_buffer);
      Set(conf_state, session.CanSeal() ? 1 : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_wrap_size_limit(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                              int /*conf_req_flag*/, gss_qop_t qop_req,
                                              OM_uint32 req_output_size,
                                              OM_uint32 *max_input_size) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(max_input_size);
    if (Error error = CheckQop(qop_req)) return error;
    return Protecting(context_handle, [&](Session &) -> Error {
      constexpr auto kOverhead = static_cast<OM_uint32>(kMessageSignatureSize);
      Set<OM_uint32>(max_input_size, req_output_size > kOverhead ? req_output_size - kOverhead : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                      gss_qop_t qop_req, gss_buffer_t message_buffer,
                                      gss_buffer_t message_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(message_token);
    Context *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    if (message_token == GSS_C_NO_BUFFER) return Status::kNullArgument;
    if (Error error = CheckQop(qop_req)) return error;
    return context->WithSession([&](Session &session) -> Error {
      // Memory first: a number that was used cannot be taken back.
      Buffer token;
      if (!token.Resize(kMessageSignatureSize)) return Status::kNoMemory;
      MessageSignature signature = kDummySignature;
      const ByteView message = ViewOf(message_buffer);
      const MessagePart part{message.data(), nullptr, message.size()};
      if (session.CanSign()) {
        if (Error error = session.Protect({&part, 1}, &signature)) return error;
      } else if ((session.flags() & ntlm::kAlwaysSign) == 0) {
        return Status::kNoProtection;
      }
      Copy(token.span(), signature);
      Give(&token, message_token);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_verify_mic(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                         gss_buffer_t message_buffer, gss_buffer_t message_token,
                                         gss_qop_t *qop_state) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(qop_state);
    return Protecting(context_handle, [&](Session &session) -> Error {
      const ByteView token = ViewOf(message_token);
      if (token.size() != kMessageSignatureSize) return Status::kMessageTooShort;
      const ByteView message = ViewOf(message_buffer);
      const MessagePart part{message.data(), nullptr, message.size()};
      return session.Verify({&part, 1}, token.first<kMessageSignatureSize>());
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_wrap_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                       int conf_req_flag, gss_qop_t qop_req, int *conf_state,
                                       gss_iov_buffer_desc *iov, int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(conf_state);
    if (Error error = CheckQop(qop_req)) return error;
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle, [&](Session &session) -> Error {
      if (Error error = WrapIov(session, conf_req_flag != 0, *list)) return error;
      Set(conf_state, session.CanSeal() ? 1 : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_unwrap_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                         int *conf_state, gss_qop_t *qop_state,
                                         gss_iov_buffer_desc *iov, int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(conf_state);
    Clear(qop_state);
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle, [&](Session &session) -> Error {
      if (Error error = UnwrapIov(session, *list)) return error;
      Set(conf_state, session.CanSeal() ? 1 : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_wrap_iov_length(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                              int /*conf_req_flag*/, gss_qop_t qop_req,
                                              int *conf_state, gss_iov_buffer_desc *iov,
                                              int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(conf_state);
    if (Error error = CheckQop(qop_req)) return error;
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle, [&](Session &session) -> Error {
      if (Error error = SetLengths(*list, GSS_IOV_BUFFER_TYPE_HEADER)) return error;
      Set(conf_state, session.CanSeal() ? 1 : 0);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                          gss_qop_t qop_req, gss_iov_buffer_desc *iov,
                                          int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    if (Error error = CheckQop(qop_req)) return error;
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle,
                      [&](Session &session) -> Error { return GetMicIov(session, *list); });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_verify_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                             gss_qop_t *qop_state, gss_iov_buffer_desc *iov,
                                             int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(qop_state);
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle,
                      [&](Session &session) -> Error { return VerifyMicIov(session, *list); });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic_iov_length(OM_uint32 *minor_status,
                                                 gss_ctx_id_t context_handle, gss_qop_t qop_req,
                                                 gss_iov_buffer_desc *iov, int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    if (Error error = CheckQop(qop_req)) return error;
    const auto list = ListOf(iov, iov_count);
    if (!list) return list.error();
    return Protecting(context_handle, [&](Session &) -> Error {
      return SetLengths(*list, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
    });
  });
}
