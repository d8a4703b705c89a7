// SPDX-License-Identifier: MIT
// The context inside, made by the host's GSSAPI.
#ifndef GSS_SSPI_GSS_CREDSSP_HOST_INNER_CONTEXT_H_
#define GSS_SSPI_GSS_CREDSSP_HOST_INNER_CONTEXT_H_

#include "credssp/inner_context.h"
#include "gss/credssp/host_objects.h"

namespace gss_sspi::gss {

class HostInnerContext final : public credssp::InnerContext {
 public:
  // Who logs on, or is logged on to. The handles outlive this object.
  struct Setup {
    bool initiates = false;
    gss_cred_id_t credential = nullptr;
    gss_name_t target = nullptr;                // of an initiator
    gss_OID mechanism = nullptr;                // likewise
    bool allows_ntlm = true;                    // of an acceptor
    gss_channel_bindings_t bindings = nullptr;  // of the call that is going on
  };

  HostInnerContext() = default;
  HostInnerContext(const HostInnerContext &) = delete;
  HostInnerContext &operator=(const HostInnerContext &) = delete;
  ~HostInnerContext();

  Setup &setup() { return setup_; }

  Error Step(ByteView token, Buffer *answer) override;
  bool is_complete() const override { return is_complete_; }
  bool is_mutual() const override { return (flags_ & GSS_C_MUTUAL_FLAG) != 0; }
  bool CanWrap() override;
  Error Wrap(ByteView message, Buffer *token) override;
  Error Unwrap(ByteView token, SecretBytes *message) override;
  uint32_t failure() const override { return failure_; }

  // Of a complete context: its names, the mechanism, the seconds it lasts from now on.
  Result<HostName> InitiatorName() const;
  gss_OID mechanism() const { return mechanism_; }
  OM_uint32 lifetime() const;
  // The two names are the same to the mechanism.
  gss_ctx_id_t get() const { return context_; }

 private:
  Error Initiate(gss_buffer_t input, gss_buffer_t output, OM_uint32 *major);
  Error CheckToken(ByteView token) const;
  Error Accept(gss_buffer_t input, gss_buffer_t output, OM_uint32 *major);
  Error CheckComplete();
  Error FailedLeg(OM_uint32 major, OM_uint32 minor);
  gss_OID OwnMechanism() const;

  Setup setup_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  gss_OID mechanism_ = GSS_C_NO_OID;
  OM_uint32 flags_ = 0;
  uint32_t failure_ = 0;
  bool is_complete_ = false;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_HOST_INNER_CONTEXT_H_
