/* SPDX-License-Identifier: MIT */
/* Programs written for Windows pass the address of an unsigned long where a ULONG is wanted; that
 * has 64 bits here. A function-like macro with the function's own name rewrites just this argument:
 * a macro is not expanded inside itself, so the call still reaches the function. It works through a
 * function table as well, and a name without parentheses stays as it is.
 *
 * Not rewritten: a call through a pointer of the program's own; the compiler then reports the type.
 * A program that gives a function of its own one of these names, or passes a compound literal with
 * commas, defines SSPI_NO_ULONG_COMPAT and uses ULONG. */
#ifndef GSS_SSPI_ULONG_COMPAT_H
#define GSS_SSPI_ULONG_COMPAT_H

#include "sspi.h" /* the declarations must come before the macros */

#if defined(__LP64__) && !defined(SSPI_NO_ULONG_COMPAT)

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SSPI_LOW 1
#else
#define SSPI_LOW 0
#endif

#ifdef __cplusplus
#define SSPI_REINTERPRET(type, p) (reinterpret_cast<type>(p))
#define SSPI_NULL nullptr
#else
#define SSPI_REINTERPRET(type, p) ((type)(p))
#define SSPI_NULL NULL
#endif

typedef ULONG __attribute__((__may_alias__)) sspi_ulong_alias;

/* The half of an unsigned long that its value is in; the other half becomes 0. */
static inline PULONG sspi_low_half(unsigned long *p) {
  if (!p) return NULL;
  *p = 0;
  return SSPI_REINTERPRET(PULONG, SSPI_REINTERPRET(sspi_ulong_alias *, p) + SSPI_LOW);
}
/* The same for what the function reads first. */
static inline PULONG sspi_kept_half(unsigned long *p) {
  if (!p) return NULL;
  *p &= 0xFFFFFFFF;
  return SSPI_REINTERPRET(PULONG, SSPI_REINTERPRET(sspi_ulong_alias *, p) + SSPI_LOW);
}

#ifdef __cplusplus
extern "C++" { /* overloads, also when a program includes this within extern "C" */
static inline PULONG sspi_ulp(unsigned long *p) { return sspi_low_half(p); }
static inline PULONG sspi_ulp(PULONG p) { return p; }
static inline PULONG sspi_ulp(decltype(nullptr)) { return nullptr; }
static inline PULONG sspi_ulp(long) { return nullptr; }
static inline PULONG sspi_ulp(int) { return nullptr; }
static inline PULONG sspi_ulp_kept(unsigned long *p) { return sspi_kept_half(p); }
static inline PULONG sspi_ulp_kept(PULONG p) { return p; }
static inline PULONG sspi_ulp_kept(decltype(nullptr)) { return nullptr; }
static inline PULONG sspi_ulp_kept(long) { return nullptr; }
static inline PULONG sspi_ulp_kept(int) { return nullptr; }
}
/* The comma keeps g++ from warning of NULL, which is a long there. */
#define SSPI_ULP(p) sspi_ulp((static_cast<void>(0), (p)))
#define SSPI_ULP_KEPT(p) sspi_ulp_kept((static_cast<void>(0), (p)))
#else
static inline PULONG sspi_same(PULONG p) { return p; }
#define SSPI_ULP(p) _Generic((p), unsigned long * : sspi_low_half, default : sspi_same)(p)
#define SSPI_ULP_KEPT(p) _Generic((p), unsigned long * : sspi_kept_half, default : sspi_same)(p)
#endif

#define InitializeSecurityContextA(c, x, t, f, r1, d, i, r2, n, o, at, e) \
  InitializeSecurityContextA(c, x, t, f, r1, d, i, r2, n, o, SSPI_ULP(at), e)
#define InitializeSecurityContextW(c, x, t, f, r1, d, i, r2, n, o, at, e) \
  InitializeSecurityContextW(c, x, t, f, r1, d, i, r2, n, o, SSPI_ULP(at), e)
#define AcceptSecurityContext(c, x, i, f, d, n, o, at, e) \
  AcceptSecurityContext(c, x, i, f, d, n, o, SSPI_ULP(at), e)
#define DecryptMessage(x, m, n, q) DecryptMessage(x, m, n, SSPI_ULP(q))
#define UnsealMessage(x, m, n, q) UnsealMessage(x, m, n, SSPI_ULP(q))
#define VerifySignature(x, m, n, q) VerifySignature(x, m, n, SSPI_ULP(q))
#define EnumerateSecurityPackagesA(n, p) EnumerateSecurityPackagesA(SSPI_ULP(n), p)
#define EnumerateSecurityPackagesW(n, p) EnumerateSecurityPackagesW(SSPI_ULP(n), p)

#endif

#endif /* GSS_SSPI_ULONG_COMPAT_H */
