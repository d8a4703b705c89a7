// SPDX-License-Identifier: MIT
// What the fuzz targets share. A broken property ends the process, which is what a fuzzer sees.
#ifndef GSS_SSPI_TESTS_FUZZ_H_
#define GSS_SSPI_TESTS_FUZZ_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/text.h"
#include "cred/account_credential.h"
#include "cred/account_verifier.h"
#include "cred/nt_hash.h"
#include "ntlm/responses.h"
#include "ntlm/server_names.h"
#include "policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace gss_sspi::fuzz {

using Bytes = std::vector<uint8_t>;

#define GSS_SSPI_REQUIRE(property)                                        \
  do {                                                                    \
    if (!(property)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #property); \
      std::abort();                                                       \
    }                                                                     \
  } while (false)

// To be called when an input gets as deep as the target goes: its replay fails when no file of the
// corpus does, so that a change of a format cannot leave a corpus of refused inputs behind.
inline bool reached = false;
inline void Reach() { reached = true; }

// Reads all of a view that a parser gave: it lies inside of the input.
inline void Visit(ByteView input, ByteView view) {
  unsigned sum = 0;
  for (const uint8_t octet : view) sum += octet;
  GSS_SSPI_REQUIRE(sum <= 255U * view.size());
  GSS_SSPI_REQUIRE(view.empty() || (view.data() >= input.data() &&
                                    view.data() + view.size() <= input.data() + input.size()));
}

// The parts of a stateful input: its first octets choose, then parts with a length before them.
class Input {
 public:
  Input(const uint8_t *data, size_t size) : rest_(data, size) {}
  uint8_t Choice() {
    if (rest_.empty()) return 0;
    const uint8_t choice = rest_[0];
    rest_ = rest_.subspan(1);
    return choice;
  }
  // Zeroes where the input is at its end.
  template <size_t N>
  std::array<uint8_t, N> Octets() {
    std::array<uint8_t, N> octets;
    for (uint8_t &octet : octets) octet = Choice();
    return octets;
  }
  ByteView Part() {
    size_t size = Choice();
    size |= static_cast<size_t>(Choice()) << 8;
    size = size < rest_.size() ? size : rest_.size();
    const ByteView part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

// The time of each run, which make_seeds.py knows too; and octets that are always the same.
inline constexpr FileTime kTime = 0x01d9'0000'0000'0000;
inline FileTime Now() { return kTime; }
inline Error Random(MutableBytes out) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(i + 1);
  return kSuccess;
}
inline constexpr Environment kEnvironment = {Now, Random};

inline constexpr std::string_view kPassword = "Password";
inline ntlm::NtHash Hash() { return std::move(*cred::NtHashOfPassword(kPassword)); }
inline ntlm::LmHash HashOfLm() { return std::move(*ntlm::LMOWFv1(kPassword)); }

// The account, as both ends know it: with its LM hash or without.
inline const cred::AccountCredential &Credential(bool with_lm = false) {
  static const auto make = [](bool lm) {
    const ntlm::LmHash hash = HashOfLm();
    return std::move(
        *cred::AccountCredential::Make("Domain", "User", "HOST", Hash(), lm ? &hash : nullptr));
  };
  static const auto without = make(false);
  static const auto with = make(true);
  return with_lm ? *with : *without;
}

inline const cred::AccountVerifier &Verifier(bool with_lm = false) {
  static const auto make = [](bool lm) {
    const ntlm::LmHash hash = HashOfLm();
    return cred::AccountList::Of("fuzz", "Domain", "User", Hash(), lm ? &hash : nullptr);
  };
  static const cred::AccountVerifier without(make(false));
  static const cred::AccountVerifier with(make(true));
  return with_lm ? with : without;
}

inline const ntlm::ServerNames &Names() {
  static const auto names =
      ntlm::ServerNames::Make({"SERVER", "DOMAIN", "server.example.com", "example.com", true});
  return *names;
}

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_H_
