// SPDX-License-Identifier: MIT
// What a gss_ctx_id_t stands for: an exchange that is under way, then a session.
#ifndef GSS_SSPI_GSS_CONTEXT_H_
#define GSS_SSPI_GSS_CONTEXT_H_

#include "core/memory.h"
#include "core/mutex.h"
#include "core/result.h"
#include "gss/credential.h"
#include "gss/mit_gssapi.h"
#include "gss/name.h"
#include "gss/tag.h"
#include "ntlm/acceptor.h"
#include "ntlm/initiator.h"
#include "ntlm/session.h"

namespace gss_sspi::gss {

// Every function takes the lock of the context, unless it says otherwise.
class Context : public Tagged<Tag::kContext> {
 public:
  enum class Stage : uint8_t { kHalfOpen, kOpen, kFailed };

  // An initiator's context for a target, or an acceptor's.
  static Result<Owned<Context>> Initiating(Ref<Credential> credential, const Name &target,
                                           OM_uint32 request_flags);
  static Result<Owned<Context>> Accepting(Ref<Credential> credential);
  // An acceptor's context that begins with CHALLENGE (N151, N350). Its first leg brings the
  // credential.
  static Result<Owned<Context>> AcceptingDatagram();

  // One leg each. An error ends the context; it can then only be deleted (N163).
  // `facts` are those after the leg.
  struct Facts;
  Error Initiate(ByteView input, gss_channel_bindings_t bindings, Buffer *output, Facts *facts);
  Error Accept(ByteView input, gss_channel_bindings_t bindings, Buffer *output, Facts *facts);
  // True as long as an acceptor's context has no credential.
  bool NeedsCredential();
  // The first credential counts.
  void GiveCredential(Ref<Credential> credential);

  // N165: the octets of an open context, and back. They hold the session key in clear.
  Result<Buffer> Export();
  static Result<Owned<Context>> Import(ByteView octets);

  // Runs `body` with the session of an open context, under the lock.
  template <typename Body>
  auto WithSession(Body &&body) -> decltype(body(std::declval<ntlm::Session &>())) {
    const MutexLock lock(mutex_);
    if (stage_ != Stage::kOpen) return NotOpen();
    return body(session_);
  }

  // What a caller may ask at any time. A copy, made under the lock.
  struct Facts {
    bool wants_initiator = false;  // to be set by who asks
    bool wants_acceptor = false;
    Stage stage = Stage::kHalfOpen;
    bool initiates = false;
    bool sends_mic = false;  // our AUTHENTICATE is made, and carries a MIC (N203)
    OM_uint32 flags = 0;     // RFC 2744 ret_flags: what was negotiated (N308)
    Owned<Name> initiator;   // null while unknown, or not wanted
    Owned<Name> acceptor;
  };
  Error GetFacts(Facts *facts);

  Context(bool initiates, OM_uint32 request_flags)
      : request_flags_(request_flags), initiates_(initiates) {}

 private:
  Error NotOpen() const;
  // Null while unknown.
  const Name *initiator_name() const;
  const Name *acceptor_name() const;
  Error FillFacts(Facts *facts) const;
  Error InitiateLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output);
  Error AcceptLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output);
  Error BeginInitiating(Buffer *output);
  Error BeginAccepting(ByteView input, Buffer *output);
  void Open(ntlm::Agreement agreement, OM_uint32 further_flags);

  Mutex mutex_;
  Ref<Credential> credential_;  // null in an imported context
  Owned<Name> initiator_name_;  // null while it is the credential's
  Owned<Name> acceptor_name_;
  ntlm::Initiator initiator_;
  ntlm::Acceptor acceptor_;
  ntlm::Session session_;
  OM_uint32 request_flags_ = 0;
  OM_uint32 flags_ = 0;
  Stage stage_ = Stage::kHalfOpen;
  bool initiates_ = false;
  bool datagram_ = false;   // of an acceptor: without NEGOTIATE
  bool sends_mic_ = false;  // of an initiator
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CONTEXT_H_
