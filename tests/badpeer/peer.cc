// SPDX-License-Identifier: MIT
#include "peer.h"

#include <openssl/evp.h>

#include <cstring>

namespace badpeer {
namespace {

// With its NUL each.
constexpr char kToServer[] = "CredSSP Client-To-Server Binding Hash";
constexpr char kToClient[] = "CredSSP Server-To-Client Binding Hash";

}  // namespace

Peer::Peer(const Ends &the_ends, const Tls::Setup &setup, const Change &change,
           const Peer *the_earlier)
    : ends(the_ends),
      is_server(setup.server),
      tls(setup, &the_ends.identity),
      inner(the_ends),
      earlier(the_earlier),
      nonce(32, '\0'),
      change_(change) {
  // Another one in each session.
  fill_pattern(reinterpret_cast<uint8_t *>(nonce.data()), nonce.size(), earlier == nullptr ? 1 : 2);
}

Octets Peer::Binding(bool to_server, const Octets &key, const Octets &of_nonce) const {
  if (ends.base.version < 5) {
    Octets binding = key;
    if (!to_server) binding[0] = static_cast<char>(binding[0] + 1);
    return binding;
  }
  Octets input =
      to_server ? Octets(kToServer, sizeof kToServer) : Octets(kToClient, sizeof kToClient);
  input += of_nonce + key;
  unsigned char digest[32];
  ck_assert_int_eq(EVP_Digest(input.data(), input.size(), digest, nullptr, EVP_sha256(), nullptr),
                   1);
  return {reinterpret_cast<char *>(digest), sizeof digest};
}

Request Peer::NewRequest() const {
  Request request;
  request.version = ends.base.version;
  return request;
}

// What is compared is not sealed yet: no seal is made twice.
void Peer::Send(Request request) {
  ++legs;
  const bool is_hit = change_.leg == kEach || change_.leg == legs;
  if (is_hit && change_.fields != nullptr) {
    const Octets before = request.Encode();
    change_.fields(*this, request);
    changed = changed || request.Encode() != before;
  }
  if (request.binding && !request.pub_key_auth) request.pub_key_auth = inner.Seal(*request.binding);
  if (request.credentials && !request.auth_info) {
    request.auth_info = inner.Seal(*request.credentials);
  }
  Octets message = request.Encode();
  if (is_hit && change_.octets != nullptr) {
    const Octets before = message;
    change_.octets(*this, message);
    changed = changed || message != before;
  }
  sent.push_back(request);
  for (; !message.empty(); message.erase(0, record_size)) {
    tls.Write(message.substr(0, record_size));
  }
}

void Peer::SendBehind() {
  if (!behind.empty()) tls.Write(behind);
}

Octets Peer::Step(const Octets &input) {
  tls.Feed(input);
  const bool was_done = SSL_is_init_finished(tls.get()) == 1;
  if (!tls.Handshake()) return tls.Out();
  text += tls.Read();
  const bool waits = finished_alone && !was_done;
  if (!has_begun_ && !waits) {
    has_begun_ = true;
    Begin();
  }
  while (wants_more() && !failed()) {
    const Octets message = First(text);
    if (message.empty()) break;
    text.erase(0, message.size());
    received.push_back(Decode(message));
    const Request request = received.back();
    if (request.auth_info) ++auth_infos;
    if (request.error_code) error_code = static_cast<uint32_t>(*request.error_code);
    if (!request.error_code) Take(request);
  }
  return tls.Out();
}

// ---- the server ([MS-CSSP] 3.2.5) --------------------------------------------------------------

void Server::Take(const Request &request) {
  if (request.client_nonce) nonce = *request.client_nonce;
  if (request.auth_info) {
    credentials = inner.Unseal(*request.auth_info);
    return;
  }
  Request reply = NewRequest();
  if (request.nego_tokens && !inner.complete()) {
    const Octets token = inner.Step(request.nego_tokens->front());
    if (inner.failed()) return;
    if (!token.empty()) reply.nego_tokens = {token};
  }
  const bool has_key = request.pub_key_auth.has_value();
  // C4: the same pubKeyAuth must come once more.
  const bool goes_apart = ends.base.key_apart && has_key && !sent_token_alone_;
  if (goes_apart) {
    sent_token_alone_ = true;
  } else if (has_key) {
    Prove(request, &reply);
  }
  Send(reply);
  if (reply.binding) SendBehind();
}

void Server::Prove(const Request &request, Request *reply) {
  // The same octets may come twice (C4); a seal can be opened once.
  if (proven_ != *request.pub_key_auth) {
    const Octets theirs = inner.Unseal(*request.pub_key_auth);
    ck_assert_msg(theirs == Binding(true), "the product's pubKeyAuth is wrong");
    proven_ = *request.pub_key_auth;
  }
  reply->binding = OwnBinding();
}

// ---- the client ([MS-CSSP] 3.1.5) --------------------------------------------------------------

void Client::Begin() { Go(inner.Step({})); }

void Client::Go(const Octets &token) {
  Request request = NewRequest();
  if (ends.base.version >= 5) request.client_nonce = nonce;
  if (!token.empty()) request.nego_tokens = {token};
  const bool may = ends.base.key_apart ? inner.complete() && token.empty() : inner.CanSeal();
  if (may) {
    sent_key_ = true;
    request.binding = OwnBinding();
  }
  Send(request);
}

void Client::Take(const Request &request) {
  const Octets token = request.nego_tokens && !request.nego_tokens->empty() && !inner.complete()
                           ? inner.Step(request.nego_tokens->front())
                           : Octets();
  if (inner.failed() || complete()) return;
  if (!request.pub_key_auth) {
    // Nothing to answer with once the key is out.
    if (!sent_key_) Go(token);
    return;
  }
  const Octets theirs = inner.Unseal(*request.pub_key_auth);
  ck_assert_msg(theirs == Binding(false), "the product's pubKeyAuth is wrong");
  Request reply = NewRequest();
  if (ends.base.version >= 5) reply.client_nonce = nonce;
  reply.credentials =
      PasswordCredentials(Utf16(TEST_DOMAIN), Utf16(TEST_USER), Utf16(TEST_PASSWORD));
  sent_credentials_ = true;
  Send(reply);
  SendBehind();
}

// ---- both together -----------------------------------------------------------------------------

Tls::Setup SetupOf(const Ends &ends) {
  Tls::Setup setup = {ends.product_initiates,
                      strcmp(ends.base.tls, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION};
  setup.tickets = ends.base.tickets;
  return setup;
}

std::unique_ptr<Peer> MakePeer(const Ends &ends, const Tls::Setup &setup, const Change &change,
                               const Peer *earlier) {
  if (setup.server) return std::make_unique<Server>(ends, setup, change, earlier);
  return std::make_unique<Client>(ends, setup, change, earlier);
}

void Run(Product *product, Peer *peer, FlightHook hook, Delivery deliver) {
  int flight = 0;
  const auto answer = [&](const Octets &input) {
    Octets octets = peer->Step(input);
    ++flight;
    if (hook == nullptr) return octets;
    const Octets before = octets;
    hook(*peer, flight, octets);
    peer->changed = peer->changed || octets != before;
    return octets;
  };
  Octets token = peer->is_server ? Octets() : answer({});
  // Two silent turns: a server without tickets does not answer a lone Finished.
  for (int silent = 0; silent < 2 && product->waits();) {
    const Octets to_peer = deliver != nullptr && !token.empty() ? deliver(product, flight, token)
                                                                : product->Step(token);
    token = answer(to_peer);
    silent = token.empty() && to_peer.empty() ? silent + 1 : 0;
  }
}

std::unique_ptr<Peer> ExpectGood(const Ends &ends) {
  Product product(ends);
  auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  Run(&product, peer.get());
  EXPECT_COMPLETE(product.major, product.minor);
  ck_assert_msg(product.complete() && peer->complete(),
                "%s: the unchanged login ended early in leg %d: %s", ends.base.name, peer->legs,
                product.Awaited().c_str());
  return peer;
}

}  // namespace badpeer
