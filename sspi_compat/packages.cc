// SPDX-License-Identifier: MIT
#include "sspi_compat/packages.h"

#include <credssp.h>

#include <type_traits>

#include "sspi_compat/gss.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {

constexpr Package kNtlm = {
    .name = NTLMSP_NAME_A,
    .comment = "NTLM Security Package",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY |
                    SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
                    SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME |
                    SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_RESTRICTED_TOKENS,
    .version = 1,
    .rpc_id = 0x0A,
    .max_token = 2888,
    .mech = kNtlmOid,
};

constexpr Package kKerberos = {
    .name = MICROSOFT_KERBEROS_NAME_A,
    .comment = "Kerberos V5 of the system",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY |
                    SECPKG_FLAG_DATAGRAM | SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
                    SECPKG_FLAG_EXTENDED_ERROR | SECPKG_FLAG_IMPERSONATION |
                    SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_NEGOTIABLE |
                    SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_MUTUAL_AUTH |
                    SECPKG_FLAG_DELEGATION | SECPKG_FLAG_READONLY_WITH_CHECKSUM |
                    SECPKG_FLAG_RESTRICTED_TOKENS,
    .version = 1,
    .rpc_id = 0x10,
    .max_token = 48000,
    .mech = kKerberosOid,
};

constexpr Package kNegotiate = {
    .name = NEGOSSP_NAME_A,
    .comment = "SPNEGO of the system: Kerberos or NTLM",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
                    SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_EXTENDED_ERROR |
                    SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME |
                    SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_LOGON |
                    SECPKG_FLAG_RESTRICTED_TOKENS,
    .version = 1,
    .rpc_id = 0x09,
    .max_token = 48000,
    .mech = kSpnegoOid,
};

constexpr Package kCredssp = {
    .name = CREDSSP_NAME_A,
    .comment = "CredSSP: a login inside TLS that hands over credentials",
    .capabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
                    SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_IMPERSONATION |
                    SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_STREAM | SECPKG_FLAG_MUTUAL_AUTH |
                    SECPKG_FLAG_NEGO_EXTENDER,
    .version = 1,
    .rpc_id = SECPKG_ID_NONE,
    .max_token = 0x90A8,
    .mech = kCredsspOid,
};

static_assert(kCredssp.capabilities == 0x00110733);
static_assert(kNtlm.capabilities == 0x00082b37);
static_assert(kKerberos.capabilities == 0x000f3bbf);
static_assert(kNegotiate.capabilities == 0x00083bb3);

namespace {
constexpr const Package *kPackages[] = {&kNegotiate, &kKerberos, &kNtlm, &kCredssp};
}  // namespace

const Package *FindPackage(std::string_view name) {
  // C84.
  if (EqualIgnoringAsciiCase(name, TS_SSP_NAME_A)) name = kCredssp.name;
  for (const Package *package : kPackages) {
    if (EqualIgnoringAsciiCase(name, package->name)) {
      return HasMechanism(package->mech) ? package : nullptr;
    }
  }
  return nullptr;
}

const Package *PackageOf(gss_const_OID mech) {
  for (const Package *package : kPackages) {
    if (gss_oid_equal(mech, package->mech)) return package;
  }
  return nullptr;
}

std::vector<const Package *> InstalledPackages() {
  std::vector<const Package *> installed;
  for (const Package *package : kPackages) {
    if (HasMechanism(package->mech)) installed.push_back(package);
  }
  return installed;
}

template <typename Info>
ContextBuffer<Info> MakeInfo(std::span<const Package *const> packages) {
  using Char = std::remove_pointer_t<decltype(Info::Name)>;
  size_t size = packages.size() * sizeof(Info);
  for (const Package *package : packages) {
    size += (UnitsOf<Char>(package->name) + UnitsOf<Char>(package->comment)) * sizeof(Char);
  }
  ContextBuffer<Info> block(static_cast<Info *>(AllocateContextBuffer(size)));
  auto *text = reinterpret_cast<Char *>(block.get() + packages.size());
  Info *info = block.get();
  for (const Package *package : packages) {
    info->fCapabilities = package->capabilities;
    info->wVersion = package->version;
    info->wRPCID = package->rpc_id;
    info->cbMaxToken = package->max_token;
    info->Name = text;
    text = Put<Char>(package->name, text);
    info->Comment = text;
    text = Put<Char>(package->comment, text);
    ++info;
  }
  return block;
}

template ContextBuffer<SecPkgInfoA> MakeInfo<SecPkgInfoA>(std::span<const Package *const>);
template ContextBuffer<SecPkgInfoW> MakeInfo<SecPkgInfoW>(std::span<const Package *const>);

}  // namespace gss_sspi::sspi
