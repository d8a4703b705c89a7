// SPDX-License-Identifier: MIT
// LoadLibrary and what goes with it. One library can be loaded: ours.
#include <atomic>
#include <string_view>

#include "winshim/export.h"
#include "winshim/sspi_library.h"
#include "winshim/unicode.h"

namespace gss_sspi::winshim {
namespace {

constexpr std::string_view kKnownNames[] = {"secur32", "security", "sspicli"};
constexpr std::string_view kSuffix = ".dll";

// What every handle is, how many were given out and not given back, and whether the program has
// asked for the library without a handle of its own. A child of fork(2) has no lock to wait for.
constinit std::atomic<void *> sspi = nullptr;
constinit std::atomic<size_t> open_handles = 0;
constinit std::atomic<bool> is_resident = false;

// Where and how a file would be searched and judged: LOAD_LIBRARY_SEARCH_...,
// LOAD_WITH_ALTERED_SEARCH_PATH, LOAD_IGNORE_CODE_AUTHZ_LEVEL, DONT_RESOLVE_DLL_REFERENCES.
constexpr DWORD kSearchFlags = 0x1f00 | 0x08 | 0x10 | DONT_RESOLVE_DLL_REFERENCES;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool EqualIgnoringCase(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (Lower(name[i]) != lower[i]) return false;
  }
  return true;
}

bool IsKnown(std::string_view name) {
  const size_t path = name.find_last_of("\\/:");
  if (path != name.npos) name.remove_prefix(path + 1);
  if (name.size() > kSuffix.size() &&
      EqualIgnoringCase(name.substr(name.size() - kSuffix.size()), kSuffix)) {
    name.remove_suffix(kSuffix.size());
  }
  for (const std::string_view known : kKnownNames) {
    if (EqualIgnoringCase(name, known)) return true;
  }
  return false;
}

HMODULE Load(std::string_view name) {
  void *library = IsKnown(name) ? LoadSspi() : nullptr;
  if (library == nullptr) return Refuse<HMODULE>(ERROR_MOD_NOT_FOUND);
  sspi.store(library);
  open_handles.fetch_add(1);
  return library;
}

HMODULE FindLoaded(std::string_view name) {
  void *library = IsKnown(name) ? LoadedSspi() : nullptr;
  if (library == nullptr) return Refuse<HMODULE>(ERROR_MOD_NOT_FOUND);
  sspi.store(library);
  is_resident.store(true);
  return library;
}

bool IsModule(HMODULE handle) {
  return handle != nullptr && handle == sspi.load() &&
         (is_resident.load() || open_handles.load() != 0);
}

// The name in UTF-8 for one of the functions above.
HMODULE WithName(LPCWSTR wide, HMODULE (*use)(std::string_view)) {
  if (wide == nullptr) return Refuse<HMODULE>(ERROR_INVALID_PARAMETER);
  const Allocated<char> name = NewUtf8(wide);
  return name ? use(name.get()) : Refuse<HMODULE>(ERROR_NOT_ENOUGH_MEMORY);
}

}  // namespace
}  // namespace gss_sspi::winshim

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

WINSHIM_EXPORT HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags) {
  if (lpLibFileName == nullptr || hFile != nullptr || (dwFlags & ~kSearchFlags) != 0) {
    return Refuse<HMODULE>(ERROR_INVALID_PARAMETER);
  }
  return Load(lpLibFileName);
}

WINSHIM_EXPORT HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags) {
  if (hFile != nullptr || (dwFlags & ~kSearchFlags) != 0) {
    return Refuse<HMODULE>(ERROR_INVALID_PARAMETER);
  }
  return WithName(lpLibFileName, Load);
}

WINSHIM_EXPORT HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName) {
  if (lpLibFileName == nullptr) return Refuse<HMODULE>(ERROR_INVALID_PARAMETER);
  return Load(lpLibFileName);
}

WINSHIM_EXPORT HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName) {
  return WithName(lpLibFileName, Load);
}

// NULL means the program itself, which is no module here.
WINSHIM_EXPORT HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName) {
  if (lpModuleName == nullptr) return Refuse<HMODULE>(ERROR_MOD_NOT_FOUND);
  return FindLoaded(lpModuleName);
}

WINSHIM_EXPORT HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName) {
  if (lpModuleName == nullptr) return Refuse<HMODULE>(ERROR_MOD_NOT_FOUND);
  return WithName(lpModuleName, FindLoaded);
}

WINSHIM_EXPORT BOOL WINAPI FreeLibrary(HMODULE hLibModule) {
  if (!IsModule(hLibModule)) return Refuse<BOOL>(ERROR_MOD_NOT_FOUND);
  for (size_t handles = open_handles.load(); handles != 0;) {
    if (open_handles.compare_exchange_weak(handles, handles - 1)) return TRUE;
  }
  return Refuse<BOOL>(ERROR_MOD_NOT_FOUND);
}

WINSHIM_EXPORT FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
  constexpr uintptr_t kLastOrdinal = 0xffff;
  if (!IsModule(hModule)) return Refuse<FARPROC>(ERROR_MOD_NOT_FOUND);
  if (reinterpret_cast<uintptr_t>(lpProcName) <= kLastOrdinal) {
    return Refuse<FARPROC>(ERROR_PROC_NOT_FOUND);
  }
  void *function = FindInSspi(hModule, lpProcName);
  if (function == nullptr) return Refuse<FARPROC>(ERROR_PROC_NOT_FOUND);
  return reinterpret_cast<FARPROC>(function);
}
