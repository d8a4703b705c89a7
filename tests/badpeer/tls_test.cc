// SPDX-License-Identifier: MIT
// What goes wrong in TLS itself, or only looks as if it did (C21, C60, C63, C64, C154 to C156), and
// a relay between two streams.
#include <cstring>

#include "rows.h"

namespace badpeer {
namespace {

constexpr OM_uint32 kDefective = GSS_S_DEFECTIVE_TOKEN;
constexpr OM_uint32 kFailure = GSS_S_FAILURE;
constexpr OM_uint32 kBadSig = GSS_S_BAD_SIG;
constexpr OM_uint32 kFine = GSS_S_COMPLETE;

constexpr bool kInitiator = true;
constexpr bool kAcceptor = false;

constexpr Base kTls13 = {.name = "TLS 1.3"};
constexpr Base kTls12 = {.name = "TLS 1.2", .tls = "1.2"};

struct TlsRow {
  const char *name, *clause;
  bool product_initiates;
  Base base;
  void (*setup)(Tls::Setup &setup);  // of the peer's end; null for what the base has
  void (*stream)(SSL *ssl);          // before the handshake
  FlightHook hook;
  OM_uint32 major;
  const char *text;
  int alert = -1;  // that the product sends
  Change change = {};
};

// ---- what a peer sends in place of a flight, or with it ----------------------------------------

// A server's flights: its part of the handshake, what answers Finished, and two TSRequests. A
// client's: ClientHello, the rest of the handshake (with the first TSRequest in TLS 1.3), and so
// on.
template <int kFlight, void (*kChange)(Peer &, Octets &)>
void At(Peer &peer, int flight, Octets &octets) {
  if (flight == kFlight) kChange(peer, octets);
}

template <uint8_t kLevel, uint8_t kDescription>
void PlainAlert(Peer &, Octets &octets) {
  octets = Hex("1503030002") + static_cast<char>(kLevel) + static_cast<char>(kDescription);
}
void Http(Peer &, Octets &octets) { octets = "HTTP/1.1 400 Bad Request\r\n"; }
void NakedRequest(Peer &, Octets &octets) { octets = Hex("3005a003020106"); }
void HugeRecord(Peer &, Octets &octets) { octets = Hex("160303ffff"); }
void Version4(Peer &, Octets &octets) { octets = Hex("160401000100"); }
void UnprotectedData(Peer &, Octets &octets) { octets = Hex("17030300073005a003020106"); }
void FlipLast(Peer &, Octets &octets) { Flip(&octets, octets.size() - 1); }
void FlipType(Peer &, Octets &octets) { Flip(&octets, 0); }
void Twice(Peer &, Octets &octets) { octets += octets; }
template <uint8_t kVersion>
void OldServerHello(Peer &, Octets &octets) {
  const char version[] = {3, static_cast<char>(kVersion)};
  const Octets hello = Octets(version, 2) + Octets(32, 'r') + Hex("00c01300");
  const Octets message = Hex("020000") + static_cast<char>(hello.size()) + hello;
  octets = Hex("16030300") + static_cast<char>(message.size()) + message;
}
void CloseNotifyBehind(Peer &peer, Octets &octets) {
  SSL_shutdown(peer.tls.get());
  octets += peer.tls.Out();
}
// In place of a TSRequest.
void CloseNotify(Peer &peer, Octets &message) {
  message.clear();
  SSL_shutdown(peer.tls.get());
}
// A record that the peer cannot read makes it send a fatal alert, under the keys of the stream.
void FatalAlert(Peer &peer, Octets &message) {
  message.clear();
  peer.tls.Feed(Hex("1703030020") + Octets(32, 'x'));
  peer.tls.Read();
}
// Records that a handshake passes over: change_cipher_spec in TLS 1.3, HelloRequest in TLS 1.2.
template <int kCount>
void ChangeCipherSpecs(Peer &, Octets &octets) {
  for (int i = 0; i < kCount; ++i) octets.insert(0, Hex("140303000101"));
}
template <int kCount>
void HelloRequests(Peer &, Octets &octets) {
  for (int i = 0; i < kCount; ++i) octets.insert(0, Hex("160303000400000000"));
}
template <int kCount>
void Tickets(Peer &peer, Octets &octets) {
  for (int i = 0; i < kCount; ++i) SSL_new_session_ticket(peer.tls.get());
  SSL_do_handshake(peer.tls.get());
  octets += peer.tls.Out();
}
// Behind what the flight has: the peer's next flight is under the new key.
template <int kCount, int kType>
void KeyUpdates(Peer &peer, Octets &octets) {
  for (int i = 0; i < kCount; ++i) {
    ck_assert_int_eq(SSL_key_update(peer.tls.get(), kType), 1);
    SSL_do_handshake(peer.tls.get());
  }
  octets += peer.tls.Out();
}

template <int kVersion>
void OnlyVersion(Tls::Setup &setup) {
  setup.version = kVersion;
}
void WeakCipher(Tls::Setup &setup) { setup.ciphers = "AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0"; }
void CbcCipher(Tls::Setup &setup) { setup.ciphers = "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"; }

void AskForCertificate(SSL *ssl) { SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr); }
void DemandCertificate(SSL *ssl) {
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

const TlsRow kRows[] = {
    // ---- servers: the handshake ----
    {"alert 40 in place of ServerHello", "C155", kInitiator, kTls13, nullptr, nullptr,
     At<1, PlainAlert<2, 40>>, kFailure, "TLS alert 40 handshake failure from the peer"},
    {"alert 80 in place of Finished", "C155", kInitiator, kTls12, nullptr, nullptr,
     At<2, PlainAlert<2, 80>>, kFailure, "TLS alert 80 internal error from the peer"},
    {"close_notify in place of ServerHello", "C154", kInitiator, kTls13, nullptr, nullptr,
     At<1, PlainAlert<1, 0>>, kFailure, "close notify from the peer"},
    {"close_notify in place of Finished", "C154", kInitiator, kTls12, nullptr, nullptr,
     At<2, PlainAlert<1, 0>>, kFailure, "close notify from the peer"},
    {"HTTP", "C155", kInitiator, kTls13, nullptr, nullptr, At<1, Http>, kDefective,
     "it looks like HTTP"},
    {"a TSRequest without TLS", "C41", kInitiator, kTls13, nullptr, nullptr, At<1, NakedRequest>,
     kDefective, "a TSRequest without TLS"},
    {"a record of 65540 octets", "C44", kInitiator, kTls13, nullptr, nullptr, At<1, HugeRecord>,
     kDefective, "a TLS record of version 3.3 with 65540 octets"},
    {"a record of version 4.1", "C64", kInitiator, kTls13, nullptr, nullptr, At<1, Version4>,
     kDefective, "a TLS record of version 4.1"},
    {"data before the handshake", "C155", kInitiator, kTls12, nullptr, nullptr,
     At<1, UnprotectedData>, kFailure, "TLS alert 10"},
    {"TLS 1.0 only", "C155", kInitiator, kTls12, OnlyVersion<TLS1_VERSION>, nullptr, nullptr,
     kFailure, "TLS alert 70 protocol version from the peer; offered 1.2 to 1.3"},
    {"TLS 1.1 only", "C155", kInitiator, kTls12, OnlyVersion<TLS1_1_VERSION>, nullptr, nullptr,
     kFailure, "TLS alert 70 protocol version from the peer; offered 1.2 to 1.3"},
    {"a ServerHello of TLS 1.0", "C155", kInitiator, kTls12, nullptr, nullptr,
     At<1, OldServerHello<1>>, kFailure, "TLS alert 70 protocol version to the peer", 70},
    {"a ServerHello of TLS 1.1", "C155", kInitiator, kTls12, nullptr, nullptr,
     At<1, OldServerHello<2>>, kFailure, "TLS alert 70 protocol version to the peer", 70},
    {"no cipher with ECDHE", "C155", kInitiator, kTls12, WeakCipher, nullptr, nullptr, kFailure,
     "TLS alert 40 handshake failure from the peer"},
    {"no cipher with AEAD", "C155", kInitiator, kTls12, CbcCipher, nullptr, nullptr, kFailure,
     "TLS alert 40 handshake failure from the peer"},
    {"a bit of the handshake, TLS 1.3", "C155", kInitiator, kTls13, nullptr, nullptr,
     At<1, FlipLast>, kFailure, "TLS failed", 20},
    {"a bit of Finished, TLS 1.2", "C155", kInitiator, kTls12, nullptr, nullptr, At<2, FlipLast>,
     kFailure, "TLS failed", 20},
    {"the handshake twice", "C155", kInitiator, kTls13, nullptr, nullptr, At<1, Twice>, kBadSig,
     "a record of the stream is damaged"},
    {"HelloRequest in the handshake", "C156", kInitiator, kTls12, nullptr, nullptr,
     At<1, HelloRequests<1>>, kFine, ""},
    {"1001 HelloRequests in the handshake", "C153", kInitiator, kTls12, nullptr, nullptr,
     At<1, HelloRequests<1001>>, kDefective, "1000 records that say nothing"},
    {"1001 change_cipher_spec in the handshake", "C153", kInitiator, kTls13, nullptr, nullptr,
     At<2, ChangeCipherSpecs<1001>>, kBadSig, ""},
    {"a client certificate is asked for", "C63", kInitiator, kTls13, nullptr, AskForCertificate,
     nullptr, kFine, ""},
    {"a client certificate is asked for, TLS 1.2", "C63", kInitiator, kTls12, nullptr,
     AskForCertificate, nullptr, kFine, ""},
    {"a client certificate is demanded", "C63", kInitiator, kTls13, nullptr, DemandCertificate,
     nullptr, kFailure, "TLS alert 116"},
    {"a client certificate is demanded, TLS 1.2", "C63", kInitiator, kTls12, nullptr,
     DemandCertificate, nullptr, kFailure, "TLS alert 40"},

    // ---- servers: the stream ----
    {"a bit of the first TSRequest", "C46", kInitiator, kTls13, nullptr, nullptr, At<3, FlipLast>,
     kBadSig, "a record of the stream is damaged", 20},
    {"a bit of the first TSRequest, TLS 1.2", "C46", kInitiator, kTls12, nullptr, nullptr,
     At<3, FlipLast>, kBadSig, "a record of the stream is damaged", 20},
    {"the type of a record", "C46", kInitiator, kTls12, nullptr, nullptr, At<3, FlipType>, kBadSig,
     "a record of the stream is damaged"},
    {"a record twice", "C46", kInitiator, kTls13, nullptr, nullptr, At<3, Twice>, kBadSig,
     "a record of the stream is damaged"},
    {"a TSRequest outside of TLS", "C41", kInitiator, kTls13, nullptr, nullptr, At<3, NakedRequest>,
     kDefective, "a TSRequest without TLS"},
    {"data that is not protected", "C46", kInitiator, kTls13, nullptr, nullptr,
     At<3, UnprotectedData>, kBadSig, "a record of the stream is damaged"},
    {"an alert that is not protected", "C46", kInitiator, kTls12, nullptr, nullptr,
     At<3, PlainAlert<2, 40>>, kBadSig, "a record of the stream is damaged"},
    {"close_notify in place of the first TSRequest",
     "C154",
     kInitiator,
     kTls13,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "the peer closed the stream before the login was done",
     -1,
     {1, nullptr, CloseNotify}},
    {"close_notify in place of the key",
     "C154",
     kInitiator,
     kTls12,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "the peer closed the stream before the login was done",
     -1,
     {2, nullptr, CloseNotify}},
    {"close_notify behind the first TSRequest", "C154", kInitiator, kTls13, nullptr, nullptr,
     At<3, CloseNotifyBehind>, kFailure, "the peer closed the stream before the login was done"},
    {"a fatal alert in place of the key",
     "C155",
     kInitiator,
     kTls13,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "TLS alert 20 bad record mac from the peer",
     -1,
     {2, nullptr, FatalAlert}},
    {"a fatal alert in place of the key, TLS 1.2",
     "C155",
     kInitiator,
     kTls12,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "TLS alert 20 bad record mac from the peer",
     -1,
     {2, nullptr, FatalAlert}},
    {"tickets before a TSRequest", "C21", kInitiator, kTls13, nullptr, nullptr, At<2, Tickets<3>>,
     kFine, ""},
    {"tickets behind a TSRequest", "C21", kInitiator, kTls13, nullptr, nullptr, At<3, Tickets<3>>,
     kFine, ""},
    {"1001 tickets", "C153", kInitiator, kTls13, nullptr, nullptr, At<3, Tickets<1001>>, kDefective,
     "1000 records that say nothing"},
    {"KeyUpdate", "C21", kInitiator, kTls13, nullptr, nullptr,
     At<3, KeyUpdates<1, SSL_KEY_UPDATE_NOT_REQUESTED>>, kFine, ""},
    {"KeyUpdate that asks for one", "C21", kInitiator, kTls13, nullptr, nullptr,
     At<3, KeyUpdates<1, SSL_KEY_UPDATE_REQUESTED>>, kFine, ""},
    {"1001 KeyUpdates", "C153", kInitiator, kTls13, nullptr, nullptr,
     At<3, KeyUpdates<1001, SSL_KEY_UPDATE_NOT_REQUESTED>>, kDefective,
     "1000 records that say nothing"},

    // ---- clients: the handshake ----
    {"TLS 1.0 only", "C155", kAcceptor, kTls12, OnlyVersion<TLS1_VERSION>, nullptr, nullptr,
     kFailure, "TLS alert 70 protocol version to the peer; offered 1.2 to 1.3", 70},
    {"TLS 1.1 only", "C155", kAcceptor, kTls12, OnlyVersion<TLS1_1_VERSION>, nullptr, nullptr,
     kFailure, "TLS alert 70 protocol version to the peer; offered 1.2 to 1.3", 70},
    {"no cipher with ECDHE", "C155", kAcceptor, kTls12, WeakCipher, nullptr, nullptr, kFailure,
     "TLS alert 40 handshake failure to the peer", 40},
    {"no cipher with AEAD", "C155", kAcceptor, kTls12, CbcCipher, nullptr, nullptr, kFailure,
     "TLS alert 40 handshake failure to the peer", 40},
    {"the server's certificate is refused", "C155", kAcceptor, kTls13, nullptr, AskForCertificate,
     nullptr, kFailure, "TLS alert 48 unknown CA from the peer"},
    {"the server's certificate is refused, TLS 1.2", "C155", kAcceptor, kTls12, nullptr,
     AskForCertificate, nullptr, kFailure, "TLS alert 48 unknown CA from the peer"},
    {"an alert in place of ClientHello", "C155", kAcceptor, kTls13, nullptr, nullptr,
     At<1, PlainAlert<2, 40>>, kFailure, "TLS alert 10 unexpected_message to the peer", 10},
    {"close_notify in the handshake", "C154", kAcceptor, kTls12, nullptr, nullptr,
     At<2, PlainAlert<1, 0>>, kFailure, "close notify from the peer"},
    {"a bit of ClientHello", "C155", kAcceptor, kTls12, nullptr, nullptr,
     [](Peer &, int flight, Octets &octets) {
       if (flight == 1) Flip(&octets, 5);
     },
     kFailure, "TLS failed", 10},
    {"a bit of Finished, TLS 1.2", "C155", kAcceptor, kTls12, nullptr, nullptr, At<2, FlipLast>,
     kFailure, "TLS failed", 20},
    {"ClientHello twice", "C155", kAcceptor, kTls13, nullptr, nullptr, At<1, Twice>, kFailure,
     "TLS failed", 10},

    // ---- clients: the stream ----
    {"a bit of the first TSRequest", "C46", kAcceptor, kTls13, nullptr, nullptr, At<2, FlipLast>,
     kBadSig, "a record of the stream is damaged", 20},
    {"a bit of the credentials", "C46", kAcceptor, kTls13, nullptr, nullptr, At<4, FlipLast>,
     kBadSig, "a record of the stream is damaged", 20},
    {"a bit of the credentials, TLS 1.2", "C46", kAcceptor, kTls12, nullptr, nullptr,
     At<5, FlipLast>, kBadSig, "a record of the stream is damaged", 20},
    {"HTTP in place of the key", "C41", kAcceptor, kTls13, nullptr, nullptr, At<3, Http>,
     kDefective, "it looks like HTTP"},
    {"close_notify in place of the key",
     "C154",
     kAcceptor,
     kTls13,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "the peer closed the stream before the login was done",
     -1,
     {2, nullptr, CloseNotify}},
    {"close_notify in place of the credentials",
     "C154",
     kAcceptor,
     kTls13,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "the peer closed the stream before the login was done",
     -1,
     {3, nullptr, CloseNotify}},
    {"close_notify in place of the credentials, TLS 1.2",
     "C154",
     kAcceptor,
     kTls12,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "the peer closed the stream before the login was done",
     -1,
     {3, nullptr, CloseNotify}},
    {"a fatal alert in place of the credentials",
     "C155",
     kAcceptor,
     kTls13,
     nullptr,
     nullptr,
     nullptr,
     kFailure,
     "TLS alert 20 bad record mac from the peer",
     -1,
     {3, nullptr, FatalAlert}},
    {"KeyUpdate", "C21", kAcceptor, kTls13, nullptr, nullptr,
     At<2, KeyUpdates<1, SSL_KEY_UPDATE_NOT_REQUESTED>>, kFine, ""},
    {"KeyUpdate that asks for one", "C21", kAcceptor, kTls13, nullptr, nullptr,
     At<2, KeyUpdates<1, SSL_KEY_UPDATE_REQUESTED>>, kFine, ""},
    {"1001 KeyUpdates", "C153", kAcceptor, kTls13, nullptr, nullptr,
     At<3, KeyUpdates<1001, SSL_KEY_UPDATE_NOT_REQUESTED>>, kDefective,
     "1000 records that say nothing"},
};
constexpr int kRowCount = sizeof kRows / sizeof kRows[0];

void RunChanged(const Ends &ends, const TlsRow &row) {
  Tls::Setup setup = SetupOf(ends);
  if (row.setup != nullptr) row.setup(setup);
  Product product(ends);
  const auto peer = MakePeer(ends, setup, row.change, nullptr);
  if (row.stream != nullptr) row.stream(peer->tls.get());
  Run(&product, peer.get(), row.hook);
  const bool has_change = row.hook != nullptr || row.change.octets != nullptr;
  ck_assert_msg(peer->changed == has_change, "%s: nothing was changed", row.name);
  if (row.major == kFine) {
    EXPECT_COMPLETE(product.major, product.minor);
    ck_assert_msg(product.complete() && peer->complete(), "%s: it ended early, waiting for %s",
                  row.name, product.Awaited().c_str());
    return;
  }
  ck_assert_msg(GSS_ERROR(product.major) == row.major && strstr(product.text.c_str(), row.text),
                "%s: status %s, \"%s\", waiting for \"%s\"", row.name, major_name(product.major),
                product.text.c_str(), product.Awaited().c_str());
  const auto &alerts = peer->tls.alerts();
  const int alert = alerts.empty() ? -1 : alerts.back() & 0xff;
  ck_assert_msg(row.alert < 0 || alert == row.alert, "%s: alert %d", row.name, alert);
  ExpectDead(&product, *peer);
}

START_TEST(row) {
  const Ends ends(kRows[_i].product_initiates, kRows[_i].base);
  ExpectGood(ends);
  RunChanged(ends, kRows[_i]);
  ExpectGood(ends);
}
END_TEST

// ---- renegotiation and resumption (C156) -------------------------------------------------------

// Each end in turn, once the login is done.
struct Stream {
  explicit Stream(bool product_initiates, const Base &base)
      : ends(product_initiates, base), product(ends) {
    Tls::Setup setup = SetupOf(ends);
    setup.renegotiates = true;
    peer = MakePeer(ends, setup, {}, nullptr);
    Run(&product, peer.get());
    ck_assert(product.complete() && peer->complete());
  }
  // What the product makes of octets of the stream.
  OM_uint32 Unwrap(const Octets &token, Octets *message) {
    octets data = {nullptr, 0};
    const OM_uint32 major =
        unwrap_octets(product.context, token.data(), token.size(), nullptr, &data);
    if (data.data != nullptr) message->assign(reinterpret_cast<char *>(data.data), data.size);
    octets_free(&data);
    return major;
  }
  Octets Wrap(const char *text) {
    octets token = {nullptr, 0};
    int conf = 0;
    const OM_uint32 major = wrap_octets(product.context, 1, text, strlen(text), &conf, &token);
    EXPECT_COMPLETE(major, 0);
    const Octets record(reinterpret_cast<char *>(token.data), token.size);
    octets_free(&token);
    return record;
  }

  Ends ends;
  Product product;
  std::unique_ptr<Peer> peer;
};

// The peer asks for it, with TLS 1.2; _i: the product's role. Before that the stream works.
START_TEST(no_renegotiation) {
  Stream stream(_i == 1, kTls12);
  SSL *ssl = stream.peer->tls.get();
  Octets message;
  stream.peer->tls.Write("before");
  OM_uint32 major = stream.Unwrap(stream.peer->tls.Out(), &message);
  EXPECT_COMPLETE(major, 0);
  ck_assert(message == "before");
  ck_assert_int_eq(SSL_renegotiate(ssl), 1);
  SSL_do_handshake(ssl);
  const Octets request = stream.peer->tls.Out();
  ck_assert_uint_gt(request.size(), 5);
  message.clear();
  major = stream.Unwrap(request, &message);
  ck_assert_uint_eq(message.size(), 0);
  // Refused, or passed over: there is never a new handshake.
  if (!GSS_ERROR(major)) {
    stream.peer->tls.Feed(stream.Wrap("after"));
    stream.peer->tls.Read();
  }
  SSL_do_handshake(ssl);
  ck_assert_int_eq(SSL_is_init_finished(ssl), 0);
}
END_TEST

// In the login, in place of its next TSRequest.
void Renegotiate(Peer &peer, Octets &message) {
  message.clear();
  SSL_renegotiate(peer.tls.get());
  SSL_do_handshake(peer.tls.get());
}
START_TEST(no_renegotiation_in_the_login) {
  const Ends ends(_i == 1, kTls12);
  ExpectGood(ends);
  Tls::Setup setup = SetupOf(ends);
  setup.renegotiates = true;
  Product product(ends);
  const auto peer = MakePeer(ends, setup, {2, nullptr, Renegotiate}, nullptr);
  Run(&product, peer.get());
  ck_assert(peer->changed);
  ck_assert(!product.complete());
  ck_assert_int_eq(SSL_is_init_finished(peer->tls.get()), 0);
  ck_assert_int_eq(peer->auth_infos, 0);
}
END_TEST

// A client that comes back with the session and the ticket of its last login.
START_TEST(no_resumption) {
  const Ends ends(false, _i == 1 ? kTls13 : kTls12);
  const auto first = ExpectGood(ends);
  SSL_SESSION *session = SSL_get1_session(first->tls.get());
  ck_assert_ptr_nonnull(session);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  SSL_set_session(peer->tls.get(), session);
  Run(&product, peer.get());
  EXPECT_COMPLETE(product.major, product.minor);
  ck_assert(product.complete() && peer->complete());
  ck_assert_int_eq(SSL_session_reused(peer->tls.get()), 0);
  SSL_SESSION_free(session);
}
END_TEST

// C21, C46: KeyUpdate between messages; _i: role, and whether an answer is asked for.
START_TEST(key_update_in_the_stream) {
  Stream stream(_i % 2 == 1, kTls13);
  SSL *ssl = stream.peer->tls.get();
  for (int i = 0; i < 3; ++i) {
    Octets message;
    ck_assert_int_eq(SSL_key_update(ssl, i == 0 || _i / 2 == 0 ? SSL_KEY_UPDATE_NOT_REQUESTED
                                                               : SSL_KEY_UPDATE_REQUESTED),
                     1);
    SSL_do_handshake(ssl);
    OM_uint32 major = stream.Unwrap(stream.peer->tls.Out(), &message);
    EXPECT_COMPLETE(major, 0);
    ck_assert_uint_eq(message.size(), 0);
    stream.peer->tls.Write("under the new key");
    major = stream.Unwrap(stream.peer->tls.Out(), &message);
    EXPECT_COMPLETE(major, 0);
    ck_assert(message == "under the new key");
    stream.peer->tls.Feed(stream.Wrap("answer"));
    ck_assert(stream.peer->tls.Read() == "answer");
  }
}
END_TEST

// ---- a relay (C12, C146) -----------------------------------------------------------------------

// Between an initiator and an acceptor of the product: a TLS stream with each, and every TSRequest
// handed on as it is.
struct Relay {
  Relay(const Ends &initiator_ends, const Ends &acceptor_ends, const Identity &identity)
      : initiator(initiator_ends),
        acceptor(acceptor_ends),
        to_initiator({true, TLS1_3_VERSION}, &identity),
        to_acceptor({false, TLS1_3_VERSION}, nullptr) {}

  void Run() {
    Octets for_initiator;
    for (int turn = 0; turn < 12 && (initiator.waits() || acceptor.waits()); ++turn) {
      Octets from_initiator;
      if (initiator.waits()) from_initiator = initiator.Step(for_initiator);
      const Octets request = Plaintext(&to_initiator, from_initiator);
      if (!request.empty() && Decode(request).auth_info) ++auth_infos;
      if (!request.empty()) to_acceptor.Write(request);
      to_acceptor.Handshake();
      const Octets for_acceptor = to_acceptor.Out();
      Octets from_acceptor;
      if (acceptor.waits() && !for_acceptor.empty()) from_acceptor = acceptor.Step(for_acceptor);
      const Octets answer = Plaintext(&to_acceptor, from_acceptor);
      if (!answer.empty()) to_initiator.Write(answer);
      for_initiator = to_initiator.Out();
    }
  }
  static Octets Plaintext(Tls *tls, const Octets &records) {
    tls->Feed(records);
    return tls->Handshake() ? tls->Read() : Octets();
  }

  Product initiator, acceptor;
  Tls to_initiator, to_acceptor;
  int auth_infos = 0;
};

START_TEST(relay) {
  const Ends initiator(true, kNtlm), acceptor(false, kNtlm);
  // With the acceptor's own key it would go well: the relay itself is none the worse.
  Relay with_key(initiator, acceptor, acceptor.identity);
  with_key.Run();
  EXPECT_COMPLETE(with_key.initiator.major, with_key.initiator.minor);
  ck_assert(with_key.initiator.complete() && with_key.acceptor.complete());
  ck_assert_int_eq(with_key.auth_infos, 1);

  Relay without(initiator, acceptor, initiator.identity);
  without.Run();
  EXPECT_STATUS(GSS_S_BAD_SIG, without.acceptor.major, without.acceptor.minor);
  EXPECT_TEXT(without.acceptor.text.c_str(), "possible man in the middle");
  ck_assert_ptr_null(without.acceptor.client);
  EXPECT_STATUS(GSS_S_FAILURE, without.initiator.major, without.initiator.minor);
  EXPECT_TEXT(without.initiator.text.c_str(), "STATUS_LOGON_FAILURE (0xC000006D)");
  ck_assert_int_eq(without.auth_infos, 0);
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("badpeer tls");
  TCase *tests = tcase_create("rows");
  tcase_add_loop_test(tests, row, 0, kRowCount);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  TCase *streams = tcase_create("streams");
  tcase_add_loop_test(streams, no_renegotiation, 0, 2);
  tcase_add_loop_test(streams, no_renegotiation_in_the_login, 0, 2);
  tcase_add_loop_test(streams, no_resumption, 0, 2);
  tcase_add_loop_test(streams, key_update_in_the_stream, 0, 4);
  tcase_add_test(streams, relay);
  suite_add_tcase(suite, streams);
  return suite;
}

}  // namespace
}  // namespace badpeer

int main() { return run_suite(badpeer::MakeSuite); }
