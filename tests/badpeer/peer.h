// SPDX-License-Identifier: MIT
// A client and a server of CredSSP of our own, that behave but for what a row changes (C141).
#ifndef TESTS_BADPEER_PEER_H_
#define TESTS_BADPEER_PEER_H_

#include <memory>
#include <string>

#include "tls.h"

extern "C" {
#include "../credssp/credssp_support.h"
}

namespace badpeer {

// A login that must succeed when nothing is changed.
struct Base {
  const char *name;
  const char *inner = "ntlm";  // or spnego
  const char *tls = "1.3";     // or 1.2
  int version = 6;             // of the peer
  bool key_apart = false;  // the last token of the login inside and pubKeyAuth go apart (C2, C4)
  size_t tickets = 1;      // of a server
  bool own_certificate = false;  // of an acceptor: the one it makes itself
};

// Credentials of both ends: the product's in one role and the peer's, of the mechanism inside.
class Ends {
 public:
  Ends(bool product_initiates, const Base &base);
  Ends(const Ends &) = delete;
  Ends &operator=(const Ends &) = delete;
  ~Ends();

  const bool product_initiates;
  const Base base;
  Identity identity;
  gss_cred_id_t product = GSS_C_NO_CREDENTIAL, peer = GSS_C_NO_CREDENTIAL;
  gss_name_t target;
};

// The context of NTLM or SPNEGO in the peer's TSRequests, through the host's GSSAPI.
class Inner {
 public:
  explicit Inner(const Ends &ends) : ends_(ends) {}
  Inner(const Inner &) = delete;
  Inner &operator=(const Inner &) = delete;
  ~Inner();

  Octets Step(const Octets &token);
  // What a client asks for.
  OM_uint32 request_flags = kUsualFlags;
  bool complete() const { return major_ == GSS_S_COMPLETE && context_ != GSS_C_NO_CONTEXT; }
  bool failed() const { return GSS_ERROR(major_) != 0; }
  bool CanSeal() const;
  Octets Seal(const Octets &message, bool confidential = true);
  // Empty for what is not of this context.
  Octets Unseal(const Octets &token);

 private:
  const Ends &ends_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  OM_uint32 major_ = GSS_S_CONTINUE_NEEDED;
};

class Peer;

// What a row changes: at one TSRequest of the peer's, counted from 1, or at each.
enum { kEach = 0, kNoLeg = -1 };
struct Change {
  int leg = kNoLeg;
  void (*fields)(Peer &peer, Request &request) = nullptr;  // before it is sealed and encoded
  void (*octets)(Peer &peer, Octets &message) = nullptr;   // the encoded TSRequest
};

class Peer {
 public:
  Peer(const Ends &the_ends, const Tls::Setup &setup, const Change &change,
       const Peer *the_earlier);
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;
  virtual ~Peer() = default;

  // The octets of the product, and the answer.
  Octets Step(const Octets &input);
  virtual bool complete() const = 0;
  bool failed() const { return inner.failed(); }
  // The SHA-256 of magic, nonce and key, or the older form (C12, section 1.3).
  Octets Binding(bool to_server, const Octets &key, const Octets &of_nonce) const;
  Octets Binding(bool to_server) const { return Binding(to_server, tls.ServerKey(), nonce); }
  Octets OwnBinding() const { return Binding(!is_server); }

  const Ends &ends;
  const bool is_server;
  Tls tls;
  Inner inner;
  const Peer *const earlier;  // another session, which went well
  Octets nonce;
  int legs = 0;             // TSRequests sent
  bool changed = false;     // by the row
  int auth_infos = 0;       // TSRequests with authInfo that came
  uint32_t error_code = 0;  // that came
  std::vector<Request> sent, received;
  Octets text;  // plaintext that is not part of a TSRequest yet, or follows the last
  bool finished_alone = false;    // a client sends nothing with its Finished
  size_t record_size = SIZE_MAX;  // of the plaintext of one
  Octets behind;                  // application data, sent right behind the last TSRequest

 protected:
  virtual void Begin() {}
  virtual void Take(const Request &request) = 0;
  virtual bool wants_more() const { return true; }
  void Send(Request request);
  void SendBehind();
  Request NewRequest() const;

 private:
  const Change change_;
  bool has_begun_ = false;
};

class Server : public Peer {
 public:
  using Peer::Peer;
  bool complete() const override { return auth_infos != 0; }
  Octets credentials;  // that came

 protected:
  void Take(const Request &request) override;
  bool wants_more() const override { return !complete(); }

 private:
  void Prove(const Request &request, Request *reply);
  bool sent_token_alone_ = false;
  Octets proven_;  // the client's pubKeyAuth, when it was right
};

class Client : public Peer {
 public:
  using Peer::Peer;
  bool complete() const override { return sent_credentials_; }

 protected:
  void Begin() override;
  void Take(const Request &request) override;

 private:
  void Go(const Octets &token);
  bool sent_key_ = false;
  bool sent_credentials_ = false;
};

// The product's end, through the mechglue.
class Product {
 public:
  explicit Product(const Ends &ends) : ends_(ends) {}
  Product(const Product &) = delete;
  Product &operator=(const Product &) = delete;
  ~Product();

  Octets Step(const Octets &input);
  bool complete() const { return steps_ != 0 && major == GSS_S_COMPLETE; }
  bool waits() const { return steps_ == 0 || major == GSS_S_CONTINUE_NEEDED; }
  // What gss_unwrap of no octets would give (C45).
  Octets Pending();
  // What it says it waits for.
  std::string Awaited() const;

  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  OM_uint32 major = GSS_S_CONTINUE_NEEDED, minor = 0;
  gss_name_t client = GSS_C_NO_NAME;
  gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
  std::string text;  // of the last failure

 private:
  const Ends &ends_;
  int steps_ = 0;
};

// TLS as the base has it.
Tls::Setup SetupOf(const Ends &ends);
std::unique_ptr<Peer> MakePeer(const Ends &ends, const Tls::Setup &setup, const Change &change,
                               const Peer *earlier);
// Sees, and may change, what the peer sends at once. Flights count from 1.
using FlightHook = void (*)(Peer &peer, int flight, Octets &octets);
// Hands a flight to the product.
using Delivery = Octets (*)(Product *product, int flight, const Octets &octets);
// Until both have nothing to say, or the product has failed; what it says then still arrives.
void Run(Product *product, Peer *peer, FlightHook hook = nullptr, Delivery deliver = nullptr);
// A login with nothing changed, which must succeed.
std::unique_ptr<Peer> ExpectGood(const Ends &ends);

}  // namespace badpeer

#endif  // TESTS_BADPEER_PEER_H_
