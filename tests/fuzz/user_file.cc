// SPDX-License-Identifier: MIT
#include "cred/user_file.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  SecretBytes text;
  if (!text.Resize(size)) return 0;
  Copy(text.span(), {data, size});
  const bool want_lm = size % 2 != 0;
  const auto accounts = cred::ParseUserFile(std::move(text), "fuzz", want_lm);
  if (!accounts) return 0;
  const cred::Account *first = (*accounts)->First();
  if (first == nullptr) return 0;
  GSS_SSPI_REQUIRE((*accounts)->Find(first->user, first->domain) == first);
  GSS_SSPI_REQUIRE(want_lm || !first->has_lm_hash);
  return 0;
}
