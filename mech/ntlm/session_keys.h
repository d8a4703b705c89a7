// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.4.5: the keys that protect the messages of a session.
#ifndef GSS_SSPI_NTLM_SESSION_KEYS_H_
#define GSS_SSPI_NTLM_SESSION_KEYS_H_

#include "core/result.h"
#include "ntlm/credential.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"

namespace gss_sspi::ntlm {

// Of the two sides of a session, the one whose messages a key protects.
enum class Sender : uint8_t { kClient, kServer };

struct SigningKey : Secret<16> {
  using Secret::Secret;
};

// 16 octets, or 8 where the strength is cut without extended session security.
struct SealingKey : Secret<16> {
  using Secret::Secret;
  ByteView octets() const { return view().first(size); }
  size_t size = kSize;
};

// True when the initiator sends its own random session key: KEY_EXCH, and something to protect
// (N307).
inline bool SendsSessionKey(Flags flags) {
  return (flags & kKeyExch) != 0 && (flags & (kSign | kSeal)) != 0;
}

// [MS-NLMP] 3.4.5.1 KXKEY. `lm_response` is the LM field of AUTHENTICATE, 24 octets but with
// NTLMv2. LM_KEY needs the LM hash: Status::kResponseRefused when it is not known.
Result<KeyExchangeKey> KXKEY(Flags flags, ResponseForm form, const BaseKeys &keys,
                             ByteView lm_response, ServerChallenge challenge);

// EncryptedRandomSessionKey from and to the exported key: RC4 with the KeyExchangeKey.
void ExchangeKey(const KeyExchangeKey &key_exchange_key, std::span<const uint8_t, 16> in,
                 std::span<uint8_t, 16> out);

// [MS-NLMP] 3.4.5.2 SIGNKEY, with extended session security; without it there is none.
SigningKey SIGNKEY(const ExportedSessionKey &key, Sender sender);

// [MS-NLMP] 3.4.5.3 SEALKEY. Without extended session security it is the same for both senders.
SealingKey SEALKEY(Flags flags, const ExportedSessionKey &key, Sender sender);

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_SESSION_KEYS_H_
