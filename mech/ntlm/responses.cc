// SPDX-License-Identifier: MIT
#include "ntlm/responses.h"

#include <algorithm>

#include "core/utf16.h"
#include "crypto/des.h"
#include "crypto/md4.h"
#include "crypto/md5.h"
#include "policy/policy.h"

namespace gss_sspi::ntlm {

NtHash NTOWFv1(ByteView password) { return KeyFrom<NtHash>(crypto::Md4Of(password)); }

std::optional<LmHash> LMOWFv1(std::string_view password) {
  static constexpr size_t kHalf = crypto::kDesKeySize;
  static constexpr uint8_t kConstant[] = {'K', 'G', 'S', '!', '@', '#', '$', '%'};
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  if (password.size() > 2 * kHalf || !std::all_of(password.begin(), password.end(), is_ascii)) {
    return std::nullopt;
  }
  Secret<2 * kHalf> upper;
  for (size_t i = 0; i < password.size(); ++i) {
    upper.span()[i] = static_cast<uint8_t>(ToUpper(static_cast<uint8_t>(password[i])));
  }
  LmHash hash;
  crypto::DesBlock first = crypto::DES(upper.view().first<kHalf>(), kConstant);
  crypto::DesBlock second = crypto::DES(upper.view().last<kHalf>(), kConstant);
  Copy(hash.span().first<8>(), first);
  Copy(hash.span().last<8>(), second);
  Wipe(first.data(), first.size());
  Wipe(second.data(), second.size());
  return hash;
}

V1Response ComputeV1Response(std::span<const uint8_t, 16> hash, ServerChallenge challenge) {
  return crypto::DESL(hash, challenge);
}

std::array<uint8_t, kServerChallengeSize> EssChallenge(
    ServerChallenge challenge, std::span<const uint8_t, kClientChallengeSize> client_challenge) {
  std::array<uint8_t, kServerChallengeSize> result;
  const crypto::Md5Digest digest = crypto::Md5Of(ByteView(challenge), ByteView(client_challenge));
  Copy(result, ByteView(digest).first(result.size()));
  return result;
}

BaseKeys V1BaseKeys(const NtHash &nt, const LmHash *lm) {
  BaseKeys keys;
  crypto::Md4Digest digest = crypto::Md4Of(nt.view());
  Copy(keys.session_base_key.span(), digest);
  Wipe(digest.data(), digest.size());
  if (lm != nullptr) {
    keys.lm_session_key.emplace(lm->view().first<LmSessionKey::kSize>());
  }
  return keys;
}

BaseKeys LmBaseKeys(const LmHash &lm) {
  BaseKeys keys;
  const auto half = lm.view().first<LmSessionKey::kSize>();
  Copy(keys.session_base_key.span(), half);
  keys.lm_session_key.emplace(half);
  return keys;
}

ResponseKeyNt NTOWFv2(const NtHashKey &hash, ByteView user, ByteView domain, UpperForm form) {
  uint8_t upper[kMaxFullUpper * 2 * Limits::kUser];
  size_t size = std::min(user.size(), 2 * Limits::kUser);
  if (form == UpperForm::kOneToOne) {
    UpperUtf16(user.first(size), MutableBytes(upper).first(size));
  } else {
    size = FullUpperUtf16(user.first(size), upper);
  }

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
