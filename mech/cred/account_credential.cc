// SPDX-License-Identifier: MIT
#include "cred/account_credential.h"

#include "core/utf16.h"
#include "ntlm/responses.h"
#include "wire/writer.h"

namespace gss_sspi::cred {

Result<AccountCredential> AccountCredential::Make(std::string_view domain, std::string_view user,
                                                  std::string_view workstation,
                                                  const ntlm::NtHash &nt_hash,
                                                  const ntlm::LmHash *lm_hash) {
  const std::string_view texts[] = {domain, user, workstation};
  size_t size = 0;
  for (std::string_view text : texts) {
    const size_t octets = Utf16LengthOf(text);
    if (octets == kInvalidText)
      return Fail(Status::kBadText, "in the name of the user or this host");
    size += octets;
  }
  AccountCredential credential;
  if (!credential.utf16_.Resize(size) || !credential.utf8_.Resize(domain.size() + user.size())) {
    return Status::kNoMemory;
  }
  Writer utf8(credential.utf8_.span());
  utf8.Bytes(AsBytes(domain));
  utf8.Bytes(AsBytes(user));
  credential.domain_size_ = domain.size();

  Writer utf16(credential.utf16_.span());
  ByteView *const places[] = {&credential.domain_, &credential.user_, &credential.workstation_};
  for (size_t i = 0; i < std::size(texts); ++i) {
    const MutableBytes place = utf16.Take(Utf16LengthOf(texts[i]));
    Utf8ToUtf16(texts[i], place);
    *places[i] = place;
  }
  Copy(credential.nt_hash_.span(), nt_hash.view());
  if (lm_hash != nullptr) credential.lm_hash_.emplace(lm_hash->view());
  credential.response_key_ = ntlm::NTOWFv2(nt_hash, credential.user_, credential.domain_);
  return credential;
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
  if (lm_hash_) answer.lm = ntlm::ComputeV1Response(lm_hash_->view(), challenge);
  answer.nt = ntlm::ComputeV1Response(nt_hash_.view(), challenge);
  answer.keys = ntlm::V1BaseKeys(nt_hash_, lm_hash());
  return answer;
}

}  // namespace gss_sspi::cred
