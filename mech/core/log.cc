// SPDX-License-Identifier: MIT
#include "core/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "core/text.h"

namespace gss_sspi {
namespace {

using Path = std::array<char, kMaxLogPath + 1>;

// A path of the process. A reader never waits, and takes what it has read only if nobody has
// written meanwhile; so a forked child whose parent's thread was writing has no path, no more.
class SharedPath {
 public:
  bool Set(std::string_view path) {
    if (path.size() > kMaxLogPath) return false;
    if (path.empty() && IsEmpty()) return true;
    Path text{};
    CopyText(text, path);
    unsigned version = version_.load(std::memory_order_relaxed);
    if (IsBeingWritten(version) ||
        !version_.compare_exchange_strong(version, version + 1, std::memory_order_acquire)) {
      return false;
    }
    std::atomic_thread_fence(std::memory_order_release);
    for (size_t i = 0; i < kWords; ++i) {
      uint64_t word;
      std::memcpy(&word, text.data() + i * sizeof word, sizeof word);
      words_[i].store(word, std::memory_order_relaxed);
    }
    version_.store(version + 2, std::memory_order_release);
    return true;
  }

  // False when there is no path.
  bool Get(Path *path) const {
    constexpr int kMostTries = 10;
    for (int tries = 0; tries < kMostTries; ++tries) {
      const unsigned version = version_.load(std::memory_order_acquire);
      if (version == 0) return false;
      if (IsBeingWritten(version)) continue;
      if (IsEmpty()) return false;
      for (size_t i = 0; i < kWords; ++i) {
        const uint64_t word = words_[i].load(std::memory_order_relaxed);
        std::memcpy(path->data() + i * sizeof word, &word, sizeof word);
      }
      std::atomic_thread_fence(std::memory_order_acquire);
      if (version_.load(std::memory_order_relaxed) == version) return path->front() != '\0';
    }
    return false;
  }

 private:
  static constexpr size_t kWords = sizeof(Path) / sizeof(uint64_t);
  static_assert(sizeof(Path) % sizeof(uint64_t) == 0);

  // Of a path without octets the first word is zero.
  bool IsEmpty() const { return words_[0].load(std::memory_order_relaxed) == 0; }
  static bool IsBeingWritten(unsigned version) { return version % 2 != 0; }

  std::atomic<unsigned> version_{0};
  std::atomic<uint64_t> words_[kWords]{};
};
constinit SharedPath program_path;
constinit SharedPath policy_path;

// False when there is none. `room` is for a path that has to be copied.
bool FindLogFile(Path *room, const char **path) {
  *path = room->data();
  if (program_path.Get(room)) return true;
  const char *variable = secure_getenv("GSSNTLMSSP_DEBUG");
  if (variable == nullptr || *variable == '\0') return policy_path.Get(room);
  *path = variable;
  return true;
}

}  // namespace

bool SetLogFile(LogFileOf origin, std::string_view path) {
  if (origin == LogFileOf::kPolicy) return policy_path.Set(path);
  return getauxval(AT_SECURE) == 0 && program_path.Set(path);
}

bool IsLogging() {
  Path room;
  const char *path;
  return FindLogFile(&room, &path);
}

void Log(const char *format, ...) {
  Path room;
  const char *path;
  if (!FindLogFile(&room, &path)) return;
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
