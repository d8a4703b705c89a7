// SPDX-License-Identifier: MIT
// The context of SPNEGO, NTLM or Kerberos that the messages of CredSSP carry, as its two roles see
// it. The host's GSSAPI stands behind it, or a test.
#ifndef GSS_SSPI_CREDSSP_INNER_CONTEXT_H_
#define GSS_SSPI_CREDSSP_INNER_CONTEXT_H_

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

namespace gss_sspi::credssp {

class InnerContext {
 public:
  // One leg. A context that completes without confidentiality and integrity fails, and so does an
  // acceptor's whose client stays unknown (C56, C57).
  virtual Error Step(ByteView token, Buffer *answer) = 0;
  virtual bool is_complete() const = 0;
  // The peer's name is proven.
  virtual bool is_mutual() const = 0;
  // Messages can be protected already (C29).
  virtual bool CanWrap() = 0;
  // With confidentiality, both (C56).
  virtual Error Wrap(ByteView message, Buffer *token) = 0;
  virtual Error Unwrap(ByteView token, SecretBytes *message) = 0;
  // What a server says of the failure of the last leg: an NTSTATUS (C16).
  virtual uint32_t failure() const = 0;

 protected:
  ~InnerContext() = default;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_INNER_CONTEXT_H_
