// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CRED_NOBODY_H_
#define GSS_SSPI_CRED_NOBODY_H_

#include "ntlm/credential.h"

namespace gss_sspi::cred {

// The credential of an anonymous initiator (N352): it has no name, and no answer to a challenge.
class Nobody final : public ntlm::InitiatorCredential {
 public:
  ByteView user() const override { return {}; }
  ByteView domain() const override { return {}; }
  ByteView workstation() const override { return {}; }
  bool anonymous() const override { return true; }
  Result<ntlm::SessionBaseKey> AnswerV2(ntlm::ServerChallenge /*challenge*/,
                                        MutableBytes /*response*/) const override {
    return Status::kNoCredential;
  }
  Result<V1Answer> AnswerV1(ntlm::ServerChallenge /*challenge*/) const override {
    return Status::kNoCredential;
  }
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_NOBODY_H_
