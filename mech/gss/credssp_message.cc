// SPDX-License-Identifier: MIT
// Messages of CredSSP, the TLS stream: RFC 2743 2.3, MIT's iov calls, RFC 4401.
#include "credssp/record.h"
#include "credssp/tls_facts.h"
#include "gss/credssp/buffers.h"
#include "gss/credssp/handles.h"
#include "gss/credssp/stream_iov.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

using credssp::Exchange;

// RFC 8446 7.1: what one expansion with SHA-256 gives.
constexpr size_t kMostPseudoRandom = size_t{255} * 32;
constexpr size_t kMostPseudoRandomInput = 65535 - 4;

Error CheckQop(gss_qop_t qop) {
  return qop == GSS_C_QOP_DEFAULT ? kSuccess : Error(Status::kCredsspBadQop);
}

template <typename Body>
Outcome WithStream(gss_const_ctx_id_t handle, const Body &body) {
  CredsspContext *context = ContextOf(handle);
  if (context == nullptr) return Status::kNoContext;
  return context->WithStream([&](Exchange &exchange) -> Error { return body(exchange); });
}

template <typename Body>
Outcome WithBuffers(gss_const_ctx_id_t handle, gss_qop_t qop, gss_iov_buffer_desc *iov, int count,
                    const Body &body) {
  if (Error error = CheckQop(qop)) return error;
  if (iov == nullptr || count <= 0) return Fail(Status::kBadBuffers, "the list is empty");
  const StreamBuffers list(iov, static_cast<size_t>(count));
  return WithStream(handle, [&](Exchange &exchange) { return body(exchange, list); });
}

// The largest message whose records have at most `limit` octets.
size_t LargestMessage(const credssp::TlsPipe::RecordSizes &sizes, size_t limit) {
  const size_t overhead = sizes.header + sizes.trailer;
  const size_t whole_record = credssp::kMaxRecordPlaintext + overhead;
  const size_t rest = limit % whole_record;
  return limit / whole_record * credssp::kMaxRecordPlaintext +
         (rest > overhead ? rest - overhead : 0);
}

// C48: the kind of key is part of what the exporter hashes.
Error PseudoRandom(SSL *ssl, uint32_t prf_key, ByteView input, MutableBytes out) {
  SecretBytes context;
  if (!context.Resize(4 + input.size())) return Status::kNoMemory;
  MutableBytes rest = context.span();
  for (unsigned i = 0; i < 4; ++i) rest[i] = static_cast<uint8_t>(prf_key >> (24 - 8 * i));
  Copy(rest.subspan(4), input);
  return credssp::Export(ssl, kPrfLabel, context.view(), out);
}

Outcome NoMics(gss_const_ctx_id_t handle) {
  if (ContextOf(handle) == nullptr) return Status::kNoContext;
  return Fail(Status::kCredsspUnavailable, "a stream has no signatures of its own (C49)");
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
    return WithStream(context_handle, [&](Exchange &exchange) -> Error {
      GrowingBuffer records;
      if (Error error = exchange.Wrap(ViewOf(input_message_buffer), &records)) return error;
      Buffer token = records.Take();
      Give(&token, output_message_buffer);
      Set(conf_state, 1);
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
    return WithStream(context_handle, [&](Exchange &exchange) -> Error {
      GrowingBuffer plaintext;
      if (Error error = exchange.Unwrap(ViewOf(input_message_buffer), &plaintext)) return error;
      Buffer message = plaintext.Take();
      Give(&message, output_message_buffer);
      Set(conf_state, 1);
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
    return WithStream(context_handle, [&](Exchange &exchange) -> Error {
      if (exchange.tls() == nullptr) {
        return Fail(Status::kCredsspUnavailable, "TLS is the application's");
      }
      const auto sizes = exchange.pipe().record_sizes();
      Set(max_input_size, static_cast<OM_uint32>(LargestMessage(sizes, req_output_size)));
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_wrap_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                       int /*conf_req_flag*/, gss_qop_t qop_req, int *conf_state,
                                       gss_iov_buffer_desc *iov, int iov_count) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(conf_state);
    return WithBuffers(context_handle, qop_req, iov, iov_count,
                       [&](Exchange &exchange, StreamBuffers list) -> Error {
                         if (Error error = WrapStreamIov(exchange, list)) return error;
                         Set(conf_state, 1);
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
    return WithBuffers(context_handle, GSS_C_QOP_DEFAULT, iov, iov_count,
                       [&](Exchange &exchange, StreamBuffers list) -> Error {
                         if (Error error = UnwrapStreamIov(exchange, list)) return error;
                         Set(conf_state, 1);
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
    return WithBuffers(context_handle, qop_req, iov, iov_count,
                       [&](Exchange &exchange, StreamBuffers list) -> Error {
                         if (Error error = SetStreamLengths(exchange, list)) return error;
                         Set(conf_state, 1);
                         return kSuccess;
                       });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                      gss_qop_t /*qop_req*/, gss_buffer_t /*message_buffer*/,
                                      gss_buffer_t message_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(message_token);
    return NoMics(context_handle);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_verify_mic(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                         gss_buffer_t /*message_buffer*/,
                                         gss_buffer_t /*message_token*/, gss_qop_t *qop_state) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(qop_state);
    return NoMics(context_handle);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                          gss_qop_t /*qop_req*/, gss_iov_buffer_desc * /*iov*/,
                                          int /*iov_count*/) {
  return Guard(minor_status, [&]() -> Outcome { return NoMics(context_handle); });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_mic_iov_length(OM_uint32 *minor_status,
                                                 gss_ctx_id_t context_handle, gss_qop_t /*qop_req*/,
                                                 gss_iov_buffer_desc * /*iov*/, int /*iov_count*/) {
  return Guard(minor_status, [&]() -> Outcome { return NoMics(context_handle); });
}

GSS_SSPI_EXPORT OM_uint32 gss_verify_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                             gss_qop_t *qop_state, gss_iov_buffer_desc * /*iov*/,
                                             int /*iov_count*/) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(qop_state);
    return NoMics(context_handle);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_pseudo_random(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                            int prf_key, const gss_buffer_t prf_in,
                                            ssize_t desired_output_len, gss_buffer_t prf_out) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(prf_out);
    if (prf_in == GSS_C_NO_BUFFER || prf_out == GSS_C_NO_BUFFER) return Status::kNullArgument;
    if (prf_key != GSS_C_PRF_KEY_FULL && prf_key != GSS_C_PRF_KEY_PARTIAL) {
      return Fail(Status::kCredsspUnavailable, "key %d for pseudo-random output", prf_key);
    }
    const auto size = static_cast<size_t>(desired_output_len);
    const ByteView input = ViewOf(prf_in);
    if (desired_output_len <= 0 || size > kMostPseudoRandom ||
        input.size() > kMostPseudoRandomInput) {
      return Fail(Status::kCredsspUnavailable, "%zd octets of pseudo-random output, not 1 to %zu",
                  desired_output_len, kMostPseudoRandom);
    }
    return WithStream(context_handle, [&](Exchange &exchange) -> Error {
      if (exchange.tls() == nullptr) {
        return Fail(Status::kCredsspUnavailable, "TLS is the application's");
      }
      Buffer output;
      if (!output.Resize(size)) return Status::kNoMemory;
      if (Error error =
              PseudoRandom(exchange.tls(), static_cast<uint32_t>(prf_key), input, output.span())) {
        return error;
      }
      Give(&output, prf_out);
      return kSuccess;
    });
  });
}
