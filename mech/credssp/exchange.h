// SPDX-License-Identifier: MIT
// A whole context of CredSSP as octets: the records of TLS, the messages in them, and the data that
// follow (C20 to C25, C42 to C46).
#ifndef GSS_SSPI_CREDSSP_EXCHANGE_H_
#define GSS_SSPI_CREDSSP_EXCHANGE_H_

#include "core/bytes.h"
#include "core/environment.h"
#include "core/growing_buffer.h"
#include "core/result.h"
#include "credssp/acceptor.h"
#include "credssp/initiator.h"
#include "credssp/inner_context.h"
#include "credssp/tls_config.h"
#include "credssp/tls_pipe.h"

namespace gss_sspi::credssp {

class Exchange {
 public:
  // What the credential and the caller want. The views outlive the exchange.
  struct Plan {
    Role role = Role::kInitiator;
    bool owns_tls = true;          // else the application does, and tokens are TSRequests
    const char *server_name = "";  // for SNI and the certificate
    uint32_t least_version = 5;
    Verify verify = Verify::kNone;
    ByteView pin;  // of Verify::kPin
    bool requires_proof = false;
    bool stops_for_certificate = false;
    bool delegates_to_proven_only = false;
    Initiator::Delegation delegation{};
  };

  Exchange(InnerContext *inner, const Plan &plan)
      : plan_(plan), initiator_(inner), acceptor_(inner) {}
  Exchange(const Exchange &) = delete;
  Exchange &operator=(const Exchange &) = delete;

  // Before the first step, where TLS is ours.
  Error OpenTls(Ref<TlsConfig> config);
  // Where it is not: the key that is proven (C43).
  Error SetServerKey(ByteView key);

  // For an initiator that has stopped for a certificate.
  Error UseCertificateOf(const TlsConfig &config) { return pipe_.UseCertificateOf(config); }

  // One leg: takes all octets of `input`, and appends the answer. On failure an alert or an
  // errorCode may be in it (C45); every later leg fails, and has no answer.
  Error Step(const Environment &environment, ByteView input, GrowingBuffer *output);
  bool is_complete() const;
  // What it waits for, for people; empty when it waits no longer.
  const char *awaited() const;
  const Peer &peer() const;
  bool certificate_is_proof() const;
  // Of an acceptor that is complete.
  const TsCredentials &credentials() const { return acceptor_.credentials(); }

  // The stream, once complete. Unwrap takes octets in pieces of any size, and gives first what came
  // behind the last TSRequest (C45); without TLS of our own it gives that alone.
  Error Wrap(ByteView message, GrowingBuffer *token);
  Error Unwrap(ByteView input, GrowingBuffer *message);
  // What Unwrap has without more input, if anything.
  Error Pending(GrowingBuffer *message);
  // One whole record, in place (C47): the message may be in the record's room.
  Error WrapRecord(ByteView message, RecordRoom record);
  // kCredsspUnexpectedToken while other octets are kept.
  Result<size_t> UnwrapRecord(RecordParts record, MutableBytes message);
  Error Close(GrowingBuffer *token);

  // Null where TLS is not ours, or has not begun.
  SSL *tls() const { return pipe_.get(); }
  const TlsPipe &pipe() const { return pipe_; }

 private:
  Error Go(const Environment &environment, ByteView input, GrowingBuffer *output);
  Error TakeRecords(ByteView *rest, GrowingBuffer *output);
  Error TakeRecord(ByteView record, GrowingBuffer *output);
  Error TakeMessages(GrowingBuffer *output);
  Error TakeMessage(ByteView message, GrowingBuffer *output);
  // One that brings the exchange no further (C153).
  Error CountIdleRecord();
  Error CheckCertificate() const;
  Error Begin(const Environment &environment, GrowingBuffer *output);
  Error Send(ByteView message, GrowingBuffer *output);
  Error Keep(ByteView rest);
  Error KeepForLater(ByteView input);
  ByteView server_key() const;

  Plan plan_;
  TlsPipe pipe_;
  Initiator initiator_;
  Acceptor acceptor_;
  Buffer given_key_;
  GrowingBuffer records_;  // received, not looked at: part of a record, or what follows the context
  GrowingBuffer messages_;  // plaintext: part of a TSRequest, or what follows the context
  unsigned idle_records_ = 0;
  bool has_begun_ = false;     // an initiator's first TSRequest is out
  bool took_message_ = false;  // in this step
  bool has_ended_ = false;     // close_notify was seen
  bool has_failed_ = false;    // in an earlier step
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_EXCHANGE_H_
