// SPDX-License-Identifier: MIT
// secext.h: names of the user that this thread works as.
#include <pwd.h>
#include <secext.h>
#include <sspi.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "winshim/export.h"
#include "winshim/sspi_library.h"
#include "winshim/unicode.h"

namespace gss_sspi::winshim {
namespace {

constexpr size_t kMaxRow = 1 << 20;  // of the user database
constexpr size_t kMaxNetbiosName = 15;

// UTF-8; an empty one is none.
struct Name {
  Allocated<char> text;
  size_t size = 0;

  std::string_view view() const { return {text.get(), size}; }
};

// The parts one after the other.
DWORD Join(std::initializer_list<std::string_view> parts, Name *out) {
  size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  out->text = Allocate<char>(size + 1);
  if (!out->text) return ERROR_NOT_ENOUGH_MEMORY;
  for (const std::string_view part : parts) {
    std::memcpy(out->text.get() + out->size, part.data(), part.size());
    out->size += part.size();
  }
  return ERROR_SUCCESS;
}

// ImpersonateSecurityContext changes what the kernel calls the user of the file system; -1 is no
// user, so that the call tells the present one.
uid_t UserOfThread() { return static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))); }

struct Row {
  passwd user{};
  Allocated<char> memory;
};

DWORD FindUser(uid_t uid, Row *row) {
  for (size_t size = 1024; size <= kMaxRow; size *= 2) {
    row->memory = Allocate<char>(size);
    if (!row->memory) return ERROR_NOT_ENOUGH_MEMORY;
    passwd *found = nullptr;
    int error = 0;
    do {
      error = getpwuid_r(uid, &row->user, row->memory.get(), size, &found);
    } while (error == EINTR);
    if (error != ERANGE) return found != nullptr ? ERROR_SUCCESS : ERROR_NONE_MAPPED;
  }
  return ERROR_NONE_MAPPED;
}

// What stands for the domain of an account of this host: its name as NetBIOS has it.
std::string_view HostName(char (&buffer)[HOST_NAME_MAX + 1]) {
  if (gethostname(buffer, sizeof buffer) != 0) return {};
  buffer[HOST_NAME_MAX] = '\0';
  std::string_view name(buffer);
  name = name.substr(0, std::min(name.find('.'), kMaxNetbiosName));
  for (size_t i = 0; i < name.size(); ++i) {
    if (buffer[i] >= 'a' && buffer[i] <= 'z') buffer[i] = static_cast<char>(buffer[i] - 0x20);
  }
  return name;
}

// Services such as winbind have DOMAIN\user in the user database. user@domain has no such form.
DWORD SamCompatibleName(Name *out) {
  Row row;
  const DWORD error = FindUser(UserOfThread(), &row);
  if (error != ERROR_SUCCESS) return error;
  const std::string_view user(row.user.pw_name);
  if (user.find('\\') != user.npos) return Join({user}, out);
  char buffer[HOST_NAME_MAX + 1];
  const std::string_view host = HostName(buffer);
  if (host.empty() || user.find('@') != user.npos) return ERROR_NONE_MAPPED;
  return Join({host, "\\", user}, out);
}

// The full name is what stands before the first comma.
DWORD DisplayName(Name *out) {
  Row row;
  const DWORD error = FindUser(UserOfThread(), &row);
  if (error != ERROR_SUCCESS) return error;
  const std::string_view gecos(row.user.pw_gecos == nullptr ? "" : row.user.pw_gecos);
  return Join({gecos.substr(0, gecos.find(','))}, out);
}

struct Sspi {
  decltype(AcquireCredentialsHandleA) *acquire;
  decltype(QueryCredentialsAttributesA) *query;
  decltype(FreeContextBuffer) *free_buffer;
  decltype(FreeCredentialsHandle) *free_credential;
};

// The principal of the default Kerberos credentials. They are those of the process, whoever is
// impersonated.
DWORD UserPrincipalName(Name *out) {
  if (UserOfThread() != geteuid()) return ERROR_NONE_MAPPED;
  void *library = LoadSspi();
  const Sspi sspi{
      SspiFunction<decltype(AcquireCredentialsHandleA)>(library, "AcquireCredentialsHandleA"),
      SspiFunction<decltype(QueryCredentialsAttributesA)>(library, "QueryCredentialsAttributesA"),
      SspiFunction<decltype(FreeContextBuffer)>(library, "FreeContextBuffer"),
      SspiFunction<decltype(FreeCredentialsHandle)>(library, "FreeCredentialsHandle")};
  if (!sspi.acquire || !sspi.query || !sspi.free_buffer || !sspi.free_credential) {
    return ERROR_NONE_MAPPED;
  }
  char package[] = MICROSOFT_KERBEROS_NAME_A;
  CredHandle credential;
  if (sspi.acquire(nullptr, package, SECPKG_CRED_OUTBOUND, nullptr, nullptr, nullptr, nullptr,
                   &credential, nullptr) != SEC_E_OK) {
    return ERROR_NONE_MAPPED;
  }
  SecPkgCredentials_NamesA names{};
  DWORD error = ERROR_NONE_MAPPED;
  if (sspi.query(&credential, SECPKG_CRED_ATTR_NAMES, &names) == SEC_E_OK) {
    error = Join({names.sUserName}, out);
    sspi.free_buffer(names.sUserName);
  }
  sspi.free_credential(&credential);
  return error;
}

DWORD NameOf(EXTENDED_NAME_FORMAT format, Name *out) {
  struct Source {
    EXTENDED_NAME_FORMAT format;
    DWORD (*get)(Name *out);
  };
  static constexpr Source kSources[] = {{NameSamCompatible, SamCompatibleName},
                                        {NameDisplay, DisplayName},
                                        {NameUserPrincipal, UserPrincipalName}};
  for (const Source &source : kSources) {
    if (source.format != format) continue;
    const DWORD error = source.get(out);
    return error == ERROR_SUCCESS && out->size == 0 ? ERROR_NONE_MAPPED : error;
  }
  return ERROR_NONE_MAPPED;
}

template <typename Char>
BOOLEAN UserName(EXTENDED_NAME_FORMAT format, Char *buffer, ULONG *size) {
  if (size == nullptr || (buffer == nullptr && *size != 0)) {
    return Refuse<BOOLEAN>(ERROR_INVALID_PARAMETER);
  }
  Name name;
  const DWORD error = NameOf(format, &name);
  if (error != ERROR_SUCCESS) return Refuse<BOOLEAN>(error);
  const size_t units = UnitsOf(name.view(), buffer);
  if (*size <= units) {
    *size = static_cast<ULONG>(units + 1);
    return Refuse<BOOLEAN>(ERROR_MORE_DATA);
  }
  Put(name.view(), buffer);
  buffer[units] = 0;
  *size = static_cast<ULONG>(units);
  return TRUE;
}

}  // namespace
}  // namespace gss_sspi::winshim

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

WINSHIM_EXPORT BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer,
                                                PULONG nSize) {
  return UserName(NameFormat, lpNameBuffer, nSize);
}

WINSHIM_EXPORT BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat,
                                                LPWSTR lpNameBuffer, PULONG nSize) {
  return UserName(NameFormat, lpNameBuffer, nSize);
}

// There is no directory that could tell these.
WINSHIM_EXPORT BOOLEAN SEC_ENTRY GetComputerObjectNameA(EXTENDED_NAME_FORMAT, LPSTR, PULONG) {
  return Refuse<BOOLEAN>(ERROR_NONE_MAPPED);
}

WINSHIM_EXPORT BOOLEAN SEC_ENTRY GetComputerObjectNameW(EXTENDED_NAME_FORMAT, LPWSTR, PULONG) {
  return Refuse<BOOLEAN>(ERROR_NONE_MAPPED);
}

WINSHIM_EXPORT BOOLEAN SEC_ENTRY TranslateNameA(LPCSTR, EXTENDED_NAME_FORMAT, EXTENDED_NAME_FORMAT,
                                                LPSTR, PULONG) {
  return Refuse<BOOLEAN>(ERROR_NONE_MAPPED);
}

WINSHIM_EXPORT BOOLEAN SEC_ENTRY TranslateNameW(LPCWSTR, EXTENDED_NAME_FORMAT, EXTENDED_NAME_FORMAT,
                                                LPWSTR, PULONG) {
  return Refuse<BOOLEAN>(ERROR_NONE_MAPPED);
}
