// SPDX-License-Identifier: MIT
// [MS-CSSP] 3.2: the server's side, TSRequest by TSRequest.
#ifndef GSS_SSPI_CREDSSP_ACCEPTOR_H_
#define GSS_SSPI_CREDSSP_ACCEPTOR_H_

#include "core/bytes.h"
#include "core/result.h"
#include "credssp/inner_context.h"
#include "credssp/peer.h"
#include "credssp/pub_key_auth.h"
#include "credssp/ts_credentials.h"
#include "credssp/ts_request.h"

namespace gss_sspi::credssp {

class Acceptor {
 public:
  explicit Acceptor(InnerContext *inner) : inner_(inner) {}

  // Takes one TSRequest of the client's. `key` is our own (C12), empty while it is not known. A
  // failure may have an answer as well: the errorCode for the client (C16).
  Error Take(ByteView message, uint32_t least_version, ByteView key, Buffer *answer);

  bool is_complete() const { return stage_ == Stage::kComplete; }
  // What it waits for, for people; empty when it waits no longer.
  const char *awaited() const;
  const Peer &peer() const { return peer_; }
  // What the client delegated, once all is complete.
  const TsCredentials &credentials() const { return credentials_; }

 private:
  enum class Stage : uint8_t { kInner, kKey, kCredentials, kComplete, kFailed };

  Error Go(const TsRequest &request, uint32_t least_version, ByteView key, Buffer *answer);
  Error TakeNonce(const TsRequest &request);
  Error TakeInner(const TsRequest &request, ByteView key, Buffer *answer);
  Error TakeKey(const TsRequest &request, ByteView key, ByteView token, Buffer *answer);
  Error TakeCredentials(const TsRequest &request);
  // The error code that the client is told, or 0.
  uint32_t CodeOf(Error error) const;

  InnerContext *inner_;
  Peer peer_;
  TsCredentials credentials_;
  uint8_t nonce_[kClientNonceSize] = {};
  bool has_nonce_ = false;
  Stage stage_ = Stage::kInner;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_ACCEPTOR_H_
