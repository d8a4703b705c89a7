// SPDX-License-Identifier: MIT
// A whole context of CredSSP with a peer that an input drives: good messages, changed ones, any
// octets at all, in pieces of any size, with TLS or without (C163). The login inside is scripted,
// so that an input reaches what lies behind the proof without any cryptography of its own.
#ifndef GSS_SSPI_TESTS_FUZZ_CREDSSP_TALK_H_
#define GSS_SSPI_TESTS_FUZZ_CREDSSP_TALK_H_

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>

#include "credssp/exchange.h"
#include "credssp/tls_facts.h"
#include "fuzz.h"

namespace gss_sspi::fuzz {

using credssp::Exchange;
using credssp::Role;
using credssp::TlsConfig;
using credssp::TsRequest;

inline Bytes Copied(ByteView octets) { return {octets.begin(), octets.end()}; }

// ---- the login inside --------------------------------------------------------------------------

// A seal is direction, number, and the octets changed: enough to tell what was not sealed by the
// other end, or comes out of turn.
inline Bytes Sealed(uint8_t direction, uint8_t number, ByteView message) {
  Bytes token = {direction, number};
  for (const uint8_t octet : message) token.push_back(octet ^ 0x5a);
  return token;
}

class ScriptedInner final : public credssp::InnerContext {
 public:
  static constexpr uint8_t kOwn = 'O', kTheirs = 'T';

  // The first octets of an input.
  unsigned steps_needed = 1;
  bool last_is_silent = false;  // the last step gives no token
  bool wraps_early = false;     // one step before the end, as SPNEGO does
  bool mutual = false;
  unsigned fails_at = 0;  // a step; 0 for never

  unsigned steps = 0;
  bool failed = false;
  std::vector<Bytes> wrapped, unwrapped;

  Error Step(ByteView, Buffer *answer) override {
    GSS_SSPI_REQUIRE(!failed && !is_complete());
    if (++steps == fails_at) {
      failed = true;
      return Fail(Status::kInnerFailed, "as the script says");
    }
    static constexpr uint8_t kToken[] = "token";
    const bool silent = is_complete() && last_is_silent;
    return answer->Assign(silent ? ByteView() : ByteView(kToken)) ? kSuccess
                                                                  : Error(Status::kNoMemory);
  }
  bool is_complete() const override { return steps >= steps_needed; }
  bool is_mutual() const override { return mutual; }
  bool CanWrap() override { return steps + (wraps_early ? 1 : 0) >= steps_needed; }
  Error Wrap(ByteView message, Buffer *token) override {
    GSS_SSPI_REQUIRE(!failed && CanWrap());
    const auto number = static_cast<uint8_t>(wrapped.size());
    wrapped.push_back(Copied(message));
    return token->Assign(Sealed(kOwn, number, message)) ? kSuccess : Error(Status::kNoMemory);
  }
  Error Unwrap(ByteView token, SecretBytes *message) override {
    GSS_SSPI_REQUIRE(!failed && is_complete());
    if (token.size() < 2 || token[0] != kTheirs || token[1] != unwrapped.size()) {
      return Fail(Status::kInnerFailed, "not a seal, or out of turn");
    }
    const Bytes opened = Sealed(0, 0, token.subspan(2));
    unwrapped.emplace_back(opened.begin() + 2, opened.end());
    if (!message->Resize(unwrapped.back().size())) return Status::kNoMemory;
    Copy(message->span(), unwrapped.back());
    return kSuccess;
  }
  uint32_t failure() const override { return 0; }
};

// ---- TLS of the peer ---------------------------------------------------------------------------

class TlsPeer {
 public:
  TlsPeer(bool is_server, int version) : ssl_(SSL_new(Context(is_server))) {
    SSL_set_min_proto_version(ssl_, version);
    SSL_set_max_proto_version(ssl_, version);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    is_server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
  }
  TlsPeer(const TlsPeer &) = delete;
  TlsPeer &operator=(const TlsPeer &) = delete;
  ~TlsPeer() { SSL_free(ssl_); }

  void Feed(ByteView records) {
    if (records.empty()) return;
    BIO_write(SSL_get_rbio(ssl_), records.data(), static_cast<int>(records.size()));
  }
  Bytes Out() {
    Bytes octets(BIO_ctrl_pending(SSL_get_wbio(ssl_)));
    if (!octets.empty()) {
      BIO_read(SSL_get_wbio(ssl_), octets.data(), static_cast<int>(octets.size()));
    }
    return octets;
  }
  bool Handshake() { return SSL_do_handshake(ssl_) == 1; }
  Bytes Read() {
    Bytes plaintext;
    uint8_t room[4096];
    size_t size = 0;
    while (SSL_read_ex(ssl_, room, sizeof room, &size) == 1) {
      plaintext.insert(plaintext.end(), room, room + size);
    }
    return plaintext;
  }
  void Write(ByteView message) {
    size_t written = 0;
    if (!message.empty()) SSL_write_ex(ssl_, message.data(), message.size(), &written);
  }
  SSL *get() { return ssl_; }

 private:
  // A key for the whole run.
  static SSL_CTX *Context(bool is_server) {
    static SSL_CTX *const server = [] {
      SSL_CTX *made = SSL_CTX_new(TLS_server_method());
      EVP_PKEY *key = EVP_EC_gen("P-256");
      X509 *certificate = X509_new();
      X509_gmtime_adj(X509_getm_notAfter(certificate), 1 << 30);
      X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
      X509_set_pubkey(certificate, key);
      GSS_SSPI_REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
      SSL_CTX_use_certificate(made, certificate);
      SSL_CTX_use_PrivateKey(made, key);
      X509_free(certificate);
      EVP_PKEY_free(key);
      return made;
    }();
    static SSL_CTX *const client = SSL_CTX_new(TLS_client_method());
    return is_server ? server : client;
  }

  SSL *ssl_;
};

// Of the product.
inline const Ref<TlsConfig> &Config(Role role) {
  static const auto make = [](Role of) {
    credssp::TlsSettings settings;
    settings.role = of;
    auto made = TlsConfig::Make(settings);
    GSS_SSPI_REQUIRE(made);
    return std::move(*made);
  };
  static const Ref<TlsConfig> initiator = make(Role::kInitiator);
  static const Ref<TlsConfig> acceptor = make(Role::kAcceptor);
  return role == Role::kInitiator ? initiator : acceptor;
}

// ---- the talk ----------------------------------------------------------------------------------

// The nonce of the product as an initiator (Random), and the peer's as a client.
inline constexpr auto kNonce = [] {
  std::array<uint8_t, 32> nonce{};
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<uint8_t>(i + 1);
  return nonce;
}();
inline constexpr uint8_t kGivenKey[] = {0x30, 0x03, 0x02, 0x01, 0x01};

class CredsspTalk {
 public:
  CredsspTalk(Role role, Input *input) : role_(role), input_(input) {
    const uint8_t how = input->Choice();
    const uint8_t script = input->Choice();
    const uint8_t rules = input->Choice();
    with_tls_ = (how & 3) == 3;
    tls12_ = (how & 4) != 0;
    version_ = 2 + (how >> 4) % 6;
    inner_.steps_needed = 1 + (script & 3);
    inner_.last_is_silent = (script & 4) != 0;
    inner_.wraps_early = (script & 8) != 0;
    inner_.mutual = (script & 16) != 0;
    inner_.fails_at = script >> 5;
    plan_.role = role;
    plan_.owns_tls = with_tls_;
    plan_.least_version = 2 + (rules & 7) % 5;
    plan_.requires_proof = (rules & 8) != 0;
    plan_.delegates_to_proven_only = (rules & 16) != 0;
    credentials_ = std::move(*credssp::PasswordCredentials{"DOM", "user", "secret"}.Build());
    plan_.delegation = {credentials_.view(), (rules & 32) != 0};
  }
  virtual ~CredsspTalk() = default;

  void Run() {
    exchange_.emplace(&inner_, plan_);
    if (with_tls_) {
      peer_.emplace(role_ == Role::kInitiator, tls12_ ? TLS1_2_VERSION : TLS1_3_VERSION);
      GSS_SSPI_REQUIRE(!exchange_->OpenTls(Config(role_)));
      Handshake();
    } else {
      GSS_SSPI_REQUIRE(!exchange_->SetServerKey(kGivenKey));
      if (role_ == Role::kInitiator) Step({});
    }
    for (int actions = 0; actions < kMostActions && !input_->rest().empty() && !failed_;
         ++actions) {
      Act();
    }
    Flush();
    if (failed_) return CheckSticky();
    GSS_SSPI_REQUIRE(exchange_->is_complete() == is_over_);
    if (!is_over_) {
      GSS_SSPI_REQUIRE(*exchange_->awaited() != '\0');
      return;
    }
    Reach();
    CheckComplete();
    if (!is_dirty_) CheckTail();
  }

 protected:
  // The peer's next message, when all goes well.
  virtual Bytes Good() = 0;
  // A TSRequest of the product.
  virtual void Judge(const TsRequest &request) = 0;
  virtual void CheckComplete() = 0;

  // What the product, or the peer, must have sealed into pubKeyAuth.
  Bytes BindingOf(bool client, ByteView nonce) const {
    const uint32_t said = exchange_->peer().version();
    const uint32_t version = said != 0 ? said : credssp::NegotiatedVersion(version_);
    const auto binding = client ? credssp::ClientBinding(version, key(), nonce)
                                : credssp::ServerBinding(version, key(), nonce);
    GSS_SSPI_REQUIRE(binding);
    return Copied(binding->view());
  }
  Bytes Sealed(ByteView message) {
    return fuzz::Sealed(ScriptedInner::kTheirs, static_cast<uint8_t>(seals_++), message);
  }
  static Bytes Built(const TsRequest &request) {
    const auto built = request.Build();
    return built ? Copied(built->view()) : Bytes();
  }
  TsRequest NewRequest() const {
    TsRequest request;
    request.version = version_;
    return request;
  }
  ByteView key() const {
    return with_tls_ ? credssp::PublicKeyOf(credssp::ServerCertificate(exchange_->tls()))
                     : ByteView(kGivenKey);
  }

  // The nonces that were in any message of the peer's.
  bool AnyNonce(auto matches) const {
    ByteView rest(plaintext_);
    while (!rest.empty()) {
      const auto size = TsRequest::SizeAt(rest);
      if (!size || *size == 0 || *size > rest.size()) return false;
      const auto request = TsRequest::Parse(rest.first(*size));
      if (request && request->client_nonce && matches(*request->client_nonce)) return true;
      rest = rest.subspan(*size);
    }
    return false;
  }

  const Role role_;
  Input *input_;
  Exchange::Plan plan_;
  ScriptedInner inner_;
  SecretBytes credentials_;
  std::optional<Exchange> exchange_;
  uint32_t version_ = 6;         // of the peer's good messages
  std::vector<Bytes> requests_;  // of the product
  bool failed_ = false;
  bool fails_now_ = false;  // the product answers with a failure

 private:
  static constexpr int kMostActions = 64;

  void Handshake() {
    for (int turn = 0; turn < 8 && !failed_; ++turn) {
      Step(pending_);
      if (SSL_is_init_finished(peer_->get()) == 1 && exchange_->pipe().is_established()) break;
    }
    // A lone Finished was answered by a ticket, or by nothing (C24, C25).
    if (!failed_) Step(pending_);
  }

  // One call. What the product says reaches the peer at once; the peer's TLS may have an answer.
  void Step(ByteView token) {
    const Bytes octets = Copied(token);
    pending_.clear();
    if (is_over_) return Stream(octets);
    GrowingBuffer output;
    const Error error = exchange_->Step(kEnvironment, octets, &output);
    fails_now_ = static_cast<bool>(error);
    Take(output.view());
    if (error) {
      failed_ = true;
      GSS_SSPI_REQUIRE(!exchange_->is_complete());
    } else if (exchange_->is_complete()) {
      is_over_ = true;
      Stream({});
    }
  }

  // Behind the last TSRequest.
  void Stream(ByteView token) {
    GrowingBuffer message;
    const Error error =
        token.empty() ? exchange_->Pending(&message) : exchange_->Unwrap(token, &message);
    stream_.insert(stream_.end(), message.view().begin(), message.view().end());
    if (error) is_dirty_ = true;
  }

  void Take(ByteView output) {
    Bytes plain;
    if (with_tls_) {
      peer_->Feed(output);
      if (peer_->Handshake()) plain = peer_->Read();
      pending_ = peer_->Out();
    } else {
      plain = Copied(output);
    }
    from_product_.insert(from_product_.end(), plain.begin(), plain.end());
    while (!from_product_.empty()) {
      const auto size = TsRequest::SizeAt(from_product_);
      // Always whole, and well-formed.
      GSS_SSPI_REQUIRE(size && *size != 0 && *size <= from_product_.size());
      const auto end = from_product_.begin() + static_cast<ptrdiff_t>(*size);
      requests_.emplace_back(from_product_.begin(), end);
      from_product_.erase(from_product_.begin(), end);
      const auto request = TsRequest::Parse(requests_.back());
      GSS_SSPI_REQUIRE(request && request->version == credssp::kOwnVersion);
      Judge(*request);
    }
  }

  // ---- what the input has the peer do ----

  enum Kind : uint8_t { kGood, kFields, kRaw, kChanged, kWire, kChunk, kEmpty, kRecord };
  static constexpr uint8_t kHold = 8;  // goes with what comes next

  void Act() {
    const uint8_t action = input_->Choice();
    switch (static_cast<Kind>(action & 7)) {
      case kGood:
        Send(Good());
        break;
      case kFields:
        Send(WithFields());
        break;
      case kRaw:
        Send(Copied(input_->Part()));
        break;
      case kChanged:
        Send(Changed(Good()));
        break;
      case kWire: {
        const ByteView octets = input_->Part();
        wire_.insert(wire_.end(), octets.begin(), octets.end());
        is_dirty_ = is_dirty_ || (with_tls_ && !octets.empty());
        if (!with_tls_) plaintext_.insert(plaintext_.end(), octets.begin(), octets.end());
        break;
      }
      case kChunk:
        chunk_ = input_->Choice();
        return;
      case kEmpty:
        Flush();
        if (!failed_) Step({});
        return;
      case kRecord:
        SendRecord(input_->Choice());
        break;
    }
    if ((action & kHold) == 0) Flush();
  }

  void Send(const Bytes &message) {
    plaintext_.insert(plaintext_.end(), message.begin(), message.end());
    if (with_tls_) {
      peer_->Write(message);
      const Bytes records = peer_->Out();
      wire_.insert(wire_.end(), records.begin(), records.end());
    } else {
      wire_.insert(wire_.end(), message.begin(), message.end());
    }
  }

  // What is TLS's own.
  void SendRecord(uint8_t kind) {
    if (!with_tls_) return;
    SSL *ssl = peer_->get();
    if (kind % 4 == 0) SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    if (kind % 4 == 1) SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    if (kind % 4 == 2 && SSL_is_server(ssl) == 1) SSL_new_session_ticket(ssl);
    if (kind % 4 == 3) {
      SSL_shutdown(ssl);
      is_dirty_ = true;
    }
    SSL_do_handshake(ssl);
    const Bytes records = peer_->Out();
    wire_.insert(wire_.end(), records.begin(), records.end());
  }

  // All that waits, in pieces.
  void Flush() {
    Bytes wire = std::exchange(wire_, {});
    wire.insert(wire.begin(), pending_.begin(), pending_.end());
    pending_.clear();
    ByteView rest(wire);
    while (!rest.empty() && !failed_) {
      const size_t size = chunk_ == 0 ? rest.size() : std::min<size_t>(chunk_, rest.size());
      Step(rest.first(size));
      rest = rest.subspan(size);
    }
  }

  // A TSRequest of any fields.
  Bytes WithFields() {
    const uint8_t which = input_->Choice();
    TsRequest request = NewRequest();
    Bytes sealed;
    Bytes credentials;
    if ((which & 1) != 0) request.nego_token = input_->Part();
    if ((which & 2) != 0) {
      sealed = Sealed(BindingOf(role_ == Role::kAcceptor, kNonce));
      request.pub_key_auth = sealed;
    }
    if ((which & 4) != 0) request.pub_key_auth = input_->Part();
    if ((which & 8) != 0) {
      credentials = Sealed(input_->Part());
      request.auth_info = credentials;
    }
    if ((which & 16) != 0) request.auth_info = input_->Part();
    if ((which & 32) != 0) {
      for (const uint8_t octet : input_->Octets<4>()) {
        request.error_code = request.error_code << 8 | octet;
      }
    }
    if ((which & 64) != 0) request.client_nonce = input_->Part();
    if ((which & 128) != 0) request.version = input_->Choice();
    return Built(request);
  }

  Bytes Changed(Bytes message) {
    const size_t at = input_->Choice();
    const uint8_t by = input_->Choice();
    if (!message.empty()) message[at % message.size()] ^= by;
    return message;
  }

  // ---- what holds at the end ----

  // A failed exchange takes nothing more, and says nothing.
  void CheckSticky() {
    const size_t said = requests_.size();
    for (int i = 0; i < 3; ++i) {
      const Bytes token = i == 1 ? Good() : Bytes();
      Send(token);
      GrowingBuffer output;
      const Bytes wire = std::exchange(wire_, {});
      GSS_SSPI_REQUIRE(exchange_->Step(kEnvironment, wire, &output));
      GSS_SSPI_REQUIRE(output.empty() && !exchange_->is_complete());
    }
    GSS_SSPI_REQUIRE(requests_.size() == said);
  }

  // What the peer has sent behind the last TSRequest that the product took. It answers each with
  // one of its own, but an initiator has begun, and an acceptor does not answer the last.
  ByteView Tail() const {
    const size_t taken = role_ == Role::kInitiator ? requests_.size() - 1 : requests_.size() + 1;
    ByteView rest(plaintext_);
    for (size_t i = 0; i < taken; ++i) {
      const auto size = TsRequest::SizeAt(rest);
      GSS_SSPI_REQUIRE(size && *size != 0 && *size <= rest.size());
      rest = rest.subspan(*size);
    }
    return rest;
  }

  // C45: none of it is lost.
  void CheckTail() {
    GSS_SSPI_REQUIRE(Equal(stream_, Tail()));
    if (!with_tls_) return;
    static constexpr uint8_t kPing[] = {'p', 'i', 'n', 'g'};
    Send(Copied(kPing));
    stream_.clear();
    Flush();
    GSS_SSPI_REQUIRE(Equal(stream_, kPing));
    GrowingBuffer token;
    GSS_SSPI_REQUIRE(!exchange_->Wrap(kPing, &token));
    peer_->Feed(token.view());
    GSS_SSPI_REQUIRE(Equal(peer_->Read(), kPing));
  }

  bool with_tls_;
  bool tls12_;
  std::optional<TlsPeer> peer_;
  unsigned seals_ = 0;  // of the peer
  uint8_t chunk_ = 0;   // octets of a delivery; 0: all
  bool is_over_ = false;
  bool is_dirty_ = false;  // the stream is not whole any more
  Bytes wire_, pending_;   // not delivered yet: messages, and what the peer's TLS answers
  Bytes plaintext_;        // all that the peer has sent
  Bytes stream_;           // what came behind the last TSRequest
  Bytes from_product_;
};

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_CREDSSP_TALK_H_
