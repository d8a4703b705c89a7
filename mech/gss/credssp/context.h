// SPDX-License-Identifier: MIT
// What a gss_ctx_id_t of CredSSP stands for: an exchange, the context inside of it, then a stream.
#ifndef GSS_SSPI_GSS_CREDSSP_CONTEXT_H_
#define GSS_SSPI_GSS_CREDSSP_CONTEXT_H_

#include <optional>

#include "core/growing_buffer.h"
#include "core/memory.h"
#include "core/mutex.h"
#include "core/owned_text.h"
#include "core/result.h"
#include "credssp/exchange.h"
#include "gss/credssp/credential.h"
#include "gss/credssp/host_inner_context.h"
#include "gss/credssp/name.h"
#include "gss/tag.h"

namespace gss_sspi::gss {

// Every function takes the lock of the context.
class CredsspContext : public Tagged<Tag::kCredsspContext> {
 public:
  enum class Stage : uint8_t { kSeed, kHalfOpen, kOpen, kFailed };

  CredsspContext() = default;

  // What a caller learns from a leg, or at any time.
  struct Facts {
    Stage stage = Stage::kSeed;
    bool initiates = false;
    OM_uint32 flags = 0;
    OM_uint32 lifetime = 0;
    gss_OID inner_mechanism = GSS_C_NO_OID;  // an object that lives for ever
  };

  // One leg each. `output` may hold octets on failure too (C45). The credential and the target of
  // the first leg count.
  struct InitiatorLeg {
    CredsspCredential *credential;
    const CredsspName *target;  // null: none
    OM_uint32 request_flags;
    gss_channel_bindings_t bindings;
  };
  Error Initiate(const InitiatorLeg &leg, ByteView input, GrowingBuffer *output, Facts *facts);
  Error Accept(CredsspCredential *credential, gss_channel_bindings_t bindings, ByteView input,
               GrowingBuffer *output, Facts *facts);
  // What a leg that went well still had to give could not be given: the context is as after a leg
  // that failed.
  void Abandon() {
    const MutexLock lock(mutex_);
    stage_ = Stage::kFailed;
  }

  void GetFacts(Facts *facts);
  // Null while unknown.
  Result<Owned<CredsspName>> InitiatorName();
  Result<Owned<CredsspName>> AcceptorName();
  // C70 to C73: a credential of the host for the user whose password was delegated; null where none
  // can be made.
  HostCredential MakeDelegated();

  // Runs `body` with the exchange of an open context.
  template <typename Body>
  auto WithStream(Body &&body) -> decltype(body(std::declval<credssp::Exchange &>())) {
    const MutexLock lock(mutex_);
    if (stage_ == Stage::kFailed) return Error(Status::kContextFailed);
    if (stage_ != Stage::kOpen) return Error(Status::kContextNotOpen);
    auto done = body(*exchange_);
    // A stream that has a damaged record has no end (C46).
    if (EndsStream(done)) stage_ = Stage::kFailed;
    return done;
  }
  // Runs `body` with this context under its lock, in every stage.
  template <typename Body>
  auto WithLock(Body &&body) {
    const MutexLock lock(mutex_);
    return body(this);
  }

  // Under the lock: what an option reads and sets.
  Stage stage() const { return stage_; }
  bool initiates() const { return initiates_; }
  credssp::Exchange *exchange() { return exchange_ ? &*exchange_ : nullptr; }
  const HostInnerContext &inner() const { return inner_; }
  uint32_t peer_error() const { return exchange_ ? exchange_->peer().error_code() : 0; }
  bool certificate_is_proof() const { return exchange_ && exchange_->certificate_is_proof(); }
  Error SetServerKey(ByteView value);
  void RequireProof() { requires_proof_ = true; }
  void StopForCertificate() { stops_for_certificate_ = true; }

 private:
  static bool EndsStream(Error error) { return error.status == Status::kRecordDamaged; }
  template <typename T>
  static bool EndsStream(const Result<T> &result) {
    return !result && EndsStream(result.error());
  }

  Error BeginInitiating(const InitiatorLeg &leg);
  Error BeginAccepting(CredsspCredential *credential);
  Error Begin(credssp::Exchange::Plan plan);
  Error ChooseInner();
  Error TakeCertificate(CredsspCredential *credential);
  Error SetDelegation(OM_uint32 request_flags, credssp::Exchange::Plan *plan);
  Error TakeFirstToken(ByteView *input);
  Error Leg(ByteView input, gss_channel_bindings_t bindings, GrowingBuffer *output);
  Error FrameFirst(GrowingBuffer *output);
  Error CheckSameUser() const;
  void FillFacts(Facts *facts) const;

  Mutex mutex_;
  Ref<CredsspCredential> credential_;
  Owned<CredsspName> target_;  // of an initiator; null for none
  HostInnerContext inner_;
  std::optional<credssp::Exchange> exchange_;
  Buffer server_key_;  // given before the exchange began
  Stage stage_ = Stage::kSeed;
  bool initiates_ = false;
  bool delegates_ = false;  // more than nothing
  bool requires_proof_ = false;
  bool stops_for_certificate_ = false;
  bool has_input_ = false;   // of an acceptor
  bool has_output_ = false;  // of an initiator
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_CONTEXT_H_
