// SPDX-License-Identifier: MIT
#include "policy/load.h"

#include <profile.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>

#include "core/text.h"
#include "policy/keys.h"
#include "policy/locate.h"

namespace gss_sspi {
namespace {

// What MIT's profile library made of a file.
class Profile {
 public:
  // Without PROFILE_INIT_ALLOW_MODULE, so that no file can make it load code.
  explicit Profile(const char *path) {
    const char *paths[] = {path, nullptr};
    error_ = profile_init_flags(paths, 0, &profile_);
  }
  Profile(const Profile &) = delete;
  Profile &operator=(const Profile &) = delete;
  ~Profile() {
    if (error_ == 0) profile_release(profile_);
  }

  long error() const { return error_; }

  // Calls `visit` with name and value of each relation of the section, until it says false. False
  // as well for a subsection, and when there is no memory.
  template <typename Visit>
  bool ForEach(const char *section, Visit &&visit) const {
    const char *names[] = {section, nullptr};
    void *iterator = nullptr;
    if (profile_iterator_create(profile_, names, PROFILE_ITER_LIST_SECTION, &iterator) != 0) {
      return false;
    }
    bool going_on = true;
    while (going_on) {
      char *name = nullptr;
      char *value = nullptr;
      going_on = profile_iterator(&iterator, &name, &value) == 0;
      const bool at_end = going_on && name == nullptr;
      if (going_on && !at_end) going_on = value != nullptr && visit(name, value);
      profile_release_string(name);
      profile_release_string(value);
      if (at_end) break;
    }
    if (iterator != nullptr) profile_iterator_free(&iterator);
    return going_on;
  }

 private:
  profile_t profile_ = nullptr;
  long error_ = 0;
};

// Whether the library reads the same settings as those that were located.
bool Agrees(const Profile &profile, std::string_view section, std::span<Relation> located) {
  const bool all_known =
      profile.ForEach(section.data(), [&](std::string_view name, std::string_view value) {
        const auto same = std::find_if(located.begin(), located.end(), [&](const Relation &each) {
          return !each.matched && each.name == name;
        });
        if (same == located.end() || same->value != value) return false;
        same->matched = true;
        return true;
      });
  return all_known && std::all_of(located.begin(), located.end(),
                                  [](const Relation &each) { return each.matched; });
}

// The text has been checked, and the file may be another one by now, or may become so while the
// library reads it: only what both say counts.
Error CheckWithLibrary(const char *path, std::string_view section, std::span<Relation> located) {
  const Profile profile(path);
  if (profile.error() == ENOMEM) return Status::kNoMemory;
  if (profile.error() != 0) {
    return Fail(Status::kBadSetting, "%s is not in the syntax of krb5.conf (profile error %ld)",
                ShownPath(path), profile.error());
  }
  if (Agrees(profile, section, located)) return kSuccess;
  return Fail(Status::kBadSetting, "%s changed while it was read, or cannot be understood",
              ShownPath(path));
}

// A section of the file and the keys that it may have.
template <typename AnyPolicy>
struct Section {
  std::string_view name;
  std::span<const SectionKey<AnyPolicy>> keys;
};

// Which keys a file has set.
template <typename AnyPolicy>
class Settings {
 public:
  using Key = SectionKey<AnyPolicy>;

  Settings(const char *path, const Section<AnyPolicy> &section, AnyPolicy *policy)
      : path_(path), section_(section), policy_(policy) {}

  Error Apply(const Relation &relation) {
    const auto keys = section_.keys;
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key &each) { return each.name == relation.name; });
    if (key == keys.end()) {
      return Fail(Status::kBadSetting, "%s line %zu: there is no key %.*s in [%s]",
                  ShownPath(path_), relation.line, GSS_SSPI_TEXT(Head(relation.name, kMostShown)),
                  section_.name.data());
    }
    size_t &first = lines_[key - keys.begin()];
    if (first != 0 && !key->repeats) {
      return Fail(Status::kBadSetting, "%s line %zu: %s is set in line %zu already",
                  ShownPath(path_), relation.line, key->name, first);
    }
    if (first == 0) first = relation.line;
    const Status status = key->set(relation.value, policy_);
    if (status != Status::kBadSetting) return status;
    return WrongValue(*key, relation);
  }

  bool Has(std::string_view name) const {
    const auto keys = section_.keys;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].name == name) return lines_[i] != 0;
    }
    return false;
  }

 private:
  static constexpr size_t kMostShown = 60;

  Error WrongValue(const Key &key, const Relation &relation) const {
    const std::string_view shown = Head(relation.value, kMostShown);
    if (key.most == 0) {
      return Fail(Status::kBadSetting, "%s line %zu: %s = %.*s; allowed: %s", ShownPath(path_),
                  relation.line, key.name, GSS_SSPI_TEXT(shown), key.allowed);
    }
    return Fail(Status::kBadSetting, "%s line %zu: %s = %.*s; allowed: %s from %llu to %llu",
                ShownPath(path_), relation.line, key.name, GSS_SSPI_TEXT(shown), key.allowed,
                static_cast<unsigned long long>(key.least),
                static_cast<unsigned long long>(key.most));
  }

  const char *const path_;
  const Section<AnyPolicy> section_;
  AnyPolicy *const policy_;
  size_t lines_[kMaxKeys] = {};  // where each key is set first, or 0
};

Result<std::optional<LmLevel>> LevelOf(const char *variable) {
  if (variable == nullptr) return std::optional<LmLevel>();
  const std::string_view digits(variable);
  if (digits.size() != 1 || digits.front() < '0' || digits.front() > '0' + kMaxLmLevel) {
    return Fail(Status::kBadSetting, "LM_COMPAT_LEVEL is not a number from 0 to %d", kMaxLmLevel);
  }
  return std::optional<LmLevel>(static_cast<LmLevel>(digits.front() - '0'));
}

// N419.
Error ApplyLevel(const char *variable, const Settings<Policy> &file, Policy *policy) {
  const auto wanted = LevelOf(variable);
  if (!wanted) return wanted.error();
  if (!*wanted) return kSuccess;
  const auto set = [&](LmLevel *level, const char *key) {
    *level = file.Has(key) ? std::max(*level, **wanted) : **wanted;
  };
  set(&policy->initiator_level, kInitiatorLevelKey);
  set(&policy->acceptor_level, kAcceptorLevelKey);
  return kSuccess;
}

// Variables change nothing of CredSSP.
Error ApplyLevel(const char *, const Settings<CredsspPolicy> &, CredsspPolicy *) {
  return kSuccess;
}

template <typename AnyPolicy>
Result<Loaded<AnyPolicy>> LoadOnce(const PolicySource &source, const Section<AnyPolicy> &section,
                                   bool *may_try_again) {
  auto read = ReadPolicyFile(source.file, source.must_exist);
  if (!read) return read.error();
  auto located = LocateRelations(AsText(read->text.view()), section.name, source.file);
  if (!located) return located.error();
  const auto relations = (*located)->all();
  if (!read->text.empty()) {
    if (Error error = CheckWithLibrary(source.file, section.name, relations)) {
      *may_try_again = true;
      return error;
    }
  }
  Loaded<AnyPolicy> loaded;
  loaded.version = read->version;
  Settings<AnyPolicy> settings(source.file, section, &loaded.policy);
  for (const Relation &relation : relations) {
    if (Error error = settings.Apply(relation)) return error;
  }
  if (Error error = ApplyLevel(source.lm_level, settings, &loaded.policy)) return error;
  return loaded;
}

template <typename AnyPolicy>
Result<Loaded<AnyPolicy>> LoadSection(const PolicySource &source,
                                      const Section<AnyPolicy> &section) {
  // A file that changes while it is read is a matter of microseconds.
  constexpr int kMostTries = 3;
  for (int tries = 1;; ++tries) {
    bool may_try_again = false;
    auto loaded = LoadOnce(source, section, &may_try_again);
    if (loaded || !may_try_again || tries == kMostTries) return loaded;
  }
}

}  // namespace

void PolicySource::Name(const char *path) {
  if (path == nullptr || *path == '\0') return;
  file = path;
  must_exist = true;
}

Result<LoadedPolicy> LoadPolicy(const PolicySource &source) {
  return LoadSection(source, Section<Policy>{kPolicySection, Keys()});
}

Result<LoadedCredsspPolicy> LoadCredsspPolicy(const PolicySource &source) {
  return LoadSection(source, Section<CredsspPolicy>{kCredsspSection, CredsspKeys()});
}

}  // namespace gss_sspi
