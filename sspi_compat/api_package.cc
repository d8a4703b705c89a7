// SPDX-License-Identifier: MIT
// Exports: packages and memory.
#include "sspi_compat/entry.h"
#include "sspi_compat/memory.h"
#include "sspi_compat/packages.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

template <typename Info>
SECURITY_STATUS Enumerate(ULONG *count, Info **out) {
  Clear(count);
  Clear(out);
  if (count == nullptr || out == nullptr) {
    return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the answer");
  }
  const auto packages = InstalledPackages();
  *out = MakeInfo<Info>(packages).release();
  *count = static_cast<ULONG>(packages.size());
  return SEC_E_OK;
}

// S137: of an unknown package nothing is written.
template <typename Char, typename Info>
SECURITY_STATUS QueryInfo(const Char *name, Info **out) {
  if (out == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the answer");
  const auto text = TextOfCaller(name);
  const Package *package = text ? FindPackage(*text) : nullptr;
  if (package == nullptr) return Fail(SEC_E_SECPKG_NOT_FOUND, "there is no such package");
  *out = MakeInfo<Info>({&package, 1}).release();
  return SEC_E_OK;
}

}  // namespace
}  // namespace gss_sspi::sspi

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

SSPI_EXPORT SECURITY_STATUS EnumerateSecurityPackagesA(ULONG *pcPackages,
                                                       PSecPkgInfoA *ppPackageInfo) {
  return Guard([&] { return Enumerate(pcPackages, ppPackageInfo); });
}

SSPI_EXPORT SECURITY_STATUS EnumerateSecurityPackagesW(ULONG *pcPackages,
                                                       PSecPkgInfoW *ppPackageInfo) {
  return Guard([&] { return Enumerate(pcPackages, ppPackageInfo); });
}

SSPI_EXPORT SECURITY_STATUS QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName,
                                                      PSecPkgInfoA *ppPackageInfo) {
  return Guard([&] { return QueryInfo(pszPackageName, ppPackageInfo); });
}

SSPI_EXPORT SECURITY_STATUS QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName,
                                                      PSecPkgInfoW *ppPackageInfo) {
  return Guard([&] { return QueryInfo(pszPackageName, ppPackageInfo); });
}

// L12, S120.
SSPI_EXPORT SECURITY_STATUS FreeContextBuffer(PVOID pvContextBuffer) {
  return Guard([&] {
    FreeRegistered(pvContextBuffer);
    return SEC_E_OK;
  });
}
