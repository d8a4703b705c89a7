// SPDX-License-Identifier: MIT
#include "gss/prf.h"

#include <algorithm>
#include <array>

#include "crypto/hmac_md5.h"

namespace gss_sspi::gss {
namespace {

constexpr std::string_view kLabel = "gss-sspi NTLM pseudo-random";

struct PrfKey : Secret<16> {
  using Secret::Secret;
};

std::array<uint8_t, 4> BigEndian(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

}  // namespace

void PseudoRandom(const ntlm::ExportedSessionKey &session_key, uint32_t prf_key, ByteView input,
                  MutableBytes out) {
  const PrfKey derived = ntlm::KeyFrom<PrfKey>(
      crypto::HmacMd5Of(crypto::HmacMd5Key(session_key.view()), AsBytes(kLabel)));
  const crypto::HmacMd5Key key(derived.view());
  for (uint32_t n = 0; !out.empty(); ++n) {
    crypto::Md5Digest block = crypto::HmacMd5Of(key, BigEndian(n), BigEndian(prf_key), input);
    const size_t size = std::min(out.size(), block.size());
    Copy(out, ByteView(block).first(size));
    Wipe(block.data(), block.size());
    out = out.subspan(size);
  }
}

}  // namespace gss_sspi::gss
