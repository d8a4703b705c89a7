// SPDX-License-Identifier: MIT
// An initiator and a server that an input drives. The credentials leave once, when the server has
// proven its key and the login inside is complete, and not before (C58).
#include "credssp_talk.h"

namespace {

using namespace gss_sspi;  // NOLINT
using credssp::Role;
using credssp::TsRequest;

class Talk final : public fuzz::CredsspTalk {
 public:
  explicit Talk(fuzz::Input *input) : CredsspTalk(Role::kInitiator, input) {}

 protected:
  static constexpr uint8_t kToken[] = "a token of the server";

  fuzz::Bytes Good() override {
    TsRequest request = NewRequest();
    fuzz::Bytes sealed;
    if (!inner_.is_complete()) request.nego_token = ByteView(kToken);
    // With the last token, as SPNEGO's MIC, or behind it.
    if (pub_key_auths_ != 0 && inner_.steps + 1 >= inner_.steps_needed) {
      sealed = Sealed(BindingOf(false, fuzz::kNonce));
      request.pub_key_auth = sealed;
    }
    return Built(request);
  }

  void Judge(const TsRequest &request) override {
    GSS_SSPI_REQUIRE(request.error_code == 0);
    // What was answered before the failure of the same leg may be there, but not the last answer.
    GSS_SSPI_REQUIRE(!fails_now_ || !request.auth_info);
    GSS_SSPI_REQUIRE(request.client_nonce && Equal(*request.client_nonce, fuzz::kNonce));  // C13
    if (request.pub_key_auth) JudgeKey(*request.pub_key_auth);
    if (request.auth_info) JudgeCredentials(*request.auth_info);
  }

  void CheckComplete() override { GSS_SSPI_REQUIRE(auth_infos_ == 1 && pub_key_auths_ != 0); }

 private:
  // C4: twice at most, and then the same; C14: to no peer of an older version.
  void JudgeKey(ByteView pub_key_auth) {
    GSS_SSPI_REQUIRE(++pub_key_auths_ <= 2 && auth_infos_ == 0);
    GSS_SSPI_REQUIRE(exchange_->peer().version() >= plan_.least_version);
    GSS_SSPI_REQUIRE(inner_.wrapped.size() == 1);
    GSS_SSPI_REQUIRE(
        Equal(pub_key_auth, fuzz::Sealed(fuzz::ScriptedInner::kOwn, 0, inner_.wrapped[0])));
    GSS_SSPI_REQUIRE(inner_.wrapped[0] == BindingOf(true, fuzz::kNonce));
  }

  void JudgeCredentials(ByteView auth_info) {
    GSS_SSPI_REQUIRE(++auth_infos_ == 1 && pub_key_auths_ != 0);
    GSS_SSPI_REQUIRE(inner_.is_complete() && inner_.unwrapped.size() == 1);
    GSS_SSPI_REQUIRE(inner_.unwrapped[0] == BindingOf(false, fuzz::kNonce));
    GSS_SSPI_REQUIRE(inner_.wrapped.size() == 2);
    GSS_SSPI_REQUIRE(
        Equal(auth_info, fuzz::Sealed(fuzz::ScriptedInner::kOwn, 1, credentials_.view())));
    // C68, C107.
    if (inner_.mutual) return;
    GSS_SSPI_REQUIRE(!plan_.requires_proof);
    GSS_SSPI_REQUIRE(!plan_.delegates_to_proven_only || plan_.delegation.is_empty);
  }

  int pub_key_auths_ = 0;
  int auth_infos_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  Talk(&input).Run();
  return 0;
}
