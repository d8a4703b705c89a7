// SPDX-License-Identifier: MIT
// What an account source knows of a user beside the name (N434): for RFC 6680 name attributes.
#ifndef GSS_SSPI_NTLM_ATTRIBUTES_H_
#define GSS_SSPI_NTLM_ATTRIBUTES_H_

#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace gss_sspi::ntlm {

// Names of attributes. Values are UTF-8 text.
namespace attribute {
inline constexpr std::string_view kSids = "urn:gssntlmssp:sids";   // all, comma-separated (N434)
inline constexpr std::string_view kSid = "urn:gss-sspi:ntlm:sid";  // one value each; first the user
inline constexpr std::string_view kGroupSid = "urn:gss-sspi:ntlm:group-sid";  // one value each
inline constexpr std::string_view kUser = "urn:gss-sspi:ntlm:user";
inline constexpr std::string_view kDomain = "urn:gss-sspi:ntlm:domain";
inline constexpr std::string_view kDnsDomain = "urn:gss-sspi:ntlm:dns-domain";
inline constexpr std::string_view kUpn = "urn:gss-sspi:ntlm:upn";
inline constexpr std::string_view kWorkstation = "urn:gss-sspi:ntlm:workstation";  // as claimed
inline constexpr std::string_view kTarget = "urn:gss-sspi:ntlm:target";  // whom the client meant
inline constexpr std::string_view kSource =
    "urn:gss-sspi:ntlm:source";  // "winbind", if that verified the user
}  // namespace attribute

// Names and values in the order in which they were added; a name with several values has several
// entries. Filled once, then never changed.
class Attributes : public Shared {
 public:
  // Octets that hold entries as encoded() gives them. False when they do not, or without memory.
  [[nodiscard]] bool Decode(ByteView octets) {
    Reader reader(octets);
    while (reader.ok() && !reader.rest().empty()) {
      reader.Skip(reader.U16());
      reader.Skip(reader.U16());
    }
    if (!reader.ok() || !MakeRoom(octets.size())) return false;
    Copy({place(), octets.size()}, octets);
    size_ = octets.size();
    return true;
  }
  // False when there is no memory. Name and value have at most 65,535 octets.
  [[nodiscard]] bool Add(std::string_view name, std::string_view value) {
    return AddInPlace(name, value.size(), [&](MutableBytes place) { Copy(place, AsBytes(value)); });
  }
  // The same with a value of `size` octets that write(MutableBytes) puts in its place.
  template <typename Write>
  [[nodiscard]] bool AddInPlace(std::string_view name, size_t size, const Write &write) {
    if (name.size() > UINT16_MAX || size > UINT16_MAX) return false;
    const size_t entry_size = 4 + name.size() + size;
    if (!MakeRoom(entry_size)) return false;
    Writer writer(MutableBytes(place(), capacity()).subspan(size_, entry_size));
    writer.U16(static_cast<uint16_t>(name.size()));
    writer.Bytes(AsBytes(name));
    writer.U16(static_cast<uint16_t>(size));
    write(writer.Take(size));
    size_ += entry_size;
    return true;
  }
  // The first value of a name; nothing when it has none.
  std::string_view Find(std::string_view wanted) const {
    std::string_view found;
    ForEach([&](std::string_view name, std::string_view value) {
      if (found.data() == nullptr && name == wanted) found = value;
    });
    return found;
  }
  // Calls visit(name, value) for each entry.
  template <typename Visitor>
  void ForEach(Visitor &&visit) const {
    Reader reader(encoded());
    while (!reader.rest().empty()) {
      const std::string_view name = AsText(reader.Bytes(reader.U16()));
      const std::string_view value = AsText(reader.Bytes(reader.U16()));
      visit(name, value);
    }
  }
  ByteView encoded() const { return {more_.empty() ? few_ : more_.data(), size_}; }

 private:
  uint8_t *place() { return more_.empty() ? few_ : more_.data(); }
  size_t capacity() const { return more_.empty() ? sizeof few_ : more_.size(); }
  // Room for `size` octets behind those there are. Twice as much as before, so that adding many
  // costs little each.
  [[nodiscard]] bool MakeRoom(size_t size) {
    if (size <= capacity() - size_) return true;
    Buffer longer;
    if (!longer.Resize(2 * (size_ + size))) return false;
    Copy(longer.span(), encoded());
    more_ = std::move(longer);
    return true;
  }

  size_t size_ = 0;
  uint8_t few_[160];  // enough for workstation and target, which are all that most users have
  Buffer more_;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_ATTRIBUTES_H_
