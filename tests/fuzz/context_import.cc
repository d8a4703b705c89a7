// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "gss/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  auto context = gss::Context::Import({data, size});
  if (!context) return 0;
  // Exported and imported once more it is the same.
  const auto once = (*context)->Export();
  GSS_SSPI_REQUIRE(once);
  auto copy = gss::Context::Import(once->view());
  GSS_SSPI_REQUIRE(copy);
  const auto twice = (*copy)->Export();
  GSS_SSPI_REQUIRE(twice && Equal(once->view(), twice->view()));
  return 0;
}
