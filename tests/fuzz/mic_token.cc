// SPDX-License-Identifier: MIT
// Messages that are only signed, as gss_verify_mic and gss_verify_mic_iov get them: see
// session_checks.h.
#include "session_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  gss_sspi::fuzz::RunSession({data, size}, false);
  return 0;
}
