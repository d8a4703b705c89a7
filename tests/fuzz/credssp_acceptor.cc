// SPDX-License-Identifier: MIT
// An acceptor and a client that an input drives. It proves its key to nobody that has not proven
// its own view of it, and is complete only with credentials behind that (C58, C149).
#include "credssp_talk.h"

namespace {

using namespace gss_sspi;  // NOLINT
using credssp::Role;
using credssp::TsRequest;

class Talk final : public fuzz::CredsspTalk {
 public:
  explicit Talk(fuzz::Input *input) : CredsspTalk(Role::kAcceptor, input) {}

 protected:
  static constexpr uint8_t kToken[] = "a token of the client";

  fuzz::Bytes Good() override {
    TsRequest request = NewRequest();
    fuzz::Bytes sealed;
    request.client_nonce = ByteView(fuzz::kNonce);
    if (!inner_.is_complete()) request.nego_token = ByteView(kToken);
    if (has_proven_) {
      sealed = Sealed(credentials_.view());
      request.auth_info = sealed;
    } else if (inner_.steps + 1 >= inner_.steps_needed) {
      sealed = Sealed(BindingOf(true, fuzz::kNonce));
      request.pub_key_auth = sealed;
    }
    return Built(request);
  }

  void Judge(const TsRequest &request) override {
    GSS_SSPI_REQUIRE(!request.auth_info && !request.client_nonce);
    if (request.error_code != 0) {
      // C16.
      GSS_SSPI_REQUIRE(fails_now_ && credssp::HasErrorCode(exchange_->peer().version()));
      GSS_SSPI_REQUIRE(!request.pub_key_auth && !request.nego_token);
      return;
    }
    if (request.pub_key_auth) JudgeKey(*request.pub_key_auth);
  }

  void CheckComplete() override {
    GSS_SSPI_REQUIRE(has_proven_ && inner_.unwrapped.size() == 2);
    const auto given = credssp::TsCredentials::Parse(inner_.unwrapped[1]);
    GSS_SSPI_REQUIRE(given && given->type == exchange_->credentials().type);
    GSS_SSPI_REQUIRE(
        ConstantTimeEqual(given->password.view(), exchange_->credentials().password.view()));
  }

 private:
  void JudgeKey(ByteView pub_key_auth) {
    GSS_SSPI_REQUIRE(!has_proven_ && inner_.is_complete());
    has_proven_ = true;
    const uint32_t version = exchange_->peer().version();
    GSS_SSPI_REQUIRE(version >= plan_.least_version);
    GSS_SSPI_REQUIRE(inner_.unwrapped.size() == 1 && inner_.wrapped.size() == 1);
    GSS_SSPI_REQUIRE(
        Equal(pub_key_auth, fuzz::Sealed(fuzz::ScriptedInner::kOwn, 0, inner_.wrapped[0])));
    // C13: a nonce of 32 octets that the client has sent, or an old version that has none.
    const auto proves = [&](ByteView nonce) {
      return inner_.unwrapped[0] == BindingOf(true, nonce) &&
             inner_.wrapped[0] == BindingOf(false, nonce);
    };
    const auto is_whole_and_proves = [&](ByteView nonce) {
      return nonce.size() == credssp::kClientNonceSize && proves(nonce);
    };
    GSS_SSPI_REQUIRE(credssp::BindsByHash(version) ? AnyNonce(is_whole_and_proves)
                                                   : proves(fuzz::kNonce));
  }

  bool has_proven_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  Talk(&input).Run();
  return 0;
}
