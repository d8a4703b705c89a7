// SPDX-License-Identifier: MIT
// One end of a TLS stream without I/O: records go in and come out as octets. OpenSSL reads from a
// view of the caller's and writes into a buffer of the caller's, so nothing is copied in between.
#ifndef GSS_SSPI_CREDSSP_TLS_PIPE_H_
#define GSS_SSPI_CREDSSP_TLS_PIPE_H_

#include <openssl/ssl.h>

#include "core/bytes.h"
#include "core/growing_buffer.h"
#include "core/memory.h"
#include "core/result.h"
#include "credssp/crypto_library.h"
#include "credssp/record.h"
#include "credssp/tls_config.h"

namespace gss_sspi::credssp {

class TlsPipe {
 public:
  TlsPipe() = default;
  TlsPipe(const TlsPipe &) = delete;
  TlsPipe &operator=(const TlsPipe &) = delete;

  // `server_name` is a host name or an address, for SNI and the check of the certificate; empty for
  // none. Once only; the object must not move from then on.
  Error Open(Ref<TlsConfig> config, Role role, const char *server_name);
  bool is_open() const { return ssl_ != nullptr; }

  // Before the handshake of a client: it stops once where the server asks for a certificate and the
  // configuration has none (RFC 8446 4.3.2, RFC 5246 7.4.4).
  void StopForCertificate();
  bool has_stopped() const { return stop_ == Stop::kNow; }
  // What it goes on with, if `config` has one.
  Error UseCertificateOf(const TlsConfig &config);

  // Goes on with the handshake with what `records` holds. An alert may be in `output` on failure.
  Error Handshake(ByteView records, GrowingBuffer *output);
  bool is_established() const { return ssl_ && SSL_is_init_finished(ssl_.get()) == 1; }

  // What `record`, a whole one, holds for the application, at most 16384 octets; none for what
  // belongs to TLS alone. kStreamEnded after close_notify. On failure an alert may be in `output`,
  // which may be null. `plaintext` may be where the record is.
  Result<size_t> Read(RecordParts record, MutableBytes plaintext, GrowingBuffer *output);
  // Appends the records of a message.
  Error Write(ByteView message, GrowingBuffer *output);
  // The one record of a message, which fills `room`; the message may be part of that.
  Error WriteRecord(ByteView message, RecordRoom room);
  // Appends close_notify.
  Error Close(GrowingBuffer *output);

  // Octets of a record of the stream in the direction out beside those of its data.
  struct RecordSizes {
    size_t header = 0;
    size_t trailer = 0;
  };
  RecordSizes record_sizes() const;
  // A record that changes the key goes out before the next message.
  bool owes_key_update() const {
    return SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE;
  }

  SSL *get() const { return ssl_.get(); }

 private:
  // Where OpenSSL reads and writes.
  struct Ends {
    RecordParts input;
    GrowingBuffer *output = nullptr;
    RecordRoom room;       // in place of `output`
    size_t taken = 0;      // of the first of `input`
    size_t filled = 0;     // of the first of `room`
    bool starved = false;  // it wanted more than there is
  };
  struct Alert {
    int code = -1;  // level and description
    bool received = false;
  };
  class Call;

  enum class Stop : uint8_t { kNever, kOnce, kNow, kDone };

  static BIO_METHOD *Method();
  static int ChooseCertificate(SSL *ssl, void *pipe);
  static int ReadInput(BIO *bio, char *to, size_t size, size_t *done);
  static int WriteOutput(BIO *bio, const char *from, size_t size, size_t *done);
  static bool Scatter(Ends *ends, ByteView octets);
  static long Control(BIO *bio, int command, long number, void *pointer);
  static void Watch(const SSL *ssl, int where, int code);
  Error SetServerName(const char *name);
  Error Failure(Status status) const;

  Ref<TlsConfig> config_;
  OpenSsl<SSL, SSL_free> ssl_;
  Ends ends_;
  Alert alert_;
  Stop stop_ = Stop::kNever;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_TLS_PIPE_H_
