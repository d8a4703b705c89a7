// SPDX-License-Identifier: MIT
#include "sspi_compat/message.h"

#include <array>
#include <cstring>
#include <memory>

#include "sspi_compat/sec_buffers.h"
#include "sspi_compat/status.h"
#include "sspi_compat/stream.h"

namespace gss_sspi::sspi {
namespace {

constexpr OM_uint32 kOrderFaults =
    GSS_S_DUPLICATE_TOKEN | GSS_S_OLD_TOKEN | GSS_S_UNSEQ_TOKEN | GSS_S_GAP_TOKEN;

// The types of buffers for GSSAPI, by SECBUFFER_ type. What is not listed is left out.
using Types = std::array<OM_uint32, SECBUFFER_STREAM + 1>;
constexpr Types TypesWith(OM_uint32 token, OM_uint32 padding) {
  Types types{};  // GSS_IOV_BUFFER_TYPE_EMPTY
  types[SECBUFFER_DATA] = GSS_IOV_BUFFER_TYPE_DATA;
  types[SECBUFFER_TOKEN] = token;
  types[SECBUFFER_PADDING] = padding;
  types[SECBUFFER_STREAM] = GSS_IOV_BUFFER_TYPE_STREAM;
  return types;
}
static_assert(GSS_IOV_BUFFER_TYPE_EMPTY == 0);
constexpr Types kSealed = TypesWith(GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_PADDING);
constexpr Types kSigned = TypesWith(GSS_IOV_BUFFER_TYPE_MIC_TOKEN, GSS_IOV_BUFFER_TYPE_EMPTY);

// READONLY alone leaves a buffer out.
OM_uint32 GssTypeOf(const SecBuffer &buffer, const Types &types) {
  const ULONG type = TypeOf(buffer);
  if (type >= types.size() || (buffer.BufferType & SECBUFFER_READONLY) != 0) return 0;
  const bool covered = (buffer.BufferType & SECBUFFER_READONLY_WITH_CHECKSUM) != 0;
  return covered && type == SECBUFFER_DATA ? GSS_IOV_BUFFER_TYPE_SIGN_ONLY : types[type];
}

// The buffers of a message as GSSAPI wants them.
class Iov {
 public:
  Iov(BufferList buffers, const Types &types) : buffers_(buffers), types_(types) {
    // One more for an empty message, of which krb5 wants a buffer as well.
    if (buffers.size() + 1 > kUsual) {
      more_ = std::make_unique<gss_iov_buffer_desc[]>(buffers.size() + 1);
      list_ = more_.get();
    }
  }

  // False when a buffer has a length and no memory.
  bool Collect() {
    bool has_data = false;
    gss_iov_buffer_desc *end = list_;
    for (const SecBuffer &buffer : buffers_) {
      const OM_uint32 type = GssTypeOf(buffer, types_);
      if (type == GSS_IOV_BUFFER_TYPE_EMPTY) continue;
      if (buffer.pvBuffer == nullptr && buffer.cbBuffer != 0) return false;
      has_data |= type == GSS_IOV_BUFFER_TYPE_DATA;
      *end++ = {type, {buffer.cbBuffer, buffer.pvBuffer}};
    }
    if (!has_data) *end++ = {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER};
    count_ = static_cast<int>(end - list_);
    return true;
  }

  gss_iov_buffer_desc *list() { return list_; }
  int count() const { return count_; }

  // R7: each buffer has the size that it was used for.
  void WriteBack() const {
    const gss_iov_buffer_desc *used = list_;
    for (SecBuffer &buffer : buffers_) {
      if (GssTypeOf(buffer, types_) == GSS_IOV_BUFFER_TYPE_EMPTY) continue;
      buffer.cbBuffer = static_cast<ULONG>(used->buffer.length);
      buffer.pvBuffer = used->buffer.value;
      ++used;
    }
  }

 private:
  static constexpr size_t kUsual = 16;

  const BufferList buffers_;
  const Types &types_;
  gss_iov_buffer_desc usual_[kUsual];
  std::unique_ptr<gss_iov_buffer_desc[]> more_;
  gss_iov_buffer_desc *list_ = usual_;
  int count_ = 0;
};

SECURITY_STATUS NoMemoryBehind() {
  return Fail(SEC_E_INVALID_TOKEN, "a buffer has a size and no memory");
}

SECURITY_STATUS CheckOpen(const Context &context) {
  if (context.is_open()) return SEC_E_OK;
  return Fail(SEC_E_INVALID_HANDLE, "the context is not established");
}

bool IsStream(const Context &context) { return &context.package() == &kCredssp; }

SECURITY_STATUS NoSignatures() {
  return Fail(SEC_E_UNSUPPORTED_FUNCTION, "a stream has no signatures of its own");
}

// The TOKEN buffer of a message to protect, which has room for `size` octets.
SECURITY_STATUS FindRoom(BufferList buffers, ULONG size, SecBuffer **out) {
  SecBuffer *token = FindBuffer(buffers, SECBUFFER_TOKEN);
  if (token == nullptr) return Fail(SEC_E_INVALID_TOKEN, "there is no TOKEN buffer");
  if (token->pvBuffer == nullptr) return NoMemoryBehind();
  if (token->cbBuffer < size) {
    return Fail(SEC_E_BUFFER_TOO_SMALL, "the TOKEN buffer has %u of %u octets",
                static_cast<unsigned>(token->cbBuffer), static_cast<unsigned>(size));
  }
  *out = token;
  return SEC_E_OK;
}

// The status of a verified message: krb5 tells faults of order beside success.
SECURITY_STATUS Verified(const Context &context, OM_uint32 major, OM_uint32 minor) {
  if (GSS_ERROR(major) || (major & kOrderFaults) != 0) {
    return context.Failed(major, minor);
  }
  return SEC_E_OK;
}

// N363: without SIGN the signature of NTLM is a constant, which proves nothing.
SECURITY_STATUS SignWithoutKey(const Context &context, SecBuffer *token) {
  OM_uint32 minor = 0;
  gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
  GssBuffer signature;
  const OM_uint32 major =
      gss_get_mic(&minor, context.gss(), GSS_C_QOP_DEFAULT, &nothing, signature.out());
  if (GSS_ERROR(major)) return context.Failed(major, minor);
  std::memcpy(token->pvBuffer, signature.data(), signature.size());
  token->cbBuffer = static_cast<ULONG>(signature.size());
  return SEC_E_OK;
}

}  // namespace

SECURITY_STATUS Encrypt(Context *context, ULONG qop, const SecBufferDesc *message) {
  if (const SECURITY_STATUS status = CheckOpen(*context); status != SEC_E_OK) return status;
  if (IsStream(*context)) return EncryptStream(context, qop, message);
  const BufferList buffers = BuffersOf(message);
  if (qop != 0 && qop != SECQOP_WRAP_NO_ENCRYPT) {
    return Fail(SEC_E_QOP_NOT_SUPPORTED, "quality of protection %#x", static_cast<unsigned>(qop));
  }
  const bool confidential = qop == 0;
  if (context->IsNtlm() && confidential && (context->gss_flags() & GSS_C_CONF_FLAG) == 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "confidentiality was not negotiated");
  }
  const Context::Sizes *sizes = nullptr;
  if (const SECURITY_STATUS status = context->GetSizes(&sizes); status != SEC_E_OK) return status;
  SecBuffer *token = nullptr;
  if (const SECURITY_STATUS status =
          FindRoom(buffers, confidential ? sizes->trailer : sizes->signature, &token);
      status != SEC_E_OK) {
    return status;
  }
  Iov iov(buffers, kSealed);
  if (!iov.Collect()) return NoMemoryBehind();
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_wrap_iov(&minor, context->gss(), confidential ? 1 : 0,
                                       GSS_C_QOP_DEFAULT, nullptr, iov.list(), iov.count());
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  iov.WriteBack();
  return SEC_E_OK;
}

SECURITY_STATUS Decrypt(Context *context, const SecBufferDesc *message, ULONG *qop) {
  if (const SECURITY_STATUS status = CheckOpen(*context); status != SEC_E_OK) return status;
  if (IsStream(*context)) return DecryptStream(context, message, qop);
  const BufferList buffers = BuffersOf(message);
  const bool is_stream = FindBuffer(buffers, SECBUFFER_STREAM) != nullptr;
  if (FindBuffer(buffers, is_stream ? SECBUFFER_DATA : SECBUFFER_TOKEN) == nullptr) {
    return Fail(SEC_E_INVALID_TOKEN, "there is no TOKEN buffer, or no STREAM with a DATA buffer");
  }
  Iov iov(buffers, kSealed);
  if (!iov.Collect()) return NoMemoryBehind();
  OM_uint32 minor = 0;
  int confidential = 0;
  const OM_uint32 major =
      gss_unwrap_iov(&minor, context->gss(), &confidential, nullptr, iov.list(), iov.count());
  const SECURITY_STATUS status = Verified(*context, major, minor);
  if (status != SEC_E_OK) return status;
  iov.WriteBack();
  if (qop != nullptr && !context->IsNtlm()) *qop = confidential != 0 ? 0 : SECQOP_WRAP_NO_ENCRYPT;
  return SEC_E_OK;
}

SECURITY_STATUS Sign(Context *context, ULONG qop, const SecBufferDesc *message) {
  if (const SECURITY_STATUS status = CheckOpen(*context); status != SEC_E_OK) return status;
  if (IsStream(*context)) return NoSignatures();
  const BufferList buffers = BuffersOf(message);
  if (qop != 0) {
    return Fail(qop == SECQOP_WRAP_NO_ENCRYPT && !context->IsNtlm() ? SEC_E_INVALID_TOKEN
                                                                    : SEC_E_QOP_NOT_SUPPORTED,
                "quality of protection %#x of a signature", static_cast<unsigned>(qop));
  }
  const Context::Sizes *sizes = nullptr;
  if (const SECURITY_STATUS status = context->GetSizes(&sizes); status != SEC_E_OK) return status;
  SecBuffer *token = nullptr;
  if (const SECURITY_STATUS status = FindRoom(buffers, sizes->signature, &token);
      status != SEC_E_OK) {
    return status;
  }
  if (context->IsNtlm() && (context->gss_flags() & GSS_C_INTEG_FLAG) == 0) {
    return SignWithoutKey(*context, token);
  }
  Iov iov(buffers, kSigned);
  if (!iov.Collect()) return NoMemoryBehind();
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_get_mic_iov(&minor, context->gss(), GSS_C_QOP_DEFAULT, iov.list(), iov.count());
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  iov.WriteBack();
  return SEC_E_OK;
}

SECURITY_STATUS Verify(Context *context, const SecBufferDesc *message, ULONG *qop) {
  if (const SECURITY_STATUS status = CheckOpen(*context); status != SEC_E_OK) return status;
  if (IsStream(*context)) return NoSignatures();
  const BufferList buffers = BuffersOf(message);
  if (FindBuffer(buffers, SECBUFFER_TOKEN) == nullptr) {
    return Fail(SEC_E_INVALID_TOKEN, "there is no TOKEN buffer");
  }
  Iov iov(buffers, kSigned);
  if (!iov.Collect()) return NoMemoryBehind();
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_verify_mic_iov(&minor, context->gss(), nullptr, iov.list(), iov.count());
  const SECURITY_STATUS status = Verified(*context, major, minor);
  if (status == SEC_E_OK && qop != nullptr && !context->IsNtlm()) *qop = 0;
  return status;
}

}  // namespace gss_sspi::sspi
