// SPDX-License-Identifier: MIT
// A policy file as it is loaded: our reading of it and that of MIT's profile library agree on every
// text. This goes through a file, so it is slow; policy_text.cc has the rest.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "core/text.h"
#include "fuzz.h"
#include "policy/keys.h"
#include "policy/load.h"
#include "policy/locate.h"

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

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static File file;
  const ByteView text(data, size);
  const auto located = LocateRelations(AsText(text), kPolicySection, "fuzz");
  const std::string path = file.Holding(text);
  const auto loaded = LoadPolicy({path.c_str(), true, nullptr});
  GSS_SSPI_REQUIRE(located || !loaded);
  if (!loaded) {
    // The locator and the profile library agree on every text.
    const std::string_view detail = DetailOf(loaded.error().status);
    GSS_SSPI_REQUIRE(!detail.starts_with(path + " changed while"));
    GSS_SSPI_REQUIRE(!located || !detail.starts_with(path + " is not in the syntax"));
    return 0;
  }
  if (!(*located)->all().empty()) fuzz::Reach();
  return 0;
}
