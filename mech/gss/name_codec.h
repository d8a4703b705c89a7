// SPDX-License-Identifier: MIT
// Text and names inside exported contexts and credentials.
#ifndef GSS_SSPI_GSS_NAME_CODEC_H_
#define GSS_SSPI_GSS_NAME_CODEC_H_

#include "gss/name.h"
#include "wire/reader.h"
#include "wire/sizer.h"

namespace gss_sspi::gss {

template <typename Sink>
void PutText(Sink &sink, std::string_view text) {
  sink.U16(static_cast<uint16_t>(text.size()));
  sink.Bytes(AsBytes(text));
}

inline std::string_view TakeText(Reader *reader) { return AsText(reader->Bytes(reader->U16())); }

template <typename Sink>
void PutName(Sink &sink, const Name &name) {
  sink.U8(static_cast<uint8_t>(name.kind()));
  PutText(sink, name.first());
  PutText(sink, name.second());
}

// Checks what it reads like any name.
Result<Owned<Name>> TakeName(Reader *reader);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_NAME_CODEC_H_
