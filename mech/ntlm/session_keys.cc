// SPDX-License-Identifier: MIT
#include "ntlm/session_keys.h"

#include "crypto/md5.h"
#include "crypto/rc4.h"

namespace gss_sspi::ntlm {
namespace {

constexpr size_t kMagicSize = 59;  // with its NUL, which counts
constexpr char kSigningMagic[2][kMagicSize] = {
    "session key to client-to-server signing key magic constant",
    "session key to server-to-client signing key magic constant",
};
constexpr char kSealingMagic[2][kMagicSize] = {
    "session key to client-to-server sealing key magic constant",
    "session key to server-to-client sealing key magic constant",
};

// Octets of the session key that go into the sealing key: 128, 56 or 40 bits.
size_t SealingStrength(Flags flags) {
  if ((flags & k128) != 0) return 16;
  return (flags & k56) != 0 ? 7 : 5;
}

template <typename Key>
Key Derive(ByteView key, const char (&magic)[kMagicSize]) {
  return KeyFrom<Key>(crypto::Md5Of(key, AsBytes({magic, kMagicSize})));
}

}  // namespace

void ExchangeKey(const SessionBaseKey &key_exchange_key, std::span<const uint8_t, 16> in,
                 std::span<uint8_t, 16> out) {
  crypto::Rc4 rc4;
  rc4.SetKey(key_exchange_key.view());
  rc4.Apply(in.data(), out.data(), in.size());
}

SigningKey SIGNKEY(const ExportedSessionKey &key, Sender sender) {
  return Derive<SigningKey>(key.view(), kSigningMagic[static_cast<size_t>(sender)]);
}

SealingKey SEALKEY(Flags flags, const ExportedSessionKey &key, Sender sender) {
  return Derive<SealingKey>(key.view().first(SealingStrength(flags)),
                            kSealingMagic[static_cast<size_t>(sender)]);
}

}  // namespace gss_sspi::ntlm
