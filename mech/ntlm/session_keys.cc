// SPDX-License-Identifier: MIT
#include "ntlm/session_keys.h"

#include "crypto/des.h"
#include "crypto/hmac_md5.h"
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

// 3.4.5.3 without extended session security: the key as such, or cut and filled up to 8 octets.
SealingKey SealingKeyWithoutEss(Flags flags, const ExportedSessionKey &key) {
  SealingKey sealing(key.view());
  if ((flags & (kLmKey | kDatagram)) == 0) return sealing;
  static constexpr uint8_t kFill56[] = {0xa0};
  static constexpr uint8_t kFill40[] = {0xe5, 0x38, 0xb0};
  const ByteView fill = (flags & k56) != 0 ? ByteView(kFill56) : ByteView(kFill40);
  sealing.size = 8;
  Copy(sealing.span().subspan(sealing.size - fill.size()), fill);
  return sealing;
}

// 3.4.5.1 with LM_KEY: the LM response's first block, encrypted with both halves of what is known
// of the LM hash.
KeyExchangeKey LmKeyExchangeKey(const LmSessionKey &lm_key, ByteView lm_response) {
  static constexpr uint8_t kFill = 0xbd;
  const auto data = lm_response.first<crypto::kDesBlockSize>();
  Secret<crypto::kDesKeySize> second;
  std::memset(second.span().data(), kFill, second.kSize);
  second.span()[0] = lm_key.view()[crypto::kDesKeySize];
  crypto::DesBlock blocks[] = {crypto::DES(lm_key.view().first<crypto::kDesKeySize>(), data),
                               crypto::DES(second.view(), data)};
  KeyExchangeKey key;
  Copy(key.span(), blocks[0]);
  Copy(key.span().subspan(crypto::kDesBlockSize), blocks[1]);
  Wipe(blocks, sizeof blocks);
  return key;
}

template <typename Key>
Key Derive(ByteView key, const char (&magic)[kMagicSize]) {
  return KeyFrom<Key>(crypto::Md5Of(key, AsBytes({magic, kMagicSize})));
}

}  // namespace

Result<KeyExchangeKey> KXKEY(Flags flags, ResponseForm form, const BaseKeys &keys,
                             ByteView lm_response, ServerChallenge challenge) {
  if (form == ResponseForm::kNtlmV1Ess) {
    return KeyFrom<KeyExchangeKey>(
        crypto::HmacMd5Of(crypto::HmacMd5Key(keys.session_base_key.view()), challenge,
                          lm_response.first(kClientChallengeSize)));
  }
  if (form == ResponseForm::kNtlmV2 || (flags & kLmKey) == 0) {
    return KeyExchangeKey(keys.session_base_key.view());
  }
  if (!keys.lm_session_key || lm_response.size() != kV1ResponseSize) {
    return Fail(Status::kResponseRefused, "LM_KEY was negotiated, and there is no LM hash");
  }
  return LmKeyExchangeKey(*keys.lm_session_key, lm_response);
}

void ExchangeKey(const KeyExchangeKey &key_exchange_key, std::span<const uint8_t, 16> in,
                 std::span<uint8_t, 16> out) {
  crypto::Rc4 rc4;
  rc4.SetKey(key_exchange_key.view());
  rc4.Apply(in.data(), out.data(), in.size());
}

SigningKey SIGNKEY(const ExportedSessionKey &key, Sender sender) {
  return Derive<SigningKey>(key.view(), kSigningMagic[static_cast<size_t>(sender)]);
}

SealingKey SEALKEY(Flags flags, const ExportedSessionKey &key, Sender sender) {
  if ((flags & kExtendedSessionSecurity) == 0) return SealingKeyWithoutEss(flags, key);
  return Derive<SealingKey>(key.view().first(SealingStrength(flags)),
                            kSealingMagic[static_cast<size_t>(sender)]);
}

}  // namespace gss_sspi::ntlm
