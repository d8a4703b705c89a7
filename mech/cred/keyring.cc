// SPDX-License-Identifier: MIT
#include "cred/keyring.h"

#include <keyutils.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "core/secret.h"
#include "core/text.h"
#include "core/utf16.h"
#include "cred/account_list.h"
#include "policy/policy.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace gss_sspi::cred {
namespace {

constexpr char kRingType[] = "keyring";
constexpr char kKeyType[] = "user";
constexpr char kName[] = "gss-sspi:ntlm";  // of our keyring, and of the key with the default login
constexpr std::string_view kPrefix = "gss-sspi:ntlm:";  // of logins

constexpr size_t kMaxKeys = 256;
constexpr size_t kMaxDescription =
    kPrefix.size() + 3 * (Limits::kDomain + Limits::kUser) + sizeof "\\";
constexpr size_t kMaxNumbers = sizeof "user;4294967295;4294967295;ffffffff;";

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec;
}

// ---- errors
// --------------------------------------------------------------------------------------

const char *WhyUnusable(int error) {
  switch (error) {
    case ENOSYS:
      return "this kernel has no keyrings";
    case EPERM:
      return "the system does not permit it, as is usual in containers";
    case EACCES:
      return "the permissions of the keyring do not allow it";
    case EDQUOT:
      return "the user's quota of keys is used up (/proc/sys/kernel/keys/maxkeys and maxbytes)";
    case EKEYREVOKED:
      return "the keyring was revoked: its login session has ended";
    case EKEYEXPIRED:
      return "the keyring has expired";
    default:
      return strerrordesc_np(error);
  }
}

Error Unusable(const char *call, int error, Status status = Status::kBackEndUnavailable) {
  return Fail(status, "session keyring: %s: %s", call, WhyUnusable(error));
}

constexpr char kNoLogin[] = "no login in the session keyring (gss-sspi login)";

// ---- one login
// -----------------------------------------------------------------------------------

// The octets of a key: version 1.
struct Payload {
  static constexpr char kMagic[] = "NTLM login";  // with its NUL
  static constexpr uint8_t kVersion = 1;
  static constexpr size_t kSize = sizeof kMagic + 1 + 8 + 8 + 16;
  using Octets = Secret<kSize>;

  int64_t stored = 0, expires = 0;  // seconds since 1970
  ntlm::NtHash nt_hash;

  static Octets Encode(int64_t stored, int64_t expires, const ntlm::NtHash &hash) {
    Octets octets;
    Writer writer(octets.span());
    writer.Bytes(AsBytes({kMagic, sizeof kMagic}));
    writer.U8(kVersion);
    writer.U64(static_cast<uint64_t>(stored));
    writer.U64(static_cast<uint64_t>(expires));
    writer.Bytes(hash.view());
    return octets;
  }

  // Nothing for octets that are not ours.
  static std::optional<Payload> Parse(ByteView octets) {
    if (octets.size() != kSize) return std::nullopt;
    Reader reader(octets);
    const bool is_ours =
        AsText(reader.Bytes(sizeof kMagic)) == std::string_view(kMagic, sizeof kMagic) &&
        reader.U8() == kVersion;
    Payload payload;
    payload.stored = static_cast<int64_t>(reader.U64());
    payload.expires = static_cast<int64_t>(reader.U64());
    Copy(payload.nt_hash.span(), reader.Array<16>());
    if (!is_ours || payload.stored < 0 || payload.expires <= payload.stored) return std::nullopt;
    return payload;
  }
};

struct Names {
  std::string_view domain, user;
};

// A user has no backslash, a domain may.
Names NamesIn(std::string_view description) {
  const std::string_view names = Tail(description, kPrefix.size());
  const size_t slash = names.rfind('\\');
  if (slash == std::string_view::npos) return {{}, names};
  return {Head(names, slash), Tail(names, slash + 1)};
}

// The description of a key, as a C string.
struct Description {
  char text[kMaxDescription + 1];

  std::string_view view() const { return text; }
};

Description Describe(std::string_view domain, std::string_view user) {
  Description description;
  static_cast<void>(std::snprintf(description.text, sizeof description.text, "%s%.*s%s%.*s",
                                  kPrefix.data(), GSS_SSPI_TEXT(domain), domain.empty() ? "" : "\\",
                                  GSS_SSPI_TEXT(user)));
  return description;
}

// A key of our keyring that belongs to this user.
struct Key {
  key_serial_t id;
  std::string_view description;

  bool is_login() const { return description.starts_with(kPrefix); }
  Names names() const { return NamesIn(description); }
};

// An empty user matches any, an empty domain too, and that of a login as well.
bool Matches(const Key &key, std::string_view user, std::string_view domain) {
  if (!key.is_login()) return false;
  const Names names = key.names();
  return (user.empty() || EqualIgnoringCase(names.user, user)) &&
         (names.domain.empty() || domain.empty() || EqualIgnoringCase(names.domain, domain));
}

bool IsNamed(const Key &key, std::string_view user, std::string_view domain) {
  const Names names = key.names();
  return key.is_login() && EqualIgnoringCase(names.user, user) &&
         EqualIgnoringCase(names.domain, domain);
}

struct Contents {
  int error = 0;                   // errno of reading
  std::optional<Payload> payload;  // nothing: not ours
};

Contents ReadContents(const Key &key) {
  Secret<Payload::kSize> octets;
  const long size =
      keyctl_read(key.id, reinterpret_cast<char *>(octets.span().data()), octets.kSize);
  Contents contents;
  if (size < 0) {
    contents.error = errno;
  } else if (size == Payload::kSize) {
    contents.payload = Payload::Parse(octets.view());
    if (contents.payload && contents.payload->expires <= Now()) contents.error = EKEYEXPIRED;
  }
  return contents;
}

// ---- our keyring
// ---------------------------------------------------------------------------------

// Our keyring as it was read: the numbers of its keys.
class Ring {
 public:
  // One without keys where nobody has logged in. `unusable` is the status where there can be none.
  // Never by request_key(2), which would start programs.
  static Result<Ring> Open(Status unusable = Status::kBackEndUnavailable) {
    const long id = keyctl_search(KEY_SPEC_SESSION_KEYRING, kRingType, kName, 0);
    if (id >= 0) return Read(static_cast<key_serial_t>(id), unusable);
    if (errno == ENOKEY) return Ring(0);
    return Unusable("search", errno, unusable);
  }

  static Result<Ring> OpenOrMake() {
    auto ring = Open();
    if (!ring || ring->exists()) return ring;
    // By its number: a process that has only the keyring of its user would get a new session, which
    // ends with it, if add_key(2) were told "the session keyring".
    const key_serial_t session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
    if (session < 0) return Unusable("open", errno);
    const key_serial_t id = add_key(kRingType, kName, nullptr, 0, session);
    if (id < 0) return Unusable("add_key", errno);
    if (keyctl_setperm(id, KEY_POS_ALL) == 0) return Ring(id);
    const int reason = errno;
    keyctl_unlink(id, session);
    return Unusable("setperm", reason);
  }

  bool exists() const { return id_ != 0; }
  bool empty() const { return count_ == 0; }
  key_serial_t id() const { return id_; }

  // Calls `visit` with each key that belongs to this user, until that says false. Gives true when
  // it met one that has expired.
  template <typename Visit>
  bool ForEach(Visit &&visit) const {
    bool expired = false;
    for (size_t i = 0; i < count_; ++i) {
      char text[kMaxNumbers + kMaxDescription];
      const long size = keyctl_describe(keys_[i], text, sizeof text);
      if (size < 0 && errno == EKEYEXPIRED) expired = true;
      if (size <= 0 || static_cast<size_t>(size) > sizeof text) continue;
      const auto description = OwnDescription({text, static_cast<size_t>(size) - 1});
      if (description && !visit(Key{keys_[i], *description})) break;
    }
    return expired;
  }

  // Ends a key for all who hold it: its contents are gone at once.
  void End(key_serial_t key) const {
    keyctl_revoke(key);
    keyctl_unlink(key, id_);
  }
  void EndAll() const {
    for (size_t i = 0; i < count_; ++i) End(keys_[i]);
  }

 private:
  explicit Ring(key_serial_t id) : id_(id) {}

  static Result<Ring> Read(key_serial_t id, Status unusable) {
    Ring ring(id);
    const long size = keyctl_read(id, reinterpret_cast<char *>(ring.keys_), sizeof ring.keys_);
    if (size < 0) return Unusable("read", errno, unusable);
    if (static_cast<size_t>(size) > sizeof ring.keys_) {
      return Fail(unusable, "session keyring: more than %zu logins", kMaxKeys);
    }
    ring.count_ = static_cast<size_t>(size) / sizeof(key_serial_t);
    return ring;
  }

  // Of "type;uid;gid;permissions;description", as keyctl(2) tells it. Nothing for a key of another
  // user (N722) or type.
  static std::optional<std::string_view> OwnDescription(std::string_view text) {
    char own[kMaxNumbers];
    static_cast<void>(
        std::snprintf(own, sizeof own, "%s;%u;", kKeyType, static_cast<unsigned>(geteuid())));
    if (!text.starts_with(own)) return std::nullopt;
    text.remove_prefix(std::strlen(own));
    text = Behind(text, text.find(';'));
    return Behind(text, text.find(';'));
  }

  key_serial_t id_;
  size_t count_ = 0;
  key_serial_t keys_[kMaxKeys];
};

Error AddKey(const char *description, ByteView contents, uint32_t seconds, const Ring &ring) {
  const key_serial_t id =
      add_key(kKeyType, description, contents.data(), contents.size(), ring.id());
  if (id < 0) return Unusable("add_key", errno);
  if (keyctl_set_timeout(id, seconds) == 0 && keyctl_setperm(id, KEY_POS_ALL) == 0) return kSuccess;
  const int reason = errno;
  ring.End(id);  // rather none than one for ever
  return Unusable("set_timeout", reason);
}

// The key that says which login is the default, and the description of that; empty without one.
struct DefaultKey {
  key_serial_t id = 0;
  Description description{};

  explicit DefaultKey(const Ring &ring) {
    const long found = ring.exists() ? keyctl_search(ring.id(), kKeyType, kName, 0) : 0;
    if (found <= 0) return;
    id = static_cast<key_serial_t>(found);
    const long size = keyctl_read(id, description.text, kMaxDescription);
    const bool fits = size > 0 && static_cast<size_t>(size) <= kMaxDescription;
    description.text[fits ? size : 0] = '\0';
  }
  bool names(const Key &key) const { return key.description == description.view(); }
};

// Ends the logins for which `which` is true, and a default that is one of them. Gives their number.
template <typename Which>
size_t EndLogins(const Ring &ring, Which &&which) {
  const DefaultKey by_default(ring);
  size_t count = 0;
  ring.ForEach([&](const Key &key) {
    if (!which(key)) return true;
    ++count;
    if (by_default.names(key)) ring.End(by_default.id);
    ring.End(key.id);
    return true;
  });
  return count;
}

// ---- choice
// --------------------------------------------------------------------------------------

// The best of the logins that match, and what else was met.
struct Choice {
  Description description{};
  Payload payload;
  int rank = -1;
  size_t count = 0;
  bool is_default = false;
  bool expired = false;
};

Result<Choice> Choose(const Ring &ring, std::string_view user, std::string_view domain) {
  const DefaultKey by_default(ring);
  Choice choice;
  Error failure;
  const bool met_expired = ring.ForEach([&](const Key &key) {
    if (!Matches(key, user, domain)) return true;
    Contents contents = ReadContents(key);
    if (contents.error != 0) {
      choice.expired |= contents.error == EKEYEXPIRED;
      return true;
    }
    if (!contents.payload) {
      failure = Fail(Status::kDefectiveCredential,
                     "the contents of key %.*s in the session keyring (gss-sspi logout)",
                     GSS_SSPI_TEXT(key.description));
      return false;
    }
    ++choice.count;
    const bool is_default = by_default.names(key);
    const bool same_domain = EqualIgnoringCase(key.names().domain, domain);
    const int rank = (!user.empty() && same_domain ? 2 : 0) + (is_default ? 1 : 0);
    if (rank > choice.rank ||
        (rank == choice.rank && contents.payload->stored > choice.payload.stored)) {
      CopyText(choice.description.text, key.description);
      choice.payload = std::move(*contents.payload);
      choice.rank = rank;
      choice.is_default = is_default;
    }
    return true;
  });
  if (failure) return failure;
  choice.expired |= met_expired;
  return choice;
}

Error NoLogin(std::string_view user, std::string_view domain, bool expired) {
  if (expired) {
    return Fail(Status::kNoCredential,
                "the login in the session keyring has expired (gss-sspi login)");
  }
  if (user.empty() && domain.empty()) return Fail(Status::kNoCredential, kNoLogin);
  return Fail(Status::kNoCredential,
              "no login of %.*s%s%.*s in the session keyring (gss-sspi login)",
              GSS_SSPI_TEXT(domain), domain.empty() ? "" : "\\", GSS_SSPI_TEXT(user));
}

}  // namespace

Error StoreLogin(std::string_view domain, std::string_view user, const ntlm::NtHash &hash,
                 uint32_t seconds, bool make_default) {
  if (!AreUsableNames(domain, user)) return Fail(Status::kBadName, "the user or domain to log in");
  if (seconds == 0) return Fail(Status::kNullArgument, "for how long to log in");
  const auto ring = Ring::OpenOrMake();
  if (!ring) return ring.error();

  const Description description = Describe(domain, user);
  const DefaultKey by_default(*ring);
  const int64_t now = Now();
  const Payload::Octets octets = Payload::Encode(now, now + seconds, hash);
  if (Error error = AddKey(description.text, octets.view(), seconds, *ring)) return error;
  // Those in `ring` were there before. One of the same description is the same key, and stays.
  ring->ForEach([&](const Key &key) {
    if (!IsNamed(key, user, domain)) return true;
    make_default |= by_default.names(key);
    if (key.description != description.view()) ring->End(key.id);
    return true;
  });
  if (!make_default) return kSuccess;
  return AddKey(kName, AsBytes(description.view()), seconds, *ring);
}

Result<StoredLogin> FindLogin(std::string_view user, std::string_view domain) {
  const auto ring = Ring::Open(Status::kNoCredential);
  if (!ring) return ring.error();
  if (ring->empty()) return Fail(Status::kNoCredential, kNoLogin);
  auto choice = Choose(*ring, user, domain);
  if (!choice) return choice.error();
  if (choice->count == 0) return NoLogin(user, domain, choice->expired);
  if (user.empty() && choice->count > 1 && !choice->is_default) {
    return Fail(Status::kNoCredential,
                "several logins in the session keyring, and none is the default: name the user");
  }
  StoredLogin login;
  const Names names = NamesIn(choice->description.view());
  if (!login.names.Assign(names.domain, names.user)) return Status::kNoMemory;
  login.nt_hash = std::move(choice->payload.nt_hash);
  login.expires = choice->payload.expires;
  return login;
}

Error ListLogins(void (*visit)(void *context, const LoginEntry &login), void *context) {
  const auto ring = Ring::Open();
  if (!ring) return ring.error();
  const DefaultKey by_default(*ring);
  ring->ForEach([&](const Key &key) {
    if (!key.is_login()) return true;
    const Contents contents = ReadContents(key);
    if (contents.error != 0) return true;
    LoginEntry login{.domain = key.names().domain, .user = key.names().user};
    login.is_default = by_default.names(key);
    login.malformed = !contents.payload;
    if (contents.payload) {
      login.stored = contents.payload->stored;
      login.expires = contents.payload->expires;
    }
    visit(context, login);
    return true;
  });
  return kSuccess;
}

Error RemoveLogin(std::string_view user, std::string_view domain) {
  const auto ring = Ring::Open();
  if (!ring) return ring.error();
  size_t count = 0;
  if (user.empty()) {
    const auto found = FindLogin(user, domain);
    if (!found) return found.error();
    count = EndLogins(*ring, [&](const Key &key) {
      return IsNamed(key, found->names.user(), found->names.domain());
    });
  } else {
    count = EndLogins(*ring, [&](const Key &key) { return Matches(key, user, domain); });
  }
  return count != 0 ? kSuccess : NoLogin(user, domain, false);
}

Error RemoveAllLogins() {
  const auto ring = Ring::Open();
  if (!ring) return ring.error();
  ring->EndAll();
  return kSuccess;
}

}  // namespace gss_sspi::cred
