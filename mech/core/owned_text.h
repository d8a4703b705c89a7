// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_OWNED_TEXT_H_
#define GSS_SSPI_CORE_OWNED_TEXT_H_

#include <initializer_list>
#include <string_view>

#include "core/bytes.h"
#include "core/secret.h"

namespace gss_sspi {

// Text with a NUL behind it, in memory of its own: a Buffer, or SecretBytes for what is secret.
template <typename Memory>
class BasicOwnedText {
 public:
  // False when there is no memory; the text is then empty.
  [[nodiscard]] bool Assign(std::string_view text) { return Assign({text}); }
  // One behind the other.
  [[nodiscard]] bool Assign(std::initializer_list<std::string_view> pieces) {
    size_t size = 1;
    for (const std::string_view piece : pieces) size += piece.size();
    if (!memory_.Resize(size)) return false;
    MutableBytes rest = memory_.span();
    for (const std::string_view piece : pieces) {
      Copy(rest, AsBytes(piece));
      rest = rest.subspan(piece.size());
    }
    rest[0] = 0;
    return true;
  }

  bool empty() const { return memory_.size() <= 1; }
  const char *c_str() const {
    return memory_.size() == 0 ? "" : reinterpret_cast<const char *>(memory_.view().data());
  }
  // Null for an empty text.
  const char *OrNull() const { return empty() ? nullptr : c_str(); }
  std::string_view view() const { return {c_str(), empty() ? 0 : memory_.size() - 1}; }

 private:
  Memory memory_;
};

using OwnedText = BasicOwnedText<Buffer>;
using SecretText = BasicOwnedText<SecretBytes>;

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_OWNED_TEXT_H_
