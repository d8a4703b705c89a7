// SPDX-License-Identifier: MIT
// Exports: messages. MessageSeqNo of callers is ignored: each direction has its own counter (L11).
#include "sspi_compat/entry.h"
#include "sspi_compat/handles.h"
#include "sspi_compat/message.h"
#include "sspi_compat/sec_buffers.h"

namespace gss_sspi::sspi {
namespace {

// Checks the handle, then the descriptor, and runs `body` on the context.
template <typename Body>
SECURITY_STATUS WithMessage(const SecHandle *handle, const SecBufferDesc *message, Body &&body) {
  const auto context = Contexts().Find(handle);
  if (!context) return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a context");
  if (message == nullptr || IsMalformed(message)) {
    return Fail(SEC_E_INVALID_TOKEN, "there is no list of buffers");
  }
  return body((*context).get());
}

}  // namespace
}  // namespace gss_sspi::sspi

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

SSPI_EXPORT SECURITY_STATUS EncryptMessage(PCtxtHandle phContext, ULONG fQOP,
                                           PSecBufferDesc pMessage, ULONG /*MessageSeqNo*/) {
  return Guard([&] {
    return WithMessage(phContext, pMessage,
                       [&](Context *context) { return Encrypt(context, fQOP, pMessage); });
  });
}

SSPI_EXPORT SECURITY_STATUS DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                           ULONG /*MessageSeqNo*/, ULONG *pfQOP) {
  return Guard([&] {
    return WithMessage(phContext, pMessage,
                       [&](Context *context) { return Decrypt(context, pMessage, pfQOP); });
  });
}

SSPI_EXPORT SECURITY_STATUS MakeSignature(PCtxtHandle phContext, ULONG fQOP,
                                          PSecBufferDesc pMessage, ULONG /*MessageSeqNo*/) {
  return Guard([&] {
    return WithMessage(phContext, pMessage,
                       [&](Context *context) { return Sign(context, fQOP, pMessage); });
  });
}

SSPI_EXPORT SECURITY_STATUS VerifySignature(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                            ULONG /*MessageSeqNo*/, ULONG *pfQOP) {
  return Guard([&] {
    return WithMessage(phContext, pMessage,
                       [&](Context *context) { return Verify(context, pMessage, pfQOP); });
  });
}

// Their older names, which programs ask libraries for.
SSPI_EXPORT SECURITY_STATUS SealMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                        ULONG MessageSeqNo) {
  return EncryptMessage(phContext, fQOP, pMessage, MessageSeqNo);
}

SSPI_EXPORT SECURITY_STATUS UnsealMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                          ULONG MessageSeqNo, ULONG *pfQOP) {
  return DecryptMessage(phContext, pMessage, MessageSeqNo, pfQOP);
}
