// SPDX-License-Identifier: MIT
// Names as octets: inside exported contexts and credentials, and by themselves.
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

// What an account source said of a name.
template <typename Sink>
void PutAttributes(Sink &sink, const Name &name) {
  const ByteView entries = name.attributes() ? name.attributes()->encoded() : ByteView();
  sink.U8(name.verified() ? 1 : 0);
  sink.U32(static_cast<uint32_t>(entries.size()));
  sink.Bytes(entries);
}

// Gives them to `name`, which is not verified yet: they are as good as the octets are.
Error TakeAttributes(Reader *reader, Name *name);

// RFC 2743 3.2, the token of gss_export_name; RFC 6680 8, that of gss_export_name_composite, which
// has the attributes as well.
enum class Exported : uint8_t { kPlain = 0x01, kComposite = 0x02 };
Result<Buffer> ExportToken(const Name &name, Exported form);
// Takes both. Attributes come back as claims: nothing protects such a token.
Result<Owned<Name>> ImportToken(ByteView token);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_NAME_CODEC_H_
