// SPDX-License-Identifier: MIT
// One login through libgssapi, of either side, and what can be told of it.
#ifndef GSS_SSPI_TOOLS_TEST_SESSION_H_
#define GSS_SSPI_TOOLS_TEST_SESSION_H_

#include <optional>
#include <string>

#include "command.h"
#include "core/secret.h"
#include "gss_util.h"

namespace gss_sspi::tools {

// A login that libgssapi refused, with the token for the peer, if there is one.
struct Refused : Failure {
  Refused(const std::string &text, std::string for_peer)
      : Failure(text), token(std::move(for_peer)) {}
  std::string token;
};

class Session {
 public:
  bool done() const { return done_; }
  bool protects() const { return (flags_ & (GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG)) != 0; }
  std::string Wrap(std::string_view message);
  // The message, and in `*sealed` whether it came encrypted.
  std::string Unwrap(std::string_view token, bool *sealed);
  // Prints mechanism, flags and strength, each line behind `indent`.
  void PrintContext(const char *indent) const;

 protected:
  // Keeps what a step gave, or throws Refused.
  std::string Finish(OM_uint32 major, OM_uint32 minor, gss_const_OID mech, const GssBuffer &output);

  Context context_;
  OM_uint32 flags_ = 0;

 private:
  bool done_ = false;
};

struct InitiatorSettings {
  gss_OID mech = nullptr;
  std::string target;  // service@host
  std::optional<std::string> user;
  std::optional<SecretBytes> password;
};

class InitiatorSession : public Session {
 public:
  explicit InitiatorSession(const InitiatorSettings &settings);
  // The next token for the acceptor; may be empty when it is done.
  std::string Step(std::string_view input);

 private:
  gss_OID mech_;
  Name target_;
  Credential credential_;
};

// For the mechanisms of `mech`: "ntlm", "spnego", "krb5", "any".
Credential AcquireAcceptor(const std::string &mech);

class AcceptorSession : public Session {
 public:
  explicit AcceptorSession(const Credential *credential) : credential_(credential) {}
  std::string Step(std::string_view input);
  std::string identity() const { return DisplayName(client_.get()); }
  void PrintClient(const char *indent) const;

 private:
  const Credential *credential_;
  Name client_;
};

// The mechanism of that word. Throws UsageError.
gss_OID MechOf(const std::string &word);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_TEST_SESSION_H_
