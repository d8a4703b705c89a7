// SPDX-License-Identifier: MIT
// [MS-CSSP] 3.1: the client's side, TSRequest by TSRequest.
#ifndef GSS_SSPI_CREDSSP_INITIATOR_H_
#define GSS_SSPI_CREDSSP_INITIATOR_H_

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "core/secret.h"
#include "credssp/inner_context.h"
#include "credssp/peer.h"
#include "credssp/pub_key_auth.h"
#include "credssp/ts_request.h"

namespace gss_sspi::credssp {

class Initiator {
 public:
  struct Rules {
    uint32_t least_version = 5;  // C14
    // Without proof of the server's name: no credentials leave (C107), or none to be delegated
    // (C68).
    bool requires_proof = false;
    bool delegates_to_proven_only = false;
    bool certificate_is_proof = false;  // it has been verified
  };

  explicit Initiator(InnerContext *inner) : inner_(inner) {}

  // The first TSRequest.
  Error Begin(const Environment &environment, Buffer *answer);
  // Takes one TSRequest of the server's. `key` is the server's (C12), empty while it is not known;
  // `credentials` are TSCredentials, sent when all else is proven (C58).
  struct Delegation {
    ByteView credentials;
    bool is_empty;  // they delegate nothing
  };
  Error Take(ByteView message, const Rules &rules, ByteView key, const Delegation &delegation,
             Buffer *answer);

  bool is_complete() const { return stage_ == Stage::kComplete; }
  // What it waits for, for people; empty when it waits no longer.
  const char *awaited() const;
  const Peer &peer() const { return peer_; }

 private:
  enum class Stage : uint8_t { kStart, kInner, kKeySent, kComplete, kFailed };

  Error Go(const TsRequest &request, const Rules &rules, ByteView key, const Delegation &delegation,
           Buffer *answer);
  Error TakeInner(const TsRequest &request, ByteView key, Buffer *answer);
  Error TakeBinding(const TsRequest &request, const Rules &rules, ByteView key,
                    const Delegation &delegation, Buffer *answer);
  Error StepInner(const TsRequest &request, Buffer *token);
  Error SendKey(ByteView key, ByteView token, Buffer *answer);
  Error SendKeyAgain(ByteView token, Buffer *answer);
  Error SendCredentials(const Delegation &delegation, Buffer *answer);
  TsRequest NewRequest(ByteView token) const;

  InnerContext *inner_;
  Peer peer_;
  uint8_t nonce_[kClientNonceSize] = {};
  Buffer pub_key_auth_;  // as it was sent, for a server that asks for it once more (C4)
  Stage stage_ = Stage::kStart;
  bool sent_again_ = false;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_INITIATOR_H_
