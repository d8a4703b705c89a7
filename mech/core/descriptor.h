// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_DESCRIPTOR_H_
#define GSS_SSPI_CORE_DESCRIPTOR_H_

#include <unistd.h>

#include <cerrno>

#include "core/bytes.h"

namespace gss_sspi {

// A file descriptor, or the negative number that open(2) gave; closed on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

  // Fills all of `out`. 0 when it did, kEndedEarly when the file is shorter, else an errno.
  static constexpr int kEndedEarly = -1;
  [[nodiscard]] int ReadAll(MutableBytes out) const {
    while (!out.empty()) {
      const ssize_t got = read(fd_, out.data(), out.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      if (got == 0) return kEndedEarly;
      out = out.subspan(static_cast<size_t>(got));
    }
    return 0;
  }

 private:
  int fd_;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_DESCRIPTOR_H_
