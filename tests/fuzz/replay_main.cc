// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: each file of the folders given as arguments, the file cut
// off at each length, and the file with each of its octets flipped.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "fuzz.h"

namespace {

// In memory of exactly this size, so that a sanitizer sees a read behind it.
void Run(const gss_sspi::fuzz::Bytes &input, size_t size) {
  const auto exact = std::make_unique<uint8_t[]>(size);
  std::copy_n(input.begin(), size, exact.get());
  LLVMFuzzerTestOneInput(exact.get(), size);
}

size_t Replay(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  gss_sspi::fuzz::Bytes input{std::istreambuf_iterator<char>(file), {}};
  for (size_t size = 0; size <= input.size(); ++size) Run(input, size);
  for (uint8_t &octet : input) {
    octet = static_cast<uint8_t>(~octet);
    Run(input, input.size());
    octet = static_cast<uint8_t>(~octet);
  }
  return 2 * input.size() + 1;
}

}  // namespace

int main(int argc, char **argv) {
  size_t files = 0;
  size_t runs = 0;
  size_t deep = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto &entry : std::filesystem::directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      gss_sspi::fuzz::reached = false;
      runs += Replay(entry.path());
      deep += gss_sspi::fuzz::reached ? 1 : 0;
      ++files;
    }
  }
  std::printf("%zu files, %zu runs; %zu files get behind all that is refused\n", files, runs, deep);
  return deep != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
