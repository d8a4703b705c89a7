// SPDX-License-Identifier: MIT
#include "core/environment.h"

#include <sys/random.h>
#include <time.h>

#include <cerrno>

namespace gss_sspi {
namespace {

FileTime SystemNow() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return kUnixEpochAsFileTime + static_cast<FileTime>(now.tv_sec) * kFileTimePerSecond +
         static_cast<FileTime>(now.tv_nsec) / 100;
}

Error SystemRandom(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Fail(Status::kRandomFailed, "getrandom: error %d", errno);
    out = out.subspan(static_cast<size_t>(got));
  }
  return kSuccess;
}

constexpr Environment kSystemEnvironment{SystemNow, SystemRandom};

}  // namespace

const Environment &SystemEnvironment() { return kSystemEnvironment; }

}  // namespace gss_sspi
