// SPDX-License-Identifier: MIT
// The decoder of `gss-sspi token': ends, prints text that a terminal can take, and knows good
// tokens from bad ones in one way only.
#include "gss-sspi/token_decode.h"

#include <algorithm>
#include <string_view>

#include "fuzz.h"

namespace {

// True when a line says that a rule is broken.
bool HasObjection(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with("!! ")) {
      return true;
    }
    text.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto decoded = gss_sspi::tools::DecodeToken({data, size});
  GSS_SSPI_REQUIRE(!decoded.text.empty());
  if (decoded.good) gss_sspi::fuzz::Reach();
  GSS_SSPI_REQUIRE(decoded.good != HasObjection(decoded.text));
  for (const char c : decoded.text) {
    const auto octet = static_cast<unsigned char>(c);
    GSS_SSPI_REQUIRE(octet == '\n' || (octet >= 0x20 && octet != 0x7f));
  }
  // A few hundred octets for each AV pair or OID of the input, at most.
  GSS_SSPI_REQUIRE(decoded.text.size() <= 4096 + 256 * size);
  return 0;
}
