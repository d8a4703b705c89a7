// SPDX-License-Identifier: MIT
// Every call of a mechanism with usual arguments, through mechglue or directly in the module, and
// the handles it needs.
#ifndef TESTS_GSS_CALLS_H_
#define TESTS_GSS_CALLS_H_

#include "support.h"

// ---- two ways to call --------------------------------------------------------------------------

struct api {
  const char *name;
  void *handle;  // for dlsym
  bool direct;
  void (*looked_up)(const char *name);  // may be null; each call is looked up
};
extern struct api api;

void use_api(bool direct);
void *api_symbol(const char *name);

#define CALL(name) ((__typeof__(&name))api_symbol(#name))
// Entry points whose name in the module begins with gssspi_.
#define CALL_SPI(name) \
  ((__typeof__(&gss_##name))api_symbol(api.direct ? "gssspi_" #name : "gss_" #name))

// Entry points that no header has.
typedef OM_uint32 release_oid_call(OM_uint32 *, gss_OID *);
typedef OM_uint32 import_by_mech_call(OM_uint32 *, gss_OID, gss_buffer_t, void *);
typedef OM_uint32 import_name_by_mech_call(OM_uint32 *, gss_OID, gss_buffer_t, gss_OID,
                                           gss_name_t *);
typedef OM_uint32 authorize_localname_call(OM_uint32 *, gss_name_t, gss_buffer_t, gss_OID);

// ---- handles of each stage ---------------------------------------------------------------------

enum stage { kNew, kHalfOpen, kOpen, kFailed, kStages };

struct things {
  gss_name_t user, target;
  gss_cred_id_t initiator, acceptor;
  gss_ctx_id_t context;  // of the stage asked for
  gss_ctx_id_t other;    // the other end, when there is one
  gss_buffer_desc negotiate, wrap_token, mic_token, name_token, context_token, cred_token;
};

void things_open(struct things *t, enum stage stage);
void things_close(struct things *t);

gss_name_t make_name(const char *text, gss_OID type);
OM_uint32 init_step(struct things *t, gss_cred_id_t cred, gss_ctx_id_t *context, gss_buffer_t in,
                    gss_buffer_t out);
OM_uint32 accept_step(struct things *t, gss_ctx_id_t *context, gss_buffer_t in, gss_buffer_t out);
// Buffers of both ways come from malloc(3).
void drop_buffer(gss_buffer_t buffer);

// ---- the calls ---------------------------------------------------------------------------------

#define BIT(n) (1u << (n))

struct call {
  const char *name;
  // Argument n is left out when bit n of `absent` is set; bit 0 is minor_status.
  OM_uint32 (*call)(struct things *t, unsigned absent);
  unsigned arguments;   // how many may be left out, minor_status included
  unsigned optional;    // which of them, without an error of the module
  unsigned host_needs;  // which of them mechglue itself reads without a check
  bool refused;         // it gets a token that cannot hold, or asks for what nobody has
};
extern const struct call kCalls[];
extern const size_t kCallCount;
const struct call *call_named(const char *name);

#endif  // TESTS_GSS_CALLS_H_
