// SPDX-License-Identifier: MIT
#include "policy/fips.h"

#include <fcntl.h>
#include <unistd.h>

namespace gss_sspi {
namespace {

// A kernel without the flag does not have the mode.
bool IsSet(const char *flag_file) {
  const int fd = open(flag_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return false;
  char flag = '0';
  const bool got = read(fd, &flag, 1) == 1;
  close(fd);
  return got && flag != '0';
}

}  // namespace

Error CheckFipsMode(const Policy &policy, const char *flag_file) {
  if (policy.allow_in_fips_mode || !IsSet(flag_file)) return kSuccess;
  return Fail(Status::kRefusedByPolicy,
              "the kernel is in FIPS mode, and NTLM needs MD4, MD5, RC4 and DES; fips = allow in "
              "section [ntlm] of the policy file allows them");
}

}  // namespace gss_sspi
