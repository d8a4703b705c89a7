// SPDX-License-Identifier: MIT
#include "gss/name_codec.h"

#include "core/utf16.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

// RFC 2743 3.2: 04 and the form, length of the OID in DER and the OID, length of the name and the
// name.
constexpr uint8_t kTokenId = 0x04;
constexpr uint8_t kOidTag = 0x06;

template <typename Sink>
void PutBigEndian(Sink &sink, size_t value, size_t octets) {
  while (octets-- > 0) sink.U8(static_cast<uint8_t>(value >> 8 * octets));
}

uint32_t TakeBigEndian(Reader *reader, size_t octets) {
  uint32_t value = 0;
  while (octets-- > 0) value = value << 8 | reader->U8();
  return value;
}

Error CheckAttributes(ByteView entries) {
  Reader reader(entries);
  while (reader.ok() && !reader.rest().empty()) {
    const std::string_view name = TakeText(&reader);
    const std::string_view value = TakeText(&reader);
    if (!Name::IsAttributeName(name) || Utf16LengthOf(name) == kInvalidText ||
        Utf16LengthOf(value) == kInvalidText) {
      return Fail(Status::kDefectiveToken, "not the name or the value of an attribute");
    }
  }
  if (reader.ok()) return kSuccess;
  return Fail(Status::kDefectiveToken, "an attribute is cut off");
}

Result<Owned<Name>> TakeExported(Reader *reader, uint8_t form) {
  auto name = TakeName(reader);
  if (!name || form == static_cast<uint8_t>(Exported::kPlain)) return name;
  if (Error error = TakeAttributes(reader, name->get())) return error;
  (*name)->Distrust();
  return name;
}

}  // namespace

Result<Owned<Name>> TakeName(Reader *reader) {
  const uint8_t kind = reader->U8();
  const std::string_view first = TakeText(reader);
  const std::string_view second = TakeText(reader);
  if (reader->ok()) {
    switch (static_cast<Name::Kind>(kind)) {
      case Name::Kind::kUser:
        return Name::OfUser(first, second);
      case Name::Kind::kService:
        return Name::OfService(first, second);
      case Name::Kind::kAnonymous:
        return Name::Anonymous();
    }
  }
  return Fail(Status::kDefectiveToken, "an exported name is cut off, or of unknown kind");
}

Error TakeAttributes(Reader *reader, Name *name) {
  const uint8_t verified = reader->U8();
  const ByteView entries = reader->Bytes(reader->U32());
  if (reader->failed() || verified > 1) {
    return Fail(Status::kDefectiveToken, "the attributes of a name are cut off");
  }
  if (Error error = CheckAttributes(entries)) return error;
  Ref<ntlm::Attributes> attributes;
  if (!entries.empty()) {
    attributes = MakeShared<ntlm::Attributes>();
    if (!attributes || !attributes->Decode(entries)) return Status::kNoMemory;
  }
  name->SetAttributes(std::move(attributes));
  if (verified == 0) name->Distrust();
  return kSuccess;
}

Result<Buffer> ExportToken(const Name &name, Exported form) {
  const auto put_body = [&](auto &sink) {
    PutName(sink, name);
    if (form == Exported::kComposite) PutAttributes(sink, name);
  };
  Sizer body;
  put_body(body);
  const auto put_token = [&](auto &sink) {
    sink.U8(kTokenId);
    sink.U8(static_cast<uint8_t>(form));
    PutBigEndian(sink, oid::kNtlm.size() + 2, 2);
    sink.U8(kOidTag);
    sink.U8(static_cast<uint8_t>(oid::kNtlm.size()));
    sink.Bytes(AsBytes(oid::kNtlm));
    PutBigEndian(sink, body.size(), 4);
    put_body(sink);
  };
  Buffer token;
  if (!Serialize(put_token, &token)) return Status::kNoMemory;
  return token;
}

Result<Owned<Name>> ImportToken(ByteView token) {
  Reader reader(token);
  const bool right_id = reader.U8() == kTokenId;
  const uint8_t form = reader.U8();
  const bool right_form = form == static_cast<uint8_t>(Exported::kPlain) ||
                          form == static_cast<uint8_t>(Exported::kComposite);
  const bool right_size = TakeBigEndian(&reader, 2) == oid::kNtlm.size() + 2;
  const bool right_oid = reader.U8() == kOidTag && reader.U8() == oid::kNtlm.size() &&
                         Equal(reader.Bytes(oid::kNtlm.size()), AsBytes(oid::kNtlm));
  const uint32_t size = TakeBigEndian(&reader, 4);
  if (reader.failed() || !right_id || !right_form || !right_size || !right_oid ||
      size != reader.rest().size()) {
    return Fail(Status::kBadName, "not an exported name of the NTLM mechanism");
  }
  auto name = TakeExported(&reader, form);
  if (!name && name.error().status == Status::kNoMemory) return name.error();
  if (!name || !reader.rest().empty()) return Fail(Status::kBadName, "an exported name is damaged");
  return name;
}

}  // namespace gss_sspi::gss
