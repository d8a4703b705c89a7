// SPDX-License-Identifier: MIT
#include "ntlm/responses.h"

#include <algorithm>

#include "core/utf16.h"
#include "crypto/md4.h"
#include "policy/policy.h"

namespace gss_sspi::ntlm {

NtHash NTOWFv1(ByteView password) { return KeyFrom<NtHash>(crypto::Md4Of(password)); }

ResponseKeyNt NTOWFv2(const NtHashKey &hash, ByteView user, ByteView domain) {
  uint8_t upper[2 * Limits::kUser];
  const size_t size = std::min(user.size(), sizeof upper);
  UpperUtf16(user.first(size), MutableBytes(upper).first(size));

  const auto response_key =
      KeyFrom<Secret<16>>(crypto::HmacMd5Of(hash, ByteView(upper, size), domain));
  return ResponseKeyNt(response_key.view());
}

NtProofStr ComputeNtProofStr(const ResponseKeyNt &key, ServerChallenge challenge, ByteView temp) {
  return crypto::HmacMd5Of(key, challenge, temp);
}

SessionBaseKey ComputeSessionBaseKey(const ResponseKeyNt &key, const NtProofStr &proof) {
  return KeyFrom<SessionBaseKey>(crypto::HmacMd5Of(key, proof));
}

Mic ComputeMic(const ExportedSessionKey &key, ByteView negotiate, ByteView challenge,
               ByteView authenticate, size_t mic_offset) {
  static constexpr uint8_t kZeroMic[kMicSize] = {};
  return crypto::HmacMd5Of(crypto::HmacMd5Key(key.view()), negotiate, challenge,
                           authenticate.first(mic_offset), kZeroMic,
                           authenticate.subspan(mic_offset + kMicSize));
}

}  // namespace gss_sspi::ntlm
