// SPDX-License-Identifier: MIT
#include "sspi_compat/stream.h"

#include <algorithm>
#include <iterator>

#include "sspi_compat/status.h"

namespace gss_sspi::sspi {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr uint8_t kFirstType = 20;
constexpr uint8_t kLastType = 23;

gss_iov_buffer_desc IovOf(OM_uint32 type, const SecBuffer *buffer) {
  return {type, {buffer->cbBuffer, buffer->pvBuffer}};
}

bool HasNoMemory(const SecBuffer *buffer) {
  return buffer->pvBuffer == nullptr && buffer->cbBuffer != 0;
}

}  // namespace

Record RecordAt(const uint8_t *octets, size_t size) {
  if (size == 0) return {};
  if (octets[0] < kFirstType || octets[0] > kLastType) return {.size = size};
  if (size < kRecordHeader) return {.missing = kRecordHeader - size};
  const size_t record = kRecordHeader + (size_t{octets[3]} << 8 | octets[4]);
  if (record > size) return {.missing = record - size};
  return {.size = record};
}

void TellSize(BufferList buffers, ULONG type, size_t size, void *octets) {
  SecBuffer *buffer = FindBuffer(buffers, SECBUFFER_EMPTY);
  if (buffer != nullptr) *buffer = {static_cast<ULONG>(size), type, octets};
}

// C92: STREAM_HEADER, DATA, STREAM_TRAILER, in whatever order they stand.
SECURITY_STATUS EncryptStream(Context *context, ULONG qop, const SecBufferDesc *message) {
  if (qop != 0) return Fail(SEC_E_QOP_NOT_SUPPORTED, "a stream has one quality of protection");
  const BufferList buffers = BuffersOf(message);
  SecBuffer *const used[] = {FindBuffer(buffers, SECBUFFER_STREAM_HEADER),
                             FindBuffer(buffers, SECBUFFER_DATA),
                             FindBuffer(buffers, SECBUFFER_STREAM_TRAILER)};
  for (const SecBuffer *buffer : used) {
    if (buffer == nullptr || HasNoMemory(buffer)) {
      return Fail(SEC_E_INVALID_TOKEN, "STREAM_HEADER, DATA and STREAM_TRAILER are needed");
    }
  }
  if (used[1]->cbBuffer > kMostStreamMessage) {
    return Fail(SEC_E_INVALID_PARAMETER, "more than %u octets", unsigned{kMostStreamMessage});
  }
  SecPkgContext_StreamSizes sizes;
  if (const SECURITY_STATUS status = GetStreamSizes(context, &sizes); status != SEC_E_OK) {
    return status;
  }
  if (used[0]->cbBuffer < sizes.cbHeader || used[2]->cbBuffer < sizes.cbTrailer) {
    return Fail(SEC_E_BUFFER_TOO_SMALL, "header and trailer have %u and %u octets",
                static_cast<unsigned>(sizes.cbHeader), static_cast<unsigned>(sizes.cbTrailer));
  }
  gss_iov_buffer_desc iov[] = {IovOf(GSS_IOV_BUFFER_TYPE_HEADER, used[0]),
                               IovOf(GSS_IOV_BUFFER_TYPE_DATA, used[1]),
                               IovOf(GSS_IOV_BUFFER_TYPE_TRAILER, used[2])};
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_wrap_iov(&minor, context->gss(), 1, GSS_C_QOP_DEFAULT, nullptr, iov, 3);
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  for (size_t i = 0; i < std::size(iov); ++i) {
    used[i]->cbBuffer = static_cast<ULONG>(iov[i].buffer.length);
  }
  return SEC_E_OK;
}

// C93: programs rely on the order of the four.
SECURITY_STATUS DecryptStream(Context *context, const SecBufferDesc *message, ULONG *qop) {
  const BufferList buffers = BuffersOf(message);
  SecBuffer *data = FindBuffer(buffers, SECBUFFER_DATA);
  if (data == nullptr || HasNoMemory(data) || buffers.size() < 4) {
    return Fail(SEC_E_INVALID_TOKEN, "DATA and three more buffers are needed");
  }
  auto *octets = static_cast<uint8_t *>(data->pvBuffer);
  const size_t all = data->cbBuffer;
  const Record record = RecordAt(octets, all);
  if (record.size == 0) {
    TellSize(buffers, SECBUFFER_MISSING, record.missing);
    return Fail(SEC_E_INCOMPLETE_MESSAGE, "the record goes on for %zu octets", record.missing);
  }
  gss_iov_buffer_desc iov[] = {{GSS_IOV_BUFFER_TYPE_STREAM, {record.size, octets}},
                               {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER}};
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_unwrap_iov(&minor, context->gss(), nullptr, nullptr, iov, 2);
  if (GSS_ROUTINE_ERROR(major) == GSS_S_CONTEXT_EXPIRED) {
    static_cast<void>(context->Failed(major, minor));  // for its text
    return SEC_I_CONTEXT_EXPIRED;
  }
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  const auto *plain = static_cast<const uint8_t *>(iov[1].buffer.value);
  const auto header = static_cast<ULONG>(plain - octets);
  const auto size = static_cast<ULONG>(iov[1].buffer.length);
  const auto rest = static_cast<ULONG>(all - record.size);
  const SecBuffer told[] = {
      {header, SECBUFFER_STREAM_HEADER, octets},
      {size, SECBUFFER_DATA, octets + header},
      {static_cast<ULONG>(record.size) - header - size, SECBUFFER_STREAM_TRAILER,
       octets + header + size},
      {rest, rest != 0 ? ULONG{SECBUFFER_EXTRA} : ULONG{SECBUFFER_EMPTY},
       rest != 0 ? octets + record.size : nullptr},
  };
  std::copy(std::begin(told), std::end(told), buffers.begin());
  if (qop != nullptr) *qop = 0;
  return SEC_E_OK;
}

// C94. Asked of the mechanism, since they depend on version and cipher.
SECURITY_STATUS GetStreamSizes(Context *context, SecPkgContext_StreamSizes *out) {
  char octet = 0;
  gss_iov_buffer_desc iov[] = {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_C_EMPTY_BUFFER},
                               {GSS_IOV_BUFFER_TYPE_DATA, {1, &octet}},
                               {GSS_IOV_BUFFER_TYPE_TRAILER, GSS_C_EMPTY_BUFFER}};
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_wrap_iov_length(&minor, context->gss(), 1, GSS_C_QOP_DEFAULT, nullptr, iov, 3);
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  *out = {.cbHeader = static_cast<ULONG>(iov[0].buffer.length),
          .cbTrailer = static_cast<ULONG>(iov[2].buffer.length),
          .cbMaximumMessage = kMostStreamMessage,
          .cBuffers = 4,
          .cbBlockSize = 1};
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
