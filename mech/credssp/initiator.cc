// SPDX-License-Identifier: MIT
#include "credssp/initiator.h"

namespace gss_sspi::credssp {
namespace {

Error Unexpected(const char *what) { return Fail(Status::kCredsspUnexpectedToken, "%s", what); }

}  // namespace

const char *Initiator::awaited() const {
  switch (stage_) {
    case Stage::kStart:
      return "what the server may answer to Finished, or the next call";  // C24
    case Stage::kInner:
      return "negoTokens of the server";
    case Stage::kKeySent:
      return "pubKeyAuth of the server: logon denied, or the peer closed";
    case Stage::kComplete:
    case Stage::kFailed:
      break;
  }
  return "";
}

// One nonce per context, the same in every TSRequest (C13).
Error Initiator::Begin(const Environment &environment, Buffer *answer) {
  if (Error error = environment.random({nonce_, sizeof nonce_})) return error;
  Buffer token;
  if (Error error = inner_->Step({}, &token)) return error;
  auto message = NewRequest(token.view()).Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  stage_ = Stage::kInner;
  return kSuccess;
}

Error Initiator::Take(ByteView message, const Rules &rules, ByteView key,
                      const Delegation &delegation, Buffer *answer) {
  const auto request = TsRequest::Parse(message);
  Error error = request ? peer_.TakeError(*request) : request.error();
  if (!error) error = peer_.TakeVersion(*request, rules.least_version);
  if (!error) error = Go(*request, rules, key, delegation, answer);
  if (error) stage_ = Stage::kFailed;
  return error;
}

Error Initiator::Go(const TsRequest &request, const Rules &rules, ByteView key,
                    const Delegation &delegation, Buffer *answer) {
  if (request.auth_info) return Unexpected("authInfo from a server");
  if (stage_ == Stage::kInner) return TakeInner(request, key, answer);
  if (stage_ == Stage::kKeySent) return TakeBinding(request, rules, key, delegation, answer);
  return Unexpected("a TSRequest before the first or behind the last");
}

// [MS-CSSP] 3.1.5 step 2, and the beginning of step 3 as soon as messages can be protected: the
// last token and pubKeyAuth then go together (C2).
Error Initiator::TakeInner(const TsRequest &request, ByteView key, Buffer *answer) {
  if (request.pub_key_auth) return Unexpected("pubKeyAuth before the client's");
  Buffer token;
  if (Error error = StepInner(request, &token)) return error;
  if (inner_->is_complete() || inner_->CanWrap()) return SendKey(key, token.view(), answer);
  auto message = NewRequest(token.view()).Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  return kSuccess;
}

Error Initiator::StepInner(const TsRequest &request, Buffer *token) {
  if (!request.nego_token) return Unexpected("no negoToken where one is due");
  if (inner_->is_complete()) return Unexpected("a negoToken behind the last");
  return inner_->Step(*request.nego_token, token);
}

Error Initiator::SendKey(ByteView key, ByteView token, Buffer *answer) {
  if (key.empty()) return Status::kServerKeyMissing;
  const auto binding = ClientBinding(peer_.version(), key, ByteView(nonce_));
  if (!binding) return binding.error();
  if (Error error = inner_->Wrap(binding->view(), &pub_key_auth_)) return error;
  TsRequest request = NewRequest(token);
  request.pub_key_auth = pub_key_auth_.view();
  auto message = request.Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  stage_ = Stage::kKeySent;
  return kSuccess;
}

// The server took the last token alone: pubKeyAuth comes again, as it was. A second one would have
// the next sequence number (C4).
Error Initiator::SendKeyAgain(ByteView token, Buffer *answer) {
  if (!inner_->is_complete() || sent_again_) return Unexpected("no pubKeyAuth where it is due");
  sent_again_ = true;
  TsRequest request = NewRequest(token);
  request.pub_key_auth = pub_key_auth_.view();
  auto message = request.Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  return kSuccess;
}

// [MS-CSSP] 3.1.5 step 4: the server's proof that it holds the key, then the credentials.
Error Initiator::TakeBinding(const TsRequest &request, const Rules &rules, ByteView key,
                             const Delegation &delegation, Buffer *answer) {
  Buffer token;
  if (request.nego_token) {
    if (Error error = StepInner(request, &token)) return error;
  }
  if (!request.pub_key_auth) return SendKeyAgain(token.view(), answer);
  if (!inner_->is_complete() || !token.empty()) {
    return Unexpected("pubKeyAuth before the login inside is complete (C5)");
  }
  const auto expected = ServerBinding(peer_.version(), key, ByteView(nonce_));
  if (!expected) return expected.error();
  SecretBytes binding;
  if (Error error = inner_->Unwrap(*request.pub_key_auth, &binding)) return error;
  if (!ConstantTimeEqual(binding.view(), expected->view())) return Status::kServerKeyMismatch;
  if (!inner_->is_mutual() && !rules.certificate_is_proof) {
    if (rules.requires_proof) return Status::kServerNotAuthenticated;
    if (rules.delegates_to_proven_only && !delegation.is_empty) return Status::kNtlmOnlyPolicy;
  }
  return SendCredentials(delegation, answer);
}

// [MS-CSSP] 3.1.5 step 5. There is no answer to it.
Error Initiator::SendCredentials(const Delegation &delegation, Buffer *answer) {
  Buffer sealed;
  if (Error error = inner_->Wrap(delegation.credentials, &sealed)) return error;
  TsRequest request = NewRequest({});
  request.auth_info = sealed.view();
  auto message = request.Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  stage_ = Stage::kComplete;
  return kSuccess;
}

TsRequest Initiator::NewRequest(ByteView token) const {
  TsRequest request;
  if (!token.empty()) request.nego_token = token;
  request.client_nonce = ByteView(nonce_);
  return request;
}

}  // namespace gss_sspi::credssp
