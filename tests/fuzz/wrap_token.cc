// SPDX-License-Identifier: MIT
// Messages of which parts are sealed and others only signed, as gss_unwrap and gss_unwrap_iov get
// them: see session_checks.h.
#include "session_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  gss_sspi::fuzz::RunSession({data, size}, true);
  return 0;
}
