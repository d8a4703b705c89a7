// SPDX-License-Identifier: MIT
#include "gss/credssp/stream_iov.h"

#include "credssp/record.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

using credssp::Exchange;
using credssp::kMaxRecordPlaintext;

OM_uint32 TypeOf(const gss_iov_buffer_desc &buffer) { return GSS_IOV_BUFFER_TYPE(buffer.type); }

// The only buffer of a type, or null when there is none, or more than one.
gss_iov_buffer_desc *OnlyOne(StreamBuffers list, OM_uint32 type) {
  gss_iov_buffer_desc *found = nullptr;
  for (gss_iov_buffer_desc &buffer : list) {
    if (TypeOf(buffer) != type) continue;
    if (found != nullptr) return nullptr;
    found = &buffer;
  }
  return found;
}

size_t DataSize(StreamBuffers list) {
  size_t size = 0;
  for (const gss_iov_buffer_desc &buffer : list) {
    if (TypeOf(buffer) != GSS_IOV_BUFFER_TYPE_DATA) continue;
    // More than a record takes is as good as too much.
    size += std::min(buffer.buffer.length, kMaxRecordPlaintext + 1);
  }
  return size;
}

struct Layout {
  gss_iov_buffer_desc *header = nullptr;
  gss_iov_buffer_desc *trailer = nullptr;
  size_t header_size = 0;
  size_t data_size = 0;
  size_t trailer_size = 0;

  size_t size() const { return header_size + data_size + trailer_size; }
};

// An empty message is no record (C46).
Result<Layout> LayoutOf(const Exchange &exchange, StreamBuffers list) {
  if (exchange.tls() == nullptr) {
    return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  }
  Layout layout;
  layout.header = OnlyOne(list, GSS_IOV_BUFFER_TYPE_HEADER);
  layout.trailer = OnlyOne(list, GSS_IOV_BUFFER_TYPE_TRAILER);
  layout.data_size = DataSize(list);
  if (layout.header == nullptr || layout.trailer == nullptr) {
    return Fail(Status::kBadBuffers, "one HEADER and one TRAILER are needed");
  }
  if (layout.data_size > kMaxRecordPlaintext) {
    return Fail(Status::kBadBuffers, "more than %zu octets for one record", kMaxRecordPlaintext);
  }
  const auto sizes = exchange.pipe().record_sizes();
  if (layout.data_size != 0) {
    layout.header_size = sizes.header;
    layout.trailer_size = sizes.trailer;
  }
  return layout;
}

// Makes a buffer `size` octets long: its memory is the caller's, or is allocated where the caller
// asked for that.
Error Prepare(gss_iov_buffer_desc *buffer, size_t size) {
  if ((buffer->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0) {
    Buffer memory;
    if (!memory.Resize(size)) return Status::kNoMemory;
    buffer->buffer.length = size;
    buffer->buffer.value = memory.Release();
    buffer->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
    return kSuccess;
  }
  if (buffer->buffer.length < size || (size != 0 && buffer->buffer.value == nullptr)) {
    return Fail(Status::kBadBuffers, "a buffer of %zu octets, where %zu are needed",
                buffer->buffer.length, size);
  }
  buffer->buffer.length = size;
  return kSuccess;
}

void DropAllocation(gss_iov_buffer_desc *buffer) {
  if ((buffer->type & GSS_IOV_BUFFER_FLAG_ALLOCATED) == 0) return;
  std::free(buffer->buffer.value);
  buffer->buffer = {0, nullptr};
  buffer->type &= ~OM_uint32{GSS_IOV_BUFFER_FLAG_ALLOCATED};
}

// Runs `visit(MutableBytes)` over the DATA buffers in order.
template <typename Visit>
void ForEachData(StreamBuffers list, const Visit &visit) {
  for (gss_iov_buffer_desc &buffer : list) {
    if (TypeOf(buffer) != GSS_IOV_BUFFER_TYPE_DATA) continue;
    visit(MutableBytes{static_cast<uint8_t *>(buffer.buffer.value), buffer.buffer.length});
  }
}

// The message of several DATA buffers, or none, in one piece.
Error Gather(StreamBuffers list, size_t size, SecretBytes *memory) {
  if (!memory->Resize(size)) return Status::kNoMemory;
  MutableBytes rest = memory->span();
  ForEachData(list, [&](MutableBytes data) {
    Copy(rest, data);
    rest = rest.subspan(data.size());
  });
  return kSuccess;
}

// A message that Gather has copied, back into the DATA buffers.
void Scatter(ByteView message, StreamBuffers list) {
  ForEachData(list, [&](MutableBytes data) {
    Copy(data, message.first(data.size()));
    message = message.subspan(data.size());
  });
}

MutableBytes RoomOf(const gss_buffer_desc &buffer) {
  return {static_cast<uint8_t *>(buffer.value), buffer.length};
}

void EmptyPadding(StreamBuffers list) {
  for (gss_iov_buffer_desc &buffer : list) {
    if (TypeOf(buffer) == GSS_IOV_BUFFER_TYPE_PADDING) buffer.buffer.length = 0;
  }
}

Error WrapPrepared(Exchange &exchange, const Layout &layout, StreamBuffers list) {
  SecretBytes memory;
  const gss_iov_buffer_desc *only = OnlyOne(list, GSS_IOV_BUFFER_TYPE_DATA);
  if (only == nullptr) {
    if (Error error = Gather(list, layout.data_size, &memory)) return error;
  }
  const MutableBytes data = only != nullptr ? RoomOf(only->buffer) : memory.span();
  const MutableBytes record[] = {RoomOf(layout.header->buffer), data,
                                 RoomOf(layout.trailer->buffer)};
  if (Error error = exchange.WrapRecord(data, record)) return error;
  if (only == nullptr) Scatter(data, list);
  EmptyPadding(list);
  return kSuccess;
}

// One record, and the DATA that its message becomes.
Error UnwrapRecord(Exchange &exchange, credssp::RecordParts record, MutableBytes room,
                   gss_iov_buffer_desc *data) {
  const auto size = exchange.UnwrapRecord(record, room);
  if (!size) return size.error();
  data->buffer = {*size, room.data()};
  return kSuccess;
}

Error UnwrapFromStream(Exchange &exchange, const gss_iov_buffer_desc &stream, StreamBuffers list) {
  gss_iov_buffer_desc *data = OnlyOne(list, GSS_IOV_BUFFER_TYPE_DATA);
  if (data == nullptr) return Fail(Status::kBadBuffers, "a STREAM needs one DATA buffer");
  const MutableBytes room = RoomOf(stream.buffer);
  const ByteView record = room;
  if (record.size() <= credssp::kRecordHeaderSize) {
    return Fail(Status::kCredsspDefectiveToken, "not one whole record");
  }
  if ((data->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) == 0) {
    return UnwrapRecord(exchange, {&record, 1}, room.subspan(credssp::kRecordHeaderSize), data);
  }
  Buffer memory;
  if (!memory.Resize(record.size())) return Status::kNoMemory;
  if (Error error = UnwrapRecord(exchange, {&record, 1}, memory.span(), data)) return error;
  data->buffer.value = memory.Release();
  data->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
  return kSuccess;
}

Error UnwrapFromParts(Exchange &exchange, StreamBuffers list) {
  const auto *header = OnlyOne(list, GSS_IOV_BUFFER_TYPE_HEADER);
  const auto *trailer = OnlyOne(list, GSS_IOV_BUFFER_TYPE_TRAILER);
  gss_iov_buffer_desc *data = OnlyOne(list, GSS_IOV_BUFFER_TYPE_DATA);
  if (header == nullptr || trailer == nullptr || data == nullptr) {
    return Fail(Status::kBadBuffers, "STREAM and DATA, or HEADER, DATA and TRAILER are needed");
  }
  const ByteView record[] = {ViewOf(&header->buffer), ViewOf(&data->buffer),
                             ViewOf(&trailer->buffer)};
  return UnwrapRecord(exchange, record, RoomOf(data->buffer), data);
}

}  // namespace

Error WrapStreamIov(Exchange &exchange, StreamBuffers list) {
  const auto layout = LayoutOf(exchange, list);
  if (!layout) return layout.error();
  // Its record would have to go before this one.
  if (exchange.pipe().owes_key_update()) {
    return Fail(Status::kCredsspUnavailable, "the key changes: use gss_wrap for the next message");
  }
  if (Error error = Prepare(layout->header, layout->header_size)) return error;
  Error error = Prepare(layout->trailer, layout->trailer_size);
  if (!error) error = WrapPrepared(exchange, *layout, list);
  if (error) {
    DropAllocation(layout->header);
    DropAllocation(layout->trailer);
  }
  return error;
}

Error SetStreamLengths(Exchange &exchange, StreamBuffers list) {
  const auto layout = LayoutOf(exchange, list);
  if (!layout) return layout.error();
  layout->header->buffer.length = layout->header_size;
  layout->trailer->buffer.length = layout->trailer_size;
  EmptyPadding(list);
  return kSuccess;
}

Error UnwrapStreamIov(Exchange &exchange, StreamBuffers list) {
  const auto *stream = OnlyOne(list, GSS_IOV_BUFFER_TYPE_STREAM);
  return stream != nullptr ? UnwrapFromStream(exchange, *stream, list)
                           : UnwrapFromParts(exchange, list);
}

}  // namespace gss_sspi::gss
