// SPDX-License-Identifier: MIT
#include "cred/user_file_cache.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "core/text.h"
#include "cred/brief_lock.h"
#include "cred/user_file.h"

namespace gss_sspi::cred {
namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;

int64_t Nanoseconds(const timespec &time) { return time.tv_sec * kNanoseconds + time.tv_nsec; }

// What makes a file the same one, unchanged, and as readable as before.
struct FileState {
  FileState(const struct stat &file, uid_t user)
      : device(file.st_dev),
        inode(file.st_ino),
        size(file.st_size),
        modified(Nanoseconds(file.st_mtim)),
        changed(Nanoseconds(file.st_ctim)),
        owner(file.st_uid),
        group(file.st_gid),
        mode(file.st_mode),
        reader(user == 0 || user == file.st_uid ? 0 : getegid()) {}
  bool operator==(const FileState &) const = default;

  dev_t device;
  ino_t inode;
  off_t size;
  int64_t modified, changed;  // in nanoseconds
  uid_t owner;
  gid_t group;
  mode_t mode;   // with the type: a symbolic link is another file
  gid_t reader;  // the group of this process, if it may matter
};

// False for a file that may change once more without another time stamp: file systems count in
// ticks of the kernel, some in seconds.
bool IsSettled(const FileState &file, int64_t now) {
  constexpr int64_t kTick = 20'000'000;
  const int64_t last = std::max(file.modified, file.changed);
  return now - last > (file.changed % kNanoseconds == 0 ? 2 * kNanoseconds : kTick);
}

// One number for what the policy says about files.
uint64_t DigestOf(const Policy &policy) {
  uint64_t digest = policy.max_user_file * 2 + (policy.only_warn_of_file_mode ? 1 : 0);
  const auto add = [&digest](uint8_t octet) { digest = (digest ^ octet) * 0x100000001b3U; };
  policy.user_file_groups.AnyOf([&add](std::string_view group) {
    for (const char c : group) add(static_cast<uint8_t>(c));
    add(0);
    return false;
  });
  return digest;
}

// Who asks for what: a list serves only those who would get the same from the file itself (N722).
struct Key {
  Key(const char *file, const Policy &policy, bool lm_hashes)
      : path(file), user(geteuid()), rules(DigestOf(policy)), want_lm(lm_hashes) {}
  bool operator==(const Key &) const = default;

  std::string_view path;
  uid_t user;
  uint64_t rules;
  bool want_lm;
};

struct Entry {
  Entry(const Key &asked, const FileState &state, int64_t tick, const Ref<AccountList> &accounts)
      : key(asked), file(state), checked(tick), list(accounts) {}

  // Gives the entry its own copy of the path. False when there is no memory.
  [[nodiscard]] bool KeepPath() {
    if (!path.Assign(AsBytes(key.path))) return false;
    key.path = AsText(path.view());
    return true;
  }

  Key key;
  FileState file;
  int64_t checked;  // tick of the clock at which the file was last found as it was
  Ref<AccountList> list;
  uint64_t last_use = 0;
  Buffer path;
};

// More files than one are rare: one to initiate, one to accept, one in a credential store.
constinit struct {
  BriefLock lock;
  uint64_t uses = 0;
  Entry *entries[4] = {};  // owned
} cache;

// The place of the key's entry, or where a new one goes: an empty one, or that which was not used
// for longest. The lock is held.
Entry **PlaceOf(const Key &key) {
  Entry **place = &cache.entries[0];
  for (Entry *&entry : cache.entries) {
    if (entry != nullptr && entry->key == key) return &entry;
    if (*place != nullptr && (entry == nullptr || entry->last_use < (*place)->last_use)) {
      place = &entry;
    }
  }
  return place;
}

// The kernel's clock tick, of some milliseconds. Reading it takes no system call.
int64_t Tick() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Nanoseconds(now);
}

// The list of a file that was looked at in this tick already, or null. A busy server looks once per
// tick and not once per logon.
Ref<AccountList> RecallChecked(const Key &key, int64_t tick) {
  const BriefHold hold(cache.lock);
  if (!hold) return {};
  Entry *entry = *PlaceOf(key);
  if (entry == nullptr || entry->key != key || entry->checked != tick) return {};
  entry->last_use = ++cache.uses;
  return entry->list;
}

// The list of the file, or null. `file` is null when there is no such file. An entry that is out of
// date goes.
Ref<AccountList> Recall(const Key &key, const FileState *file, int64_t tick) {
  Owned<Entry> outdated;  // ends after the lock
  const BriefHold hold(cache.lock);
  if (!hold) return {};
  Entry *&entry = *PlaceOf(key);
  if (entry == nullptr || entry->key != key) return {};
  if (file != nullptr && entry->file == *file) {
    entry->last_use = ++cache.uses;
    entry->checked = tick;
    return entry->list;
  }
  outdated.reset(std::exchange(entry, nullptr));
  return {};
}

void Keep(const Key &key, const FileState &file, int64_t tick, const Ref<AccountList> &list) {
  Owned<Entry> entry = Make<Entry>(key, file, tick, list);
  if (!entry || !entry->KeepPath()) return;
  // What it replaces ends after the lock.
  const BriefHold hold(cache.lock);
  if (!hold) return;
  Entry *&place = *PlaceOf(key);
  entry->last_use = ++cache.uses;
  Entry *before = std::exchange(place, entry.release());
  entry.reset(before);
}

}  // namespace

Result<Ref<AccountList>> SharedUserFile(const char *path, const Policy &policy, bool want_lm) {
  if (!policy.keep_user_files) return LoadUserFile(path, policy, want_lm);
  const Key key(path, policy, want_lm);
  const int64_t tick = Tick();
  if (Ref<AccountList> list = RecallChecked(key, tick)) return list;
  struct stat status;
  if (lstat(path, &status) == 0) {
    const FileState file(status, key.user);
    if (Ref<AccountList> list = Recall(key, &file, tick)) return list;
  } else {
    Recall(key, nullptr, tick);
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  auto list = LoadUserFile(path, policy, want_lm, &status);
  if (!list) return list;
  const FileState file(status, key.user);
  if (IsSettled(file, Nanoseconds(now))) Keep(key, file, tick, *list);
  return list;
}

}  // namespace gss_sspi::cred
