// SPDX-License-Identifier: MIT
// A login with SSPI on one side and plain GSSAPI on the other.
#ifndef TESTS_SSPI_GSS_PEER_H_
#define TESTS_SSPI_GSS_PEER_H_

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "support.h"

// The SSPI side and its GSSAPI peer.
struct mixed {
  CredHandle credential;
  CtxtHandle context;
  gss_ctx_id_t peer;
  bool dce;
};

// Plain GSSAPI has no list of packages: in a realm its SPNEGO takes Kerberos.
static inline bool gss_can_be_peer(const struct lane *lane) {
  return lane->list == NULL || !has_realm();
}

// Both fail unless the login works. `mixed` has no peer yet.
void sspi_initiates(const struct lane *lane, struct mixed *mixed);
void gss_initiates(const struct lane *lane, struct mixed *mixed);
void forget(struct mixed *mixed);

// Fails with the text of the mechanism.
void expect_good(OM_uint32 major, OM_uint32 minor, const char *what);

#endif  // TESTS_SSPI_GSS_PEER_H_
