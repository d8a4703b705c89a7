// SPDX-License-Identifier: MIT
#include "credssp/acceptor.h"

namespace gss_sspi::credssp {
namespace {

constexpr uint32_t kStatusLogonFailure = 0xc000006d;
constexpr uint32_t kStatusNotSupported = 0xc00000bb;

Error Unexpected(const char *what) { return Fail(Status::kCredsspUnexpectedToken, "%s", what); }

Error Send(const TsRequest &request, Buffer *answer) {
  auto message = request.Build();
  if (!message) return message.error();
  *answer = std::move(*message);
  return kSuccess;
}

}  // namespace

const char *Acceptor::awaited() const {
  switch (stage_) {
    case Stage::kInner:
      return "negoTokens of the client";
    case Stage::kKey:
      return "pubKeyAuth of the client";
    case Stage::kCredentials:
      return "authInfo of the client: it may have refused the server's key, and closed";
    case Stage::kComplete:
    case Stage::kFailed:
      break;
  }
  return "";
}

Error Acceptor::Take(ByteView message, uint32_t least_version, ByteView key, Buffer *answer) {
  const auto request = TsRequest::Parse(message);
  Error error = request ? peer_.TakeError(*request) : request.error();
  if (!error) error = Go(*request, least_version, key, answer);
  if (!error) return kSuccess;
  stage_ = Stage::kFailed;
  answer->Clear();
  TsRequest report;
  report.error_code = CodeOf(error);
  if (report.error_code != 0) static_cast<void>(Send(report, answer));  // the login failed anyway
  return error;
}

Error Acceptor::Go(const TsRequest &request, uint32_t least_version, ByteView key, Buffer *answer) {
  if (Error error = peer_.TakeVersion(request, least_version)) return error;
  if (Error error = TakeNonce(request)) return error;
  switch (stage_) {
    case Stage::kInner:
      return TakeInner(request, key, answer);
    case Stage::kKey:
      if (request.nego_token) return Unexpected("a negoToken behind the last");
      if (request.auth_info) return Unexpected("authInfo before pubKeyAuth");
      return TakeKey(request, key, {}, answer);
    case Stage::kCredentials:
      return TakeCredentials(request);
    case Stage::kComplete:
    case Stage::kFailed:
      break;
  }
  return Unexpected("a TSRequest behind the last");
}

// The last one before pubKeyAuth counts (C13).
Error Acceptor::TakeNonce(const TsRequest &request) {
  if (!request.client_nonce || !BindsByHash(peer_.version())) return kSuccess;
  if (request.client_nonce->size() != kClientNonceSize) {
    return Fail(Status::kCredsspDefectiveToken, "clientNonce has %zu octets, not 32 (C13)",
                request.client_nonce->size());
  }
  Copy(nonce_, *request.client_nonce);
  has_nonce_ = true;
  return kSuccess;
}

// [MS-CSSP] 3.2.5 step 2. The client's last token may come with its pubKeyAuth, or without (C2,
// C3).
Error Acceptor::TakeInner(const TsRequest &request, ByteView key, Buffer *answer) {
  if (request.auth_info) return Unexpected("authInfo before pubKeyAuth");
  if (!request.nego_token) return Unexpected("no negoToken where one is due");
  Buffer token;
  if (Error error = inner_->Step(*request.nego_token, &token)) return error;
  if (request.pub_key_auth) {
    if (!inner_->is_complete()) return Unexpected("pubKeyAuth before the login inside is complete");
    return TakeKey(request, key, token.view(), answer);
  }
  if (inner_->is_complete()) stage_ = Stage::kKey;
  TsRequest reply;
  reply.nego_token = token.view();
  return Send(reply, answer);
}

// [MS-CSSP] 3.2.5 step 3: the client's view of the key, then ours.
Error Acceptor::TakeKey(const TsRequest &request, ByteView key, ByteView token, Buffer *answer) {
  if (!request.pub_key_auth) return Unexpected("no pubKeyAuth where it is due");
  if (key.empty()) return Status::kServerKeyMissing;
  std::optional<ByteView> nonce;
  if (has_nonce_) nonce = ByteView(nonce_);
  const auto expected = ClientBinding(peer_.version(), key, nonce);
  if (!expected) return expected.error();
  SecretBytes binding;
  if (Error error = inner_->Unwrap(*request.pub_key_auth, &binding)) return error;
  if (!ConstantTimeEqual(binding.view(), expected->view())) return Status::kServerKeyMismatch;
  const auto own = ServerBinding(peer_.version(), key, nonce);
  if (!own) return own.error();
  Buffer sealed;
  if (Error error = inner_->Wrap(own->view(), &sealed)) return error;
  TsRequest reply;
  if (!token.empty()) reply.nego_token = token;
  reply.pub_key_auth = sealed.view();
  if (Error error = Send(reply, answer)) return error;
  stage_ = Stage::kCredentials;
  return kSuccess;
}

// [MS-CSSP] 3.2.5 step 4.
Error Acceptor::TakeCredentials(const TsRequest &request) {
  if (request.nego_token || request.pub_key_auth) {
    return Unexpected("a negoToken or pubKeyAuth behind the last");
  }
  if (!request.auth_info) return Unexpected("no authInfo where it is due");
  SecretBytes octets;
  if (Error error = inner_->Unwrap(*request.auth_info, &octets)) return error;
  auto credentials = TsCredentials::Parse(octets.view());
  if (!credentials) return credentials.error();
  credentials_ = std::move(*credentials);
  stage_ = Stage::kComplete;
  return kSuccess;
}

// C16. A client that knows no errorCode, or that reported one itself, is told nothing.
uint32_t Acceptor::CodeOf(Error error) const {
  if (!HasErrorCode(peer_.version()) || peer_.error_code() != 0) return 0;
  switch (error.status) {
    case Status::kPeerVersion:
      return kStatusNotSupported;
    case Status::kInnerFailed: {
      const uint32_t code = inner_->failure();
      return code != 0 ? code : kStatusLogonFailure;
    }
    case Status::kInnerTooWeak:
    case Status::kServerKeyMismatch:
      return kStatusLogonFailure;
    default:
      return 0;
  }
}

}  // namespace gss_sspi::credssp
