// SPDX-License-Identifier: MIT
// Key material for applications: RFC 4401.
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/prf.h"
#include "ntlm/flags.h"

namespace gss_sspi::gss {
namespace {

constexpr size_t kMaxOutput = size_t{1} << 20;

Outcome GivePseudoRandom(Context *context, uint32_t prf_key, ByteView input, size_t size,
                         gss_buffer_t to) {
  Buffer output;
  const Error error = context->WithSession([&](ntlm::Session &session) -> Error {
    // What anonymous contexts call a key everybody can compute.
    if ((session.flags() & ntlm::kAnonymous) != 0) {
      return Fail(Status::kUnavailable, "an anonymous context has no key");
    }
    if (!output.Resize(size)) return Status::kNoMemory;
    PseudoRandom(session.session_key(), prf_key, input, output.span());
    return kSuccess;
  });
  // RFC 4401 2: a context that is not established yet is not ready to compute it.
  if (error.status == Status::kContextNotOpen) {
    return Outcome::Major(GSS_S_UNAVAILABLE, error.status);
  }
  if (error) return error;
  Give(&output, to);
  return kSuccess;
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

// N518. Both kinds of key are there as soon as the context is open, and for every context that has
// a user: without SIGN and SEAL too, as the SSPI session key (N208).
GSS_SSPI_EXPORT OM_uint32 gss_pseudo_random(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                            int prf_key, const gss_buffer_t prf_in,
                                            ssize_t desired_output_len, gss_buffer_t prf_out) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(prf_out);
    Context *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    if (prf_in == GSS_C_NO_BUFFER || prf_out == GSS_C_NO_BUFFER) return Status::kNullArgument;
    if (prf_key != GSS_C_PRF_KEY_FULL && prf_key != GSS_C_PRF_KEY_PARTIAL) {
      return Fail(Status::kUnavailable, "key %d for pseudo-random output", prf_key);
    }
    if (desired_output_len <= 0 || static_cast<size_t>(desired_output_len) > kMaxOutput) {
      return Fail(Status::kNotSupported, "%zd octets of pseudo-random output, not 1 to %zu",
                  desired_output_len, kMaxOutput);
    }
    return GivePseudoRandom(context, static_cast<uint32_t>(prf_key), ViewOf(prf_in),
                            static_cast<size_t>(desired_output_len), prf_out);
  });
}
