// SPDX-License-Identifier: MIT
#include "gss/entry.h"

namespace gss_sspi::gss {

Error GiveText(std::string_view text, gss_buffer_t to) {
  // gss_release_buffer frees nothing where the length is 0.
  if (to == GSS_C_NO_BUFFER || text.empty()) return kSuccess;
  Buffer copy;
  if (!copy.Resize(text.size() + 1)) return Status::kNoMemory;
  Copy(copy.span(), AsBytes(text));
  copy.data()[text.size()] = '\0';
  copy.Shrink(text.size());
  to->length = copy.size();
  to->value = copy.Release();
  return kSuccess;
}

Error GiveStatusText(Status status, gss_buffer_t to) {
  const std::string_view text = TextOf(status);
  const std::string_view detail = DetailOf(status);
  if (detail.empty()) return GiveText(text, to);
  Buffer both;
  if (!both.Resize(text.size() + 2 + detail.size())) return Status::kNoMemory;
  Copy(both.span(), AsBytes(text));
  Copy(both.span().subspan(text.size()), AsBytes(": "));
  Copy(both.span().subspan(text.size() + 2), AsBytes(detail));
  return GiveText(AsText(both.view()), to);
}

}  // namespace gss_sspi::gss
