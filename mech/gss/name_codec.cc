// SPDX-License-Identifier: MIT
#include "gss/name_codec.h"

namespace gss_sspi::gss {

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

}  // namespace gss_sspi::gss
