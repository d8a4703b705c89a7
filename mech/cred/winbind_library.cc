// SPDX-License-Identifier: MIT
#include "cred/winbind_library.h"

#include <dlfcn.h>

#include <atomic>

namespace gss_sspi::cred {
namespace {

constexpr char kLibrary[] = "libwbclient.so.0";
constexpr char kPackage[] = "libwbclient0";

std::atomic<const char *> library_path = kLibrary;

// The functions, once they are known. Not a lock: who finds the table being filled looks the
// functions up alone, and so does for ever the child of a fork(2) in between.
enum class TableState : uint8_t { kEmpty, kBeingFilled, kReady };
std::atomic<TableState> table_state = TableState::kEmpty;
WinbindLibrary table;

// Sets *function to the library's function of this name.
template <typename Function>
bool Find(void *handle, const char *name, Function *function, const char **missing) {
  *function = reinterpret_cast<Function>(dlsym(handle, name));
  if (*function == nullptr) *missing = name;
  return *function != nullptr;
}

// False, and *missing, when the library lacks a function.
bool FindAll(void *handle, WinbindLibrary *found, const char **missing) {
  return Find(handle, "wbcCtxCreate", &found->wbcCtxCreate, missing) &&
         Find(handle, "wbcCtxFree", &found->wbcCtxFree, missing) &&
         Find(handle, "wbcFreeMemory", &found->wbcFreeMemory, missing) &&
         Find(handle, "wbcErrorString", &found->wbcErrorString, missing) &&
         Find(handle, "wbcCtxInterfaceDetails", &found->wbcCtxInterfaceDetails, missing) &&
         Find(handle, "wbcCtxAuthenticateUserEx", &found->wbcCtxAuthenticateUserEx, missing) &&
         Find(handle, "wbcCtxCredentialCache", &found->wbcCtxCredentialCache, missing);
}

// A thread that was given up (winbind_call.h) comes back to our code, whenever that is: the module
// must still be there, even if the host program unloads libgssapi.
void StayLoaded() {
  Dl_info own{};
  if (dladdr(reinterpret_cast<const void *>(&StayLoaded), &own) != 0) {
    dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
  // glibc keeps one for each thread. The host program's next one is about its own calls.
  dlerror();  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

Result<WinbindLibrary> OpenWinbindLibrary(Status when_absent) {
  if (table_state.load(std::memory_order_acquire) == TableState::kReady) return table;
  const char *path = library_path.load(std::memory_order_relaxed);
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char *reason = dlerror();  // NOLINT(concurrency-mt-unsafe): one for each thread
    return Fail(when_absent, "winbind: %s (package %s) cannot be loaded: %s", path, kPackage,
                reason != nullptr ? reason : "no reason given");
  }
  WinbindLibrary found;
  const char *missing = nullptr;
  if (!FindAll(handle, &found, &missing)) {
    dlerror();  // NOLINT(concurrency-mt-unsafe)
    return Fail(when_absent, "winbind: %s has no function %s; package %s is too old", path, missing,
                kPackage);
  }
  StayLoaded();
  TableState empty = TableState::kEmpty;
  if (table_state.compare_exchange_strong(empty, TableState::kBeingFilled)) {
    table = found;
    table_state.store(TableState::kReady, std::memory_order_release);
  }
  return found;
}

void SetWinbindLibraryForTests(const char *path) {
  library_path = path;
  table_state = TableState::kEmpty;
}

}  // namespace gss_sspi::cred
