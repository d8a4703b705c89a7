// SPDX-License-Identifier: MIT
// Both ends of an NTLM login in one process, through the mechglue.
#ifndef GSS_SSPI_BENCH_LOGIN_H_
#define GSS_SSPI_BENCH_LOGIN_H_

#include <gssapi/gssapi.h>

extern gss_OID_desc kNtlmMechanism;

struct Login {
  gss_cred_id_t initiator, acceptor;
  gss_name_t target;
};

struct ContextPair {
  gss_ctx_id_t initiator, acceptor;
};

// Ends the program with the texts of a failed call.
void CheckGss(const char *call, OM_uint32 major, OM_uint32 minor);

// `user` is DOMAIN\user; its secret comes from where the mechanism looks for it.
void AcquireLogin(struct Login *login, const char *user);
void ReleaseLogin(struct Login *login);
gss_cred_id_t AcquireAcceptor(void);

void Handshake(const struct Login *login, struct ContextPair *pair);
// The same; the seconds that the acceptor's calls took.
double HandshakeTimed(const struct Login *login, struct ContextPair *pair);
void DropPair(struct ContextPair *pair);

#endif  // GSS_SSPI_BENCH_LOGIN_H_
