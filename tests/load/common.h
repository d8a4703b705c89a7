// SPDX-License-Identifier: MIT
// What the server and the client of the load test have in common. On the wire is, from either end,
// a frame: the length in four octets, the highest first, and so many octets. It is a token of the
// GSSAPI unless its first octet, with which no token begins, says otherwise.
#ifndef TESTS_LOAD_COMMON_H_
#define TESTS_LOAD_COMMON_H_

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { kFrameHead = 4, kMaxFrame = 65536 };
enum {
  kRefusal = '!',   // from the server: no login; the rest says why
  kQuestion = '?',  // to the server: how are you?
  kAnswer = '=',    // from the server: a struct of kAnswerForm
};
#define GREETING "hello "

// Resident octets, octets of the heap, connections, contexts of the server.
struct server_state {
  unsigned long resident, heap, connections, contexts;
};
#define ANSWER_FORM "%lu %lu %lu %lu"

extern gss_OID_desc oid_ntlm;    // 1.3.6.1.4.1.311.2.2.10
extern gss_OID_desc oid_spnego;  // 1.3.6.1.5.5.2

// Writes and reads the length of a frame.
void put_length(uint8_t head[kFrameHead], size_t length);
size_t get_length(const uint8_t head[kFrameHead]);
// Sends one frame, at once and completely, or gives false.
bool send_frame(int fd, const void *data, size_t size);

// Both texts of a status, "major: minor", cut to the room.
void status_text(char *room, size_t size, OM_uint32 major, OM_uint32 minor, gss_OID mech);

// Seconds of a clock that only goes forward.
double seconds_now(void);

// Ends the program with a message.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *must_allocate(size_t size);
// As many descriptors as the system permits.
void raise_descriptor_limit(void);

#endif  // TESTS_LOAD_COMMON_H_
