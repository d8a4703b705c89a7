// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_TEXT_LIST_H_
#define GSS_SSPI_CORE_TEXT_LIST_H_

#include <string_view>

#include "core/bytes.h"

namespace gss_sspi {

// A short list of short texts without NUL, in one piece of memory.
class TextList {
 public:
  // False when there is no memory; the list is then as it was.
  [[nodiscard]] bool Add(std::string_view text) {
    Buffer longer;
    if (!longer.Resize(texts_.size() + text.size() + 1)) return false;
    Copy(longer.span(), texts_.view());
    Copy(longer.span().subspan(texts_.size()), AsBytes(text));
    longer.span().back() = 0;
    texts_ = std::move(longer);
    return true;
  }

  // The first text as a C string; null when there is none.
  const char *First() const {
    return empty() ? nullptr : reinterpret_cast<const char *>(texts_.data());
  }

  bool empty() const { return texts_.empty(); }

  // True when `matches` is, for one of the texts at least. Stops there.
  template <typename Predicate>
  bool AnyOf(Predicate &&matches) const {
    std::string_view rest = AsText(texts_.view());
    while (!rest.empty()) {
      const std::string_view text(rest.data());
      if (matches(text)) return true;
      rest.remove_prefix(text.size() + 1);
    }
    return false;
  }

 private:
  Buffer texts_;  // each with its NUL
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_TEXT_LIST_H_
