// SPDX-License-Identifier: MIT
#include "credssp/tls_pipe.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace gss_sspi::credssp {
namespace {

constinit std::atomic<BIO_METHOD *> method = nullptr;

// The slot for the application, which we are.
constexpr int kOwnData = 0;

// As the macro SSL_set_tlsext_host_name.
bool SetHostName(SSL *ssl, const char *name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char *>(name)) == 1;
}

// `done` more octets of the first part, which is left behind when nothing is left of it.
template <typename Parts>
void Advance(Parts *parts, size_t *of_first, size_t done) {
  *of_first += done;
  if (*of_first != parts->front().size()) return;
  *parts = parts->subspan(1);
  *of_first = 0;
}

bool IsAddress(const char *name) {
  in6_addr address;
  return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

}  // namespace

// Around a call of OpenSSL: its ends, and an error queue that is the host's again afterwards. What
// went wrong is found out without SSL_get_error, which an old entry of that queue would mislead.
class TlsPipe::Call {
 public:
  Call(TlsPipe *pipe, RecordParts input, GrowingBuffer *output, RecordRoom room = {})
      : ends_(&pipe->ends_) {
    *ends_ = {.input = input, .output = output, .room = room};
    pipe->alert_ = {};
  }
  Call(const Call &) = delete;
  Call &operator=(const Call &) = delete;
  ~Call() { *ends_ = {}; }

  bool starved() const { return ends_->starved; }
  bool room_is_full() const { return ends_->room.empty(); }

 private:
  const ErrorQueue errors_;
  Ends *ends_;
};

// Its type needs no number of its own, so no count of OpenSSL's is touched.
BIO_METHOD *TlsPipe::Method() {
  constexpr auto kMake = [] {
    BIO_METHOD *made = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "CredSSP");
    if (made == nullptr) return made;
    BIO_meth_set_read_ex(made, ReadInput);
    BIO_meth_set_write_ex(made, WriteOutput);
    BIO_meth_set_ctrl(made, Control);
    return made;
  };
  return KeptByProcess<kMake, BIO_meth_free>(&method);
}

int TlsPipe::ReadInput(BIO *bio, char *to, size_t size, size_t *done) {
  auto *ends = static_cast<Ends *>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *done = 0;
  while (*done < size && !ends->input.empty()) {
    const ByteView rest = ends->input.front().subspan(ends->taken);
    const size_t some = std::min(size - *done, rest.size());
    if (some != 0) std::memcpy(to + *done, rest.data(), some);
    *done += some;
    Advance(&ends->input, &ends->taken, some);
  }
  if (*done != 0) return 1;
  ends->starved = true;
  BIO_set_retry_read(bio);
  return 0;
}

bool TlsPipe::Scatter(Ends *ends, ByteView octets) {
  while (!octets.empty() && !ends->room.empty()) {
    const MutableBytes rest = ends->room.front().subspan(ends->filled);
    const size_t some = std::min(octets.size(), rest.size());
    Copy(rest, octets.first(some));
    octets = octets.subspan(some);
    Advance(&ends->room, &ends->filled, some);
  }
  return octets.empty();
}

int TlsPipe::WriteOutput(BIO *bio, const char *from, size_t size, size_t *done) {
  auto *ends = static_cast<Ends *>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ByteView octets{reinterpret_cast<const uint8_t *>(from), size};
  const bool kept = ends->output != nullptr ? ends->output->Append(octets) : Scatter(ends, octets);
  *done = kept ? size : 0;
  return *done == size ? 1 : 0;
}

long TlsPipe::Control(BIO *, int command, long, void *) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

void TlsPipe::Watch(const SSL *ssl, int where, int code) {
  if ((where & SSL_CB_ALERT) == 0) return;
  auto *pipe = static_cast<TlsPipe *>(SSL_get_ex_data(ssl, kOwnData));
  pipe->alert_ = {code, (where & SSL_CB_READ) != 0};
}

// SNI has no addresses (RFC 6066 3).
Error TlsPipe::SetServerName(const char *name) {
  SSL *ssl = ssl_.get();
  const bool done = IsAddress(name) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
                                    : SetHostName(ssl, name) && SSL_set1_host(ssl, name) == 1;
  if (done) return kSuccess;
  return Fail(Status::kCredsspBadName, "%s is no name of a TLS server", name);
}

Error TlsPipe::Open(Ref<TlsConfig> config, Role role, const char *server_name) {
  const ErrorQueue errors;
  BIO_METHOD *own = Method();
  BIO *bio = own != nullptr ? BIO_new_ex(CryptoLibrary(), own) : nullptr;
  ssl_.reset(bio != nullptr ? SSL_new(config->get()) : nullptr);
  if (!ssl_) {
    BIO_free(bio);
    return Status::kNoMemory;
  }
  config_ = std::move(config);
  BIO_set_data(bio, &ends_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_ex_data(ssl_.get(), kOwnData, this);
  SSL_set_info_callback(ssl_.get(), Watch);
  if (role == Role::kAcceptor) {
    SSL_set_accept_state(ssl_.get());
    return kSuccess;
  }
  SSL_set_connect_state(ssl_.get());
  return *server_name != '\0' ? SetServerName(server_name) : kSuccess;
}

// OpenSSL asks where a client's certificate is due; a negative answer makes it wait.
int TlsPipe::ChooseCertificate(SSL *, void *pipe) {
  Stop &stop = static_cast<TlsPipe *>(pipe)->stop_;
  stop = stop == Stop::kOnce ? Stop::kNow : Stop::kDone;
  return stop == Stop::kNow ? -1 : 1;
}

void TlsPipe::StopForCertificate() {
  if (SSL_CTX_get0_certificate(config_->get()) != nullptr) return;
  stop_ = Stop::kOnce;
  SSL_set_cert_cb(ssl_.get(), ChooseCertificate, this);
}

Error TlsPipe::UseCertificateOf(const TlsConfig &config) {
  const ErrorQueue errors;
  X509 *certificate = SSL_CTX_get0_certificate(config.get());
  if (certificate == nullptr) return kSuccess;
  const bool done = SSL_use_certificate(ssl_.get(), certificate) == 1 &&
                    SSL_use_PrivateKey(ssl_.get(), SSL_CTX_get0_privatekey(config.get())) == 1;
  return done ? kSuccess : Error(Status::kNoMemory);
}

// C64: the alert and who sent it, or what OpenSSL says; and what was offered.
Error TlsPipe::Failure(Status status) const {
  const char *least =
      TlsVersionText(static_cast<int>(SSL_CTX_get_min_proto_version(config_->get())));
  const char *most =
      TlsVersionText(static_cast<int>(SSL_CTX_get_max_proto_version(config_->get())));
  if (alert_.code >= 0) {
    return Fail(status, "TLS alert %d %s %s the peer; offered %s to %s", alert_.code & 0xff,
                SSL_alert_desc_string_long(alert_.code), alert_.received ? "from" : "to", least,
                most);
  }
  const unsigned long code = ERR_peek_last_error();
  const char *reason = ERR_reason_error_string(code);
  return Fail(status, "%s; offered %s to %s", reason != nullptr ? reason : "no reason given", least,
              most);
}

Error TlsPipe::Handshake(ByteView records, GrowingBuffer *output) {
  const Call call(this, {&records, 1}, output);
  if (SSL_do_handshake(ssl_.get()) == 1 || call.starved() || has_stopped()) return kSuccess;
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (verdict != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE &&
      !alert_.received) {
    return Fail(Status::kCertificateRefused, "%s", X509_verify_cert_error_string(verdict));
  }
  return Failure(Status::kTlsFailed);
}

Result<size_t> TlsPipe::Read(RecordParts record, MutableBytes plaintext, GrowingBuffer *output) {
  const Call call(this, record, output);
  size_t size = 0;
  if (SSL_read_ex(ssl_.get(), plaintext.data(), plaintext.size(), &size) == 1) return size;
  if (call.starved()) return size_t{0};
  if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0 && alert_.code >= 0) {
    // A fatal alert sets the same flag.
    return alert_.code >> 8 == SSL3_AL_FATAL ? Failure(Status::kTlsFailed)
                                             : Fail(Status::kStreamEnded, "close_notify");
  }
  return Failure(alert_.received ? Status::kTlsFailed : Status::kRecordDamaged);
}

Error TlsPipe::Write(ByteView message, GrowingBuffer *output) {
  if (message.empty()) return kSuccess;
  const Call call(this, {}, output);
  size_t written = 0;
  if (SSL_write_ex(ssl_.get(), message.data(), message.size(), &written) == 1) return kSuccess;
  return Failure(Status::kTlsFailed);
}

Error TlsPipe::WriteRecord(ByteView message, RecordRoom room) {
  const Call call(this, {}, nullptr, room);
  size_t written = 0;
  if (SSL_write_ex(ssl_.get(), message.data(), message.size(), &written) != 1) {
    return Failure(Status::kTlsFailed);
  }
  if (call.room_is_full()) return kSuccess;
  return Fail(Status::kRecordDamaged, "a record shorter than its room");
}

Error TlsPipe::Close(GrowingBuffer *output) {
  const Call call(this, {}, output);
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return Status::kStreamEnded;
  return SSL_shutdown(ssl_.get()) >= 0 ? kSuccess : Failure(Status::kTlsFailed);
}

// RFC 8446 5.2: a type octet and a tag. RFC 5288 3, RFC 7905 2: an explicit nonce of 8 octets with
// GCM, none with ChaCha20, and a tag.
TlsPipe::RecordSizes TlsPipe::record_sizes() const {
  constexpr size_t kHeader = 5;
  constexpr size_t kTag = 16;
  if (SSL_version(ssl_.get()) == TLS1_3_VERSION) return {kHeader, kTag + 1};
  const int cipher = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl_.get()));
  return {kHeader + (cipher == NID_chacha20_poly1305 ? 0U : 8U), kTag};
}

}  // namespace gss_sspi::credssp
