// SPDX-License-Identifier: MIT
#include "sspi_compat/sec_buffers.h"

#include <cstring>

#include "sspi_compat/memory.h"
#include "sspi_compat/status.h"

namespace gss_sspi::sspi {

gss_buffer_desc InputToken(const SecBufferDesc *input) {
  const SecBuffer *token = FindBuffer(BuffersOf(input), SECBUFFER_TOKEN);
  if (token == nullptr || token->pvBuffer == nullptr) return GSS_C_EMPTY_BUFFER;
  return {token->cbBuffer, token->pvBuffer};
}

namespace {

// A part of the bindings by length and offset; false when it lies outside.
bool Part(const SecBuffer &buffer, ULONG length, ULONG offset, gss_buffer_t out) {
  *out = GSS_C_EMPTY_BUFFER;
  if (length == 0) return true;
  if (offset > buffer.cbBuffer || length > buffer.cbBuffer - offset) return false;
  *out = {length, static_cast<uint8_t *>(buffer.pvBuffer) + offset};
  return true;
}

}  // namespace

// S64, S65: eight ULONGs, then the data.
SECURITY_STATUS ChannelBindings::Read(const SecBufferDesc *input) {
  const SecBuffer *buffer = FindBuffer(BuffersOf(input), SECBUFFER_CHANNEL_BINDINGS);
  if (buffer == nullptr || buffer->cbBuffer == 0) return SEC_E_OK;
  SEC_CHANNEL_BINDINGS header;
  if (buffer->pvBuffer == nullptr || buffer->cbBuffer < sizeof header) {
    return Fail(SEC_E_INVALID_PARAMETER, "the channel bindings are shorter than their header");
  }
  std::memcpy(&header, buffer->pvBuffer, sizeof header);
  bindings_.initiator_addrtype = header.dwInitiatorAddrType;
  bindings_.acceptor_addrtype = header.dwAcceptorAddrType;
  if (!Part(*buffer, header.cbInitiatorLength, header.dwInitiatorOffset,
            &bindings_.initiator_address) ||
      !Part(*buffer, header.cbAcceptorLength, header.dwAcceptorOffset,
            &bindings_.acceptor_address) ||
      !Part(*buffer, header.cbApplicationDataLength, header.dwApplicationDataOffset,
            &bindings_.application_data)) {
    return Fail(SEC_E_INVALID_PARAMETER, "the channel bindings point outside of their buffer");
  }
  present_ = true;
  return SEC_E_OK;
}

SECURITY_STATUS GiveToken(std::string_view token, const SecBufferDesc *output, bool allocate) {
  SecBuffer *buffer = FindBuffer(BuffersOf(output), SECBUFFER_TOKEN);
  if (token.size() == 0) {
    if (buffer != nullptr) buffer->cbBuffer = 0;
    return SEC_E_OK;
  }
  if (buffer == nullptr) return Fail(SEC_E_BUFFER_TOO_SMALL, "there is no TOKEN buffer");
  if (token.size() > UINT32_MAX) return Fail(SEC_E_INTERNAL_ERROR, "the token is too long");
  if (allocate) {
    buffer->pvBuffer = AllocateContextBuffer(token.size());
  } else if (buffer->cbBuffer < token.size()) {
    return Fail(SEC_E_BUFFER_TOO_SMALL, "the token has %zu octets, its buffer %u", token.size(),
                static_cast<unsigned>(buffer->cbBuffer));
  } else if (buffer->pvBuffer == nullptr) {
    return Fail(SEC_E_INTERNAL_ERROR, "the TOKEN buffer has a size and no memory");
  }
  std::memcpy(buffer->pvBuffer, token.data(), token.size());
  buffer->cbBuffer = static_cast<ULONG>(token.size());
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
