// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "fuzz.h"
#include "policy/load.h"
#include "policy/locate.h"
#include "policy/rules.h"

namespace {

using namespace gss_sspi;  // NOLINT

// The profile library reads files only. Of this process, and in memory where there is /dev/shm.
class File {
 public:
  File() {
    fd_ = mkstemp(path_);
    GSS_SSPI_REQUIRE(fd_ >= 0);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() {
    close(fd_);
    unlink(path_);
  }
  const char *Holding(ByteView text) {
    GSS_SSPI_REQUIRE(ftruncate(fd_, 0) == 0);
    GSS_SSPI_REQUIRE(pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return path_;
  }

 private:
  int fd_ = -1;
  char path_[32] = "/tmp/gss-sspi-fuzz-XXXXXX";
};

void TryPatterns(const TextList &patterns) {
  patterns.AnyOf([](std::string_view pattern) {
    GSS_SSPI_REQUIRE(Contains(pattern, '*') || MatchesPattern(pattern, pattern));
    MatchesPattern(pattern, "www.example.com");
    return false;
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static File file;
  const ByteView text(data, size);
  const auto located = LocateRelations(AsText(text), "ntlm", "fuzz");
  if (located) {
    for (const Relation &each : (*located)->all()) {
      fuzz::Visit(text, AsBytes(each.name));
      fuzz::Visit(text, AsBytes(each.value));
    }
  }
  const auto loaded = LoadPolicy({file.Holding(text), true, nullptr});
  GSS_SSPI_REQUIRE(located || !loaded);
  if (!loaded) {
    // The locator and the profile library agree on every text.
    const std::string_view detail = DetailOf(loaded.error().status);
    GSS_SSPI_REQUIRE(detail.find("changed while") == std::string_view::npos);
    GSS_SSPI_REQUIRE(!located || detail.find("profile error") == std::string_view::npos);
    return 0;
  }
  TryPatterns(loaded->policy.outgoing.except);
  TryPatterns(loaded->policy.incoming.except);
  return 0;
}
