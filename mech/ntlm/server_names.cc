// SPDX-License-Identifier: MIT
#include "ntlm/server_names.h"

#include "core/utf16.h"
#include "ntlm/av_pairs.h"
#include "ntlm/oem.h"

namespace gss_sspi::ntlm {

Result<ServerNames> ServerNames::Make(const Source &source) {
  struct Pair {
    AvId id;
    std::string_view value;
  };
  const Pair pairs[] = {{AvId::kNbDomainName, source.nb_domain},
                        {AvId::kNbComputerName, source.nb_computer},
                        {AvId::kDnsDomainName, source.dns_domain},
                        {AvId::kDnsComputerName, source.dns_computer}};
  size_t size = 0;
  for (const Pair &pair : pairs) {
    const size_t length = Utf16LengthOf(pair.value);
    if (length == kInvalidText) return Fail(Status::kBadText, "a name of this host is not UTF-8");
    size += kAvHeaderSize + length;
  }
  ServerNames names;
  names.joined_ = source.joined;
  if (!names.av_pairs_.Resize(size)) return Status::kNoMemory;
  Writer writer(names.av_pairs_.span());
  for (const Pair &pair : pairs) {
    const size_t length = Utf16LengthOf(pair.value);
    PutAvHeader(&writer, pair.id, length);
    const MutableBytes place = writer.Take(length);
    Utf8ToUtf16(pair.value, place);
    if (pair.id == (source.joined ? AvId::kNbDomainName : AvId::kNbComputerName)) {
      names.target_utf16_ = place;
    }
  }
  // For peers without Unicode; a name that is not ASCII is left out.
  if (!names.target_oem_.Resize(names.target_utf16_.size() / 2)) return Status::kNoMemory;
  if (!Utf16ToOem(names.target_utf16_, names.target_oem_.span())) names.target_oem_.Clear();
  return names;
}

ByteView ServerNames::target_name(Flags flags) const {
  return (flags & kUnicode) != 0 ? target_utf16_ : target_oem_.view();
}

}  // namespace gss_sspi::ntlm
