// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "gss/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  const auto credential = gss::Credential::Import({data, size});
  if (!credential) return 0;
  const auto once = (*credential)->Export();
  GSS_SSPI_REQUIRE(once);
  const auto copy = gss::Credential::Import(once->view());
  GSS_SSPI_REQUIRE(copy);
  const auto twice = (*copy)->Export();
  GSS_SSPI_REQUIRE(twice && Equal(once->view(), twice->view()));
  return 0;
}
