// SPDX-License-Identifier: MIT
#include "core/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "core/text.h"

namespace gss_sspi {

void Log(const char *format, ...) {
  const char *path = secure_getenv("GSSNTLMSSP_DEBUG");
  if (path == nullptr || *path == '\0') return;
  const int kept_errno = errno;
  char line[1024];
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  int size =
      std::snprintf(line, sizeof line, "[%lld.%03ld] pid %d: ", static_cast<long long>(now.tv_sec),
                    now.tv_nsec / 1'000'000, static_cast<int>(getpid()));
  va_list arguments;
  va_start(arguments, format);
  size +=
      std::vsnprintf(line + size, sizeof line - static_cast<size_t>(size) - 1, format, arguments);
  va_end(arguments);
  size = std::min(size, static_cast<int>(sizeof line) - 2);
  line[size] = '\0';
  ReplaceControlCharacters(line);
  line[size] = '\n';

  // Opened for each line, so that no descriptor of ours stays in the host's process.
  const int file = open(
      path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  if (file >= 0) {
    const ssize_t written = write(file, line, static_cast<size_t>(size) + 1);
    static_cast<void>(written);  // A log that cannot be written must not stop a logon.
    close(file);
  }
  errno = kept_errno;
}

void LogFailure(const char *operation, Error error) {
  const char *detail = DetailOf(error.status);
  Log("%s: %s%s%s", operation, TextOf(error.status), *detail != '\0' ? ": " : "", detail);
}

}  // namespace gss_sspi
