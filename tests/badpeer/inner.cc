// SPDX-License-Identifier: MIT
// The host's GSSAPI on both ends: credentials, the context inside, and the product.
#include <cstring>

#include "peer.h"

namespace badpeer {
namespace {

gss_OID MechanismOf(const Base &base) {
  return strcmp(base.inner, "ntlm") == 0 ? &oid_ntlm : &oid_spnego;
}

gss_buffer_desc BufferOf(const Octets &octets) { return buffer_of(octets.data(), octets.size()); }

// A copy that ends where the next octet cannot be read.
gss_buffer_desc GuardedOf(const Octets &octets) {
  return buffer_of(guarded_copy(octets.data(), octets.size()), octets.size());
}

Octets Take(gss_buffer_t buffer) {
  OM_uint32 minor;
  Octets octets;
  if (buffer->value != nullptr) octets.assign(static_cast<char *>(buffer->value), buffer->length);
  gss_release_buffer(&minor, buffer);
  return octets;
}

}  // namespace

// ---- credentials -------------------------------------------------------------------------------

Ends::Ends(bool initiates, const Base &the_base)
    : product_initiates(initiates),
      base(the_base),
      target(import_service("TERMSRV@server.example.com")) {
  const char *least = base.version < 5 ? "2" : "5";
  const credssp_key initiator_keys[] = {{GSS_CREDSSP_CS_PASSWORD, TEST_PASSWORD, kBothEnds},
                                        {GSS_CREDSSP_CS_INNER, base.inner, kBothEnds},
                                        {GSS_CREDSSP_CS_MIN_VERSION, least, kBothEnds},
                                        {nullptr, nullptr, kBothEnds}};
  const credssp_key acceptor_keys[] = {{GSS_NTLMSSP_CS_KEYFILE, accounts_file(), kBothEnds},
                                       {GSS_CREDSSP_CS_MIN_VERSION, least, kBothEnds},
                                       {GSS_CREDSSP_CS_CERT, "", kBothEnds},
                                       {nullptr, nullptr, kBothEnds}};
  OM_uint32 minor;
  OM_uint32 major;
  if (initiates) {
    major =
        try_acquire_credssp(&minor, TEST_NAME, GSS_C_INITIATE, initiator_keys, kBothEnds, &product);
    peer = acquire_acceptor(accounts_file(), MechanismOf(base));
  } else {
    credssp_key keys[4];
    memcpy(keys, acceptor_keys, sizeof keys);
    keys[2].value = identity.WriteFile("acceptor.pem");
    if (base.own_certificate) keys[2] = keys[3];
    major = try_acquire_credssp(&minor, nullptr, GSS_C_ACCEPT, keys, kBothEnds, &product);
    peer = acquire_with_password(TEST_NAME, TEST_PASSWORD, MechanismOf(base));
  }
  EXPECT_COMPLETE(major, minor);
}

Ends::~Ends() {
  release_cred(&product);
  release_cred(&peer);
  release_name(&target);
}

// ---- the context inside ------------------------------------------------------------------------

Inner::~Inner() {
  OM_uint32 minor;
  gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
}

Octets Inner::Step(const Octets &token) {
  OM_uint32 minor;
  gss_buffer_desc in = BufferOf(token), out = GSS_C_EMPTY_BUFFER;
  if (ends_.product_initiates) {
    major_ = gss_accept_sec_context(&minor, &context_, ends_.peer, &in, nullptr, nullptr, nullptr,
                                    &out, nullptr, nullptr, nullptr);
  } else {
    major_ =
        gss_init_sec_context(&minor, ends_.peer, &context_, ends_.target, MechanismOf(ends_.base),
                             request_flags, 0, nullptr, &in, nullptr, &out, nullptr, nullptr);
  }
  return Take(&out);
}

bool Inner::CanSeal() const {
  OM_uint32 minor, most;
  return context_ != GSS_C_NO_CONTEXT && !failed() &&
         gss_wrap_size_limit(&minor, context_, 1, 0, 1024, &most) == GSS_S_COMPLETE;
}

Octets Inner::Seal(const Octets &message, bool confidential) {
  OM_uint32 minor;
  gss_buffer_desc in = BufferOf(message), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_wrap(&minor, context_, confidential ? 1 : 0, 0, &in, nullptr, &out);
  EXPECT_COMPLETE(major, minor);
  return Take(&out);
}

Octets Inner::Unseal(const Octets &token) {
  OM_uint32 minor;
  gss_buffer_desc in = BufferOf(token), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_unwrap(&minor, context_, &in, &out, nullptr, nullptr);
  return major == GSS_S_COMPLETE ? Take(&out) : Octets();
}

// ---- the product -------------------------------------------------------------------------------

Product::~Product() {
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  release_name(&client);
  if (delegated != GSS_C_NO_CREDENTIAL) release_cred(&delegated);
}

Octets Product::Step(const Octets &input) {
  gss_buffer_desc in = GuardedOf(input), out = GSS_C_EMPTY_BUFFER;
  if (ends_.product_initiates) {
    major =
        gss_init_sec_context(&minor, ends_.product, &context, ends_.target, &oid_credssp,
                             GSS_C_DELEG_FLAG, 0, nullptr, &in, nullptr, &out, nullptr, nullptr);
  } else {
    if (context == GSS_C_NO_CONTEXT && steps_ == 0) seed_context(&context);
    release_name(&client);
    major = gss_accept_sec_context(&minor, &context, ends_.product, &in, nullptr, &client, nullptr,
                                   &out, nullptr, nullptr, &delegated);
  }
  ++steps_;
  text = GSS_ERROR(major) ? minor_text_of(minor) : "";
  return Take(&out);
}

Octets Product::Pending() {
  gss_buffer_set_t set;
  OM_uint32 ignored;
  Octets octets;
  if (ask(context, kPendingOption, &ignored, &set) == GSS_S_COMPLETE && set->count != 0) {
    octets.assign(static_cast<char *>(set->elements[0].value), set->elements[0].length);
  }
  gss_release_buffer_set(&ignored, &set);
  return octets;
}

std::string Product::Awaited() const {
  gss_buffer_set_t set;
  OM_uint32 ignored;
  std::string awaited;
  if (ask(context, kStatusOption, &ignored, &set) == GSS_S_COMPLETE && set->count > 1) {
    awaited.assign(static_cast<char *>(set->elements[1].value), set->elements[1].length);
  }
  gss_release_buffer_set(&ignored, &set);
  return awaited;
}

}  // namespace badpeer
