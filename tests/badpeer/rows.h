// SPDX-License-Identifier: MIT
// Rows of what a peer does wrong, and what the product must make of it (section 5 of the
// requirements, C143 to C161).
#ifndef TESTS_BADPEER_ROWS_H_
#define TESTS_BADPEER_ROWS_H_

#include "peer.h"

namespace badpeer {

inline constexpr Base kNtlm = {.name = "NTLM"};
inline constexpr Base kSpnego = {.name = "SPNEGO", .inner = "spnego", .tls = "1.2"};
inline constexpr Base kVersion2 = {.name = "version 2", .version = 2};
inline constexpr Base kVersion3 = {.name = "version 3", .version = 3};
inline constexpr Base kVersion5 = {.name = "version 5", .version = 5};
inline constexpr Base kVersion7 = {.name = "version 7", .version = 7};
inline constexpr Base kApart = {.name = "key apart", .inner = "spnego", .key_apart = true};

struct Row {
  const char *name, *clause;
  Base base;
  Change change;
  OM_uint32 major;   // of the product; GSS_S_COMPLETE where it must not mind
  const char *text;  // a part of the text of its minor status
  // The errorCode that the product tells a client (C16); 0 for none.
  uint32_t code = 0;
};

// The login goes well unchanged, fails as the row says when it is changed, leaves a dead context,
// and goes well again. A failed initiator has sent no authInfo (C58), a failed acceptor gives
// neither name nor credential.
void ExpectRow(bool product_initiates, const Row &row);
// What holds after a failure in any role.
void ExpectDead(Product *product, const Peer &peer);

// ---- changes that several rows make ------------------------------------------------------------

// Of the fields of an encoded TSRequest, by the number of their tags; it must be there.
void ReplaceField(Octets *message, unsigned number, const Octets &field);
Octets FieldOf(const Octets &message, unsigned number);
void Flip(Octets *octets, size_t at);
// Pads a TSRequest to so many octets, by clientNonce.
void PadTo(Request *request, size_t size);

// What is wrong with the DER of a TSRequest, or only unusual, whoever sends it.
struct DerRow {
  const char *name, *clause;
  void (*octets)(Peer &peer, Octets &message);
  OM_uint32 major;
  const char *text;
};
extern const DerRow kDerRows[];
extern const int kDerRowCount;
// It at the first TSRequest of the peer.
Row RowOf(const DerRow &row);

}  // namespace badpeer

#endif  // TESTS_BADPEER_ROWS_H_
