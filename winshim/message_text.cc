// SPDX-License-Identifier: MIT
// FormatMessage: texts of the codes of winerror.h.
#include <sspi.h>

#include <algorithm>
#include <cstring>

#include "sspi_compat/status_names.h"
#include "winshim/export.h"
#include "winshim/sspi_library.h"
#include "winshim/unicode.h"

namespace gss_sspi::winshim {
namespace {

constexpr DWORD kPrimaryLanguage = 0x3ff;
constexpr std::string_view kLineBreak = "\r\n";

// The longest text of a code with the longest reason of libsspi, and room for line breaks.
struct Text {
  char octets[4096];
  size_t size = 0;

  void Append(std::string_view more) {
    const size_t fits = std::min(more.size(), sizeof octets - size);
    std::memcpy(octets + size, more.data(), fits);
    size += fits;
  }
  std::string_view view() const { return {octets, size}; }
};

std::string_view TextOfCode(DWORD code) {
  const auto status = static_cast<LONG>(code);
  for (const sspi::StatusName &row : sspi::kStatusNames) {
    if (row.status == status) return row.text;
  }
  for (const sspi::StatusName &row : sspi::kErrorNames) {
    if (row.status == status) return row.text;
  }
  return {};
}

// Why libsspi failed last in this thread, if it was with this code (section 6.6).
std::string_view ReasonOf(DWORD code) {
  void *library = LoadedSspi();
  const auto status = SspiFunction<decltype(SspiLastErrorStatus)>(library, "SspiLastErrorStatus");
  const auto text = SspiFunction<decltype(SspiLastErrorText)>(library, "SspiLastErrorText");
  if (code == ERROR_SUCCESS || status == nullptr || text == nullptr) return {};
  return status() == static_cast<LONG>(code) ? text() : std::string_view{};
}

// Lines of at most `width` characters, broken where spaces are; a longer word stays whole.
void AppendWrapped(std::string_view text, size_t width, Text *out) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column != 0) {
      const bool fits = column + 1 + word.size() <= width;
      out->Append(fits ? " " : kLineBreak);
      column = fits ? column + 1 : 0;
    }
    out->Append(word);
    column += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void Compose(DWORD code, DWORD flags, Text *out) {
  Text plain;
  plain.Append(TextOfCode(code));
  const std::string_view reason = ReasonOf(code);
  if (!reason.empty()) {
    plain.Append(": ");
    plain.Append(reason);
  }
  if (plain.octets[plain.size - 1] != '.') plain.Append(".");
  const DWORD width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
  if (width == 0 || width == FORMAT_MESSAGE_MAX_WIDTH_MASK) {
    out->Append(plain.view());
  } else {
    AppendWrapped(plain.view(), width, out);
  }
  // Without a width the line break that ends every text; with one it is white space.
  out->Append(width == 0 ? kLineBreak : " ");
}

// ERROR_SUCCESS when there is a text to give.
DWORD Judge(DWORD flags, DWORD code, DWORD language, const void *buffer) {
  constexpr DWORD kSources =
      FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM;
  if (buffer == nullptr || (flags & kSources) == 0) return ERROR_INVALID_PARAMETER;
  // No module has texts of its own.
  if ((flags & FORMAT_MESSAGE_FROM_STRING) != 0 || (flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0) {
    return ERROR_NOT_SUPPORTED;
  }
  if (TextOfCode(code).empty()) return ERROR_MR_MID_NOT_FOUND;
  const DWORD primary = language & kPrimaryLanguage;
  if (primary != LANG_NEUTRAL && primary != LANG_ENGLISH) return ERROR_RESOURCE_LANG_NOT_FOUND;
  return ERROR_SUCCESS;
}

template <typename Char>
DWORD Format(DWORD flags, DWORD code, DWORD language, Char *buffer, DWORD room) {
  const bool allocate = (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0;
  // With that flag `buffer` is the address of a pointer.
  Char **allocated = reinterpret_cast<Char **>(buffer);
  if (allocate && allocated != nullptr) *allocated = nullptr;
  const DWORD error = Judge(flags, code, language, buffer);
  if (error != ERROR_SUCCESS) return Refuse<DWORD>(error);

  Text text;
  Compose(code, flags, &text);
  const size_t units = UnitsOf(text.view(), buffer);
  if (allocate) {
    buffer = Allocate<Char>(std::max<size_t>(units + 1, room)).release();
    if (buffer == nullptr) return Refuse<DWORD>(ERROR_NOT_ENOUGH_MEMORY);
    *allocated = buffer;
  } else if (units >= room) {
    if (room != 0) buffer[0] = 0;
    return Refuse<DWORD>(ERROR_INSUFFICIENT_BUFFER);
  }
  Put(text.view(), buffer);
  buffer[units] = 0;
  return static_cast<DWORD>(units);
}

}  // namespace
}  // namespace gss_sspi::winshim

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

// Our texts have no inserts, so Arguments does not matter.
WINSHIM_EXPORT DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID /*lpSource*/, DWORD dwMessageId,
                                           DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
                                           va_list * /*Arguments*/) {
  return Format(dwFlags, dwMessageId, dwLanguageId, lpBuffer, nSize);
}

WINSHIM_EXPORT DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID /*lpSource*/, DWORD dwMessageId,
                                           DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
                                           va_list * /*Arguments*/) {
  return Format(dwFlags, dwMessageId, dwLanguageId, lpBuffer, nSize);
}
