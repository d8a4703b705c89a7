// SPDX-License-Identifier: MIT
#include "sspi_compat/memory.h"

#include <pthread.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>

#include "core/secret.h"

namespace gss_sspi::sspi {
namespace {

// Blocks by address, in parts, so that threads seldom wait for each other.
struct Shard {
  std::mutex mutex;
  std::unordered_map<uintptr_t, size_t> sizes;
};
constexpr size_t kShards = 16;

struct Registry {
  Shard shards[kShards];

  Shard &Of(const void *pointer) {
    // Neighbouring blocks are 16 octets apart or more.
    return shards[(reinterpret_cast<uintptr_t>(pointer) >> 6) % kShards];
  }
};

Registry *registry = nullptr;
pthread_once_t registry_once = PTHREAD_ONCE_INIT;

// A child of fork(2) must find no shard locked by a thread that it does not have.
void LockAll() {
  for (Shard &shard : registry->shards) shard.mutex.lock();
}
void UnlockAll() {
  for (Shard &shard : registry->shards) shard.mutex.unlock();
}

// Never destroyed: other destructors of the program may still free buffers. Its place is given, so
// that a lack of memory at the first use does not stay.
void MakeRegistry() {
  alignas(Registry) static unsigned char place[sizeof(Registry)];
  registry = new (place) Registry;
  pthread_atfork(LockAll, UnlockAll, UnlockAll);
}

Registry &TheRegistry() {
  pthread_once(&registry_once, MakeRegistry);
  return *registry;
}

}  // namespace

void *AllocateContextBuffer(size_t size) {
  Registry &all = TheRegistry();
  if (size == 0) size = 1;
  void *block = std::calloc(1, size);
  if (block == nullptr) throw std::bad_alloc();
  Shard &shard = all.Of(block);
  try {
    const std::lock_guard lock(shard.mutex);
    // A program that gave one to free(3) left its size behind.
    shard.sizes.insert_or_assign(reinterpret_cast<uintptr_t>(block), size);
  } catch (...) {
    std::free(block);
    throw;
  }
  return block;
}

void FreeRegistered(void *pointer) {
  if (pointer == nullptr) return;
  Registry &all = TheRegistry();
  size_t size = 0;
  {
    Shard &shard = all.Of(pointer);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.sizes.find(reinterpret_cast<uintptr_t>(pointer));
    if (found == shard.sizes.end()) return;
    size = found->second;
    shard.sizes.erase(found);
  }
  Wipe(pointer, size);
  std::free(pointer);
}

bool IsRegistered(const void *pointer) {
  Registry &all = TheRegistry();
  Shard &shard = all.Of(pointer);
  const std::lock_guard lock(shard.mutex);
  return shard.sizes.contains(reinterpret_cast<uintptr_t>(pointer));
}

}  // namespace gss_sspi::sspi
