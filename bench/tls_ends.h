// SPDX-License-Identifier: MIT
// Both ends of a TLS stream in one process, as the benches of CredSSP need them: of bare OpenSSL
// (tls_ends_openssl.c, the floor) and of the mechanism through the mechglue (tls_ends_credssp.c).
#ifndef GSS_SSPI_BENCH_TLS_ENDS_H_
#define GSS_SSPI_BENCH_TLS_ENDS_H_

#include <stddef.h>
#include <stdint.h>

struct Ends;

// Once, before the others: `minor` is 2 or 3, of TLS 1.
void Prepare(int minor);
// A whole login, or handshake.
struct Ends *Connect(void);
void Disconnect(struct Ends *ends);
// One record from the client, in place where that can be; ends the program unless it arrives.
void PassRecord(struct Ends *ends, uint8_t *data, size_t size);
// The same in the other direction.
void PassBack(struct Ends *ends, uint8_t *data, size_t size);

#endif  // GSS_SSPI_BENCH_TLS_ENDS_H_
