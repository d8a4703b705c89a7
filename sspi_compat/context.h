// SPDX-License-Identifier: MIT
// A security context: legs of a handshake, then messages.
#ifndef GSS_SSPI_SSPI_CONTEXT_H_
#define GSS_SSPI_SSPI_CONTEXT_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <memory>
#include <string>

#include "sspi_compat/credential.h"
#include "sspi_compat/flags.h"
#include "sspi_compat/gss.h"
#include "sspi_compat/packages.h"
#include "sspi_compat/status.h"

namespace gss_sspi::sspi {

// What a program gives to InitializeSecurityContext or AcceptSecurityContext, and what it gets
// beside the status and the token.
struct Leg {
  const char *target = nullptr;  // UTF-8; null for none. Initiator.
  ULONG request = 0;
  const SecBufferDesc *input = nullptr;
  const SecBufferDesc *output = nullptr;

  ULONG attributes = 0;
  OM_uint32 lifetime = GSS_C_INDEFINITE;
};

// Used by one thread at a time: the lock of its handle.
class Context {
 public:
  Context(Role role, std::shared_ptr<Credential> credential)
      : role_(role), credential_(std::move(credential)), package_(&credential_->package()) {}
  // An established context that was imported.
  Context(Role role, const Package &package, ULONG request, GssContext established);

  Role role() const { return role_; }
  const Package &package() const { return *package_; }

  // A reauthentication may use another credential of the same package; legs of one exchange use the
  // one they began with. False for another package.
  bool Renew(std::shared_ptr<Credential> credential);

  // One leg. SEC_E_OK, SEC_I_CONTINUE_NEEDED or an error. A leg that the mechanism refused ends the
  // exchange: the context can only be deleted (L8). When the token does not fit, it is kept, and
  // the same call with a larger buffer gives it.
  SECURITY_STATUS Continue(Leg *leg);

  bool is_open() const { return open_; }
  gss_ctx_id_t gss() const { return gss_.get(); }
  OM_uint32 gss_flags() const { return gss_flags_; }
  ULONG request() const { return request_; }
  // pfContextAttr of the last leg.
  ULONG attributes() const;
  // Seconds that the context is still good for.
  OM_uint32 Lifetime() const;

  // The mechanism that protects messages; before the context is open the package's, which may be
  // SPNEGO.
  gss_const_OID mech() const { return mech_ != nullptr ? mech_ : package_->mech; }
  bool IsNtlm() const { return ntlm_; }
  // A failed call of this context as a status: its minor status is one of the package's mechanism.
  SECURITY_STATUS Failed(OM_uint32 major, OM_uint32 minor) const {
    return FromGss(major, minor, package_->mech, Call::kMessage);
  }

  // Octets that EncryptMessage needs beside the data, and MakeSignature. Known when the context is
  // open.
  struct Sizes {
    ULONG signature, trailer, block;
  };
  static constexpr Sizes kNtlmSizes = {.signature = 16, .trailer = 16, .block = 0};
  SECURITY_STATUS GetSizes(const Sizes **out) {
    *out = &sizes_;
    return has_sizes_ ? SEC_E_OK : AskSizes();
  }

  // The names of the sides that are asked for; empty where there is none.
  SECURITY_STATUS Names(GssName *initiator, GssName *acceptor) const;
  // As the program gave it; empty for an acceptor.
  const std::string &target() const { return target_text_; }

  // C95: the next leg of CREDSSP gives close_notify.
  void Shutdown() { ends_ = true; }

  // For gss_export_sec_context, which takes it away.
  GssContext *mutable_gss() { return &gss_; }

 private:
  SECURITY_STATUS Check(const Leg &leg, const gss_buffer_desc &input);
  SECURITY_STATUS CheckRequest(const Leg &leg) const;
  SECURITY_STATUS PrepareInitiator(const Leg &leg);
  SECURITY_STATUS PrepareAcceptor(const Leg &leg, const gss_buffer_desc &input);
  SECURITY_STATUS Step(Leg *leg, gss_buffer_t input);
  SECURITY_STATUS Refused(Leg *leg, OM_uint32 major, OM_uint32 minor, const GssBuffer &token);
  SECURITY_STATUS Deliver(Leg *leg, SECURITY_STATUS status);

  // The same of CREDSSP, in stream_legs.cc.
  SECURITY_STATUS ContinueStream(Leg *leg);
  SECURITY_STATUS BeginStream(const Leg &leg);
  SECURITY_STATUS FeedStream(Leg *leg);
  SECURITY_STATUS StepStream(Leg *leg, gss_cred_id_t credential, gss_buffer_t input,
                             std::string *answer);
  SECURITY_STATUS RefusedStream(Leg *leg, OM_uint32 major, OM_uint32 minor,
                                const std::string &answer);
  SECURITY_STATUS DeliverStream(Leg *leg, SECURITY_STATUS status);
  SECURITY_STATUS EndStream(Leg *leg);
  OM_uint32 StreamRequest() const;

  void Open(gss_const_OID mech);
  // S113: a handshake is under way while the old session serves.
  bool IsRenewing() const { return static_cast<bool>(fresh_); }
  SECURITY_STATUS AskSizes();

  const Role role_;
  std::shared_ptr<Credential> credential_;
  const Package *package_;

  GssContext gss_;
  GssContext fresh_;  // S113: of a new handshake, while gss_ serves
  GssName target_;
  std::string target_text_;
  ULONG request_ = 0;
  OM_uint32 gss_flags_ = 0;
  gss_const_OID mech_ = nullptr;

  // A token that did not fit, and what to answer with it.
  GssBuffer kept_;
  SECURITY_STATUS kept_status_ = SEC_E_OK;
  std::string kept_answer_;  // of CREDSSP
  size_t kept_extra_ = 0;    // octets of the program that were left then
  // C118: what a stopped login of CREDSSP has taken, and has to say.
  bool stopped_ = false;
  size_t taken_before_ = 0;
  std::string held_answer_;

  Sizes sizes_{};
  bool has_sizes_ = false;
  bool open_ = false;
  bool started_ = false;
  bool failed_ = false;
  bool renewed_ = false;
  bool ntlm_ = false;
  bool ends_ = false;
};

// What an option of the mechanism tells; a null set where it is unavailable.
GssBufferSet AskOption(gss_ctx_id_t context, const gss_OID_desc &option);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_CONTEXT_H_
