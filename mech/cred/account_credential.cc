// SPDX-License-Identifier: MIT
#include "cred/account_credential.h"

#include "core/utf16.h"
#include "ntlm/responses.h"
#include "wire/writer.h"

namespace gss_sspi::cred {

Result<Ref<AccountCredential>> AccountCredential::Make(std::string_view domain,
                                                       std::string_view user,
                                                       std::string_view workstation,
                                                       const ntlm::NtHash &nt_hash,
                                                       const ntlm::LmHash *lm_hash) {
  const std::string_view texts[] = {domain, user, workstation};
  size_t utf8_size = 0, utf16_size = 0;
  for (std::string_view text : texts) {
    const size_t octets = Utf16LengthOf(text);
    if (octets == kInvalidText)
      return Fail(Status::kBadText, "in the name of the user or this host");
    utf8_size += text.size();
    utf16_size += octets;
  }
  Ref<AccountCredential> made = MakeShared<AccountCredential>();
  if (!made || !made->utf8_.Resize(utf8_size) || !made->utf16_.Resize(utf16_size)) {
    return Status::kNoMemory;
  }
  AccountCredential &credential = *made;
  credential.domain_size_ = domain.size();
  credential.user_size_ = user.size();

  Writer utf8(credential.utf8_.span()), utf16(credential.utf16_.span());
  ByteView *const places[] = {&credential.domain_, &credential.user_, &credential.workstation_};
  for (size_t i = 0; i < std::size(texts); ++i) {
    utf8.Bytes(AsBytes(texts[i]));
    const MutableBytes place = utf16.Take(Utf16LengthOf(texts[i]));
    Utf8ToUtf16(texts[i], place);
    *places[i] = place;
  }
  Copy(credential.nt_hash_.span(), nt_hash.view());
  if (lm_hash != nullptr) credential.lm_hash_.emplace(lm_hash->view());
  credential.response_key_ = ntlm::NTOWFv2(nt_hash, credential.user_, credential.domain_);
  return made;
}

Result<ntlm::SessionBaseKey> AccountCredential::AnswerV2(ntlm::ServerChallenge challenge,
                                                         MutableBytes response) const {
  const auto proof =
      ntlm::ComputeNtProofStr(response_key_, challenge, response.subspan(sizeof(ntlm::NtProofStr)));
  Copy(response, proof);
  return ntlm::ComputeSessionBaseKey(response_key_, proof);
}

Result<ntlm::InitiatorCredential::V1Answer> AccountCredential::AnswerV1(
    ntlm::ServerChallenge challenge) const {
  V1Answer answer;
  if (lm_hash() != nullptr) answer.lm = ntlm::ComputeV1Response(lm_hash()->view(), challenge);
  answer.nt = ntlm::ComputeV1Response(nt_hash_.view(), challenge);
  answer.keys = ntlm::V1BaseKeys(nt_hash_, lm_hash());
  return answer;
}

}  // namespace gss_sspi::cred
