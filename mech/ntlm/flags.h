// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.2.5 NEGOTIATE flags, without the prefix NTLMSSP_NEGOTIATE_ (or NTLMSSP_).
#ifndef GSS_SSPI_NTLM_FLAGS_H_
#define GSS_SSPI_NTLM_FLAGS_H_

#include <cstdint>

namespace gss_sspi::ntlm {

using Flags = uint32_t;

inline constexpr Flags kUnicode = 0x00000001;
inline constexpr Flags kOem = 0x00000002;
inline constexpr Flags kRequestTarget = 0x00000004;
inline constexpr Flags kSign = 0x00000010;
inline constexpr Flags kSeal = 0x00000020;
inline constexpr Flags kDatagram = 0x00000040;
inline constexpr Flags kLmKey = 0x00000080;
inline constexpr Flags kNtlm = 0x00000200;
inline constexpr Flags kAnonymous = 0x00000800;
inline constexpr Flags kOemDomainSupplied = 0x00001000;
inline constexpr Flags kOemWorkstationSupplied = 0x00002000;
inline constexpr Flags kAlwaysSign = 0x00008000;
inline constexpr Flags kTargetTypeDomain = 0x00010000;
inline constexpr Flags kTargetTypeServer = 0x00020000;
inline constexpr Flags kExtendedSessionSecurity = 0x00080000;
inline constexpr Flags kIdentify = 0x00100000;
inline constexpr Flags kRequestNonNtSessionKey = 0x00400000;
inline constexpr Flags kTargetInfo = 0x00800000;
inline constexpr Flags kVersion = 0x02000000;
inline constexpr Flags k128 = 0x20000000;
inline constexpr Flags kKeyExch = 0x40000000;
inline constexpr Flags k56 = 0x80000000;

// On these the AUTHENTICATE must say what the CHALLENGE said (N304).
inline constexpr Flags kAgreedFlags =
    kUnicode | kExtendedSessionSecurity | kSign | kSeal | kKeyExch | k128 | k56;

// These describe the message at hand and not the session. All others an AUTHENTICATE may only have
// if the CHALLENGE had them (N304).
inline constexpr Flags kMessageFlags = kOem | kRequestTarget | kAnonymous | kOemDomainSupplied |
                                       kOemWorkstationSupplied | kTargetTypeDomain |
                                       kTargetTypeServer | kTargetInfo | kVersion;

// What a session needs whose messages are protected (N305).
inline constexpr Flags kMinimumStrength = kExtendedSessionSecurity | k128;

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_FLAGS_H_
