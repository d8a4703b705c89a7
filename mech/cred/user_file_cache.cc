// SPDX-License-Identifier: MIT
#include "cred/user_file_cache.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "core/text.h"
#include "cred/brief_lock.h"
#include "cred/turns.h"
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
        reader(ReaderFor(user)) {}
  bool operator==(const FileState &) const = default;

  // The group of this process, if it may matter.
  gid_t ReaderFor(uid_t user) const { return user == 0 || user == owner ? 0 : getegid(); }

  dev_t device;
  ino_t inode;
  off_t size;
  int64_t modified, changed;  // in nanoseconds
  uid_t owner;
  gid_t group;
  mode_t mode;  // with the type: a symbolic link is another file
  gid_t reader;
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

// What was read of a file, and when.
struct Reading {
  FileState file;
  int64_t tick;   // of the clock at which the file was found as it is
  int64_t begun;  // before the file was opened
  bool settled;   // else it may have changed since, and nothing tells
};

struct Entry {
  Entry(const Key &asked, const Reading &reading, const Ref<AccountList> &accounts)
      : key(asked),
        file(reading.file),
        checked(reading.tick),
        begun(reading.begun),
        settled(reading.settled),
        list(accounts) {}

  // Gives the entry its own copy of the path. False when there is no memory.
  [[nodiscard]] bool KeepPath() {
    if (!path.Assign(AsBytes(key.path))) return false;
    key.path = AsText(path.view());
    return true;
  }

  Key key;
  FileState file;
  int64_t checked;  // tick of the clock at which the file was last found as it was
  int64_t begun;
  bool settled;
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

// Reading takes long, and when a file with many accounts changes, all threads of a server want to.
constinit Turns turns;

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

int64_t Time(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return Nanoseconds(now);
}

// The kernel's clock tick, of some milliseconds. Reading it takes no system call.
int64_t Tick() { return Time(CLOCK_MONOTONIC_COARSE); }

// The key's entry, or null. The lock is held.
Entry *Find(const Key &key) {
  Entry *entry = *PlaceOf(key);
  return entry != nullptr && entry->key == key ? entry : nullptr;
}

Ref<AccountList> Use(Entry *entry) {
  entry->last_use = ++cache.uses;
  return entry->list;
}

// The list of a file that was looked at in this tick already, or null. A busy server looks once per
// tick and not once per logon.
Ref<AccountList> RecallChecked(const Key &key, int64_t tick) {
  const BriefHold hold(cache.lock);
  if (!hold) return {};
  Entry *entry = Find(key);
  if (entry == nullptr || !entry->settled || entry->checked != tick) return {};
  return Use(entry);
}

// The list that another thread read since then, or null. It is as good as one that is read now.
Ref<AccountList> RecallReadSince(const Key &key, int64_t then) {
  const BriefHold hold(cache.lock);
  if (!hold) return {};
  Entry *entry = Find(key);
  if (entry == nullptr || entry->begun < then) return {};
  if (entry->file.reader != entry->file.ReaderFor(key.user)) return {};
  return Use(entry);
}

// The list of the file, or null. `file` is null when there is no such file. An entry that is out of
// date goes.
Ref<AccountList> Recall(const Key &key, const FileState *file, int64_t tick) {
  Owned<Entry> outdated;  // ends after the lock
  const BriefHold hold(cache.lock);
  if (!hold) return {};
  Entry *&entry = *PlaceOf(key);
  if (entry == nullptr || entry->key != key) return {};
  if (file == nullptr || entry->file != *file) {
    outdated.reset(std::exchange(entry, nullptr));
    return {};
  }
  if (!entry->settled) return {};
  entry->checked = tick;
  return Use(entry);
}

// The same after a look at the file.
Ref<AccountList> LookAndRecall(const Key &key, int64_t tick) {
  struct stat status;
  if (lstat(key.path.data(), &status) != 0) return Recall(key, nullptr, tick);
  const FileState file(status, key.user);
  return Recall(key, &file, tick);
}

void Keep(const Key &key, const Reading &reading, const Ref<AccountList> &list) {
  Owned<Entry> entry = Make<Entry>(key, reading, list);
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
  if (Ref<AccountList> list = LookAndRecall(key, tick)) return list;
  const int64_t asked = Time(CLOCK_MONOTONIC);
  const Turn turn(turns);
  if (turn.waited()) {
    if (Ref<AccountList> list = RecallReadSince(key, asked)) return list;
    if (Ref<AccountList> list = LookAndRecall(key, tick)) return list;
  }
  const int64_t begun = Time(CLOCK_MONOTONIC), now = Time(CLOCK_REALTIME);
  struct stat status;
  auto list = LoadUserFile(path, policy, want_lm, &status);
  if (!list) return list;
  const FileState file(status, key.user);
  Keep(key, {file, tick, begun, IsSettled(file, now)}, *list);
  return list;
}

}  // namespace gss_sspi::cred
