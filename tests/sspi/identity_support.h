// SPDX-License-Identifier: MIT
// Identities in each of their forms, as programs have them: each text ends where readable memory
// does.
#ifndef GSS_SSPI_TESTS_IDENTITY_SUPPORT_H_
#define GSS_SSPI_TESTS_IDENTITY_SUPPORT_H_

#include <sspi.h>
#include <sys/mman.h>
#include <unistd.h>

// Before check.h, which defines fail() as a macro.
#include <array>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/check_main.h"

namespace gss_sspi::sspi::test {

inline std::u16string Wide(std::string_view utf8) {
  std::u16string wide;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    const size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t c = more == 0 ? lead : lead & (0x3fU >> more);
    for (size_t k = 1; k <= more; ++k) c = c << 6 | (static_cast<uint8_t>(utf8[i + k]) & 0x3f);
    i += more + 1;
    if (c < 0x10000) {
      wide += static_cast<char16_t>(c);
    } else {
      wide += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
      wide += static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return wide;
}

// Octets whose end is followed by a page that cannot be read.
class Guarded {
 public:
  explicit Guarded(std::span<const uint8_t> octets) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    room_ = (octets.size() + page - 1) / page * page;
    map_ = mmap(nullptr, room_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_msg(map_ != MAP_FAILED, "mmap");
    auto *start = static_cast<uint8_t *>(map_);
    ck_assert_int_eq(mprotect(start + room_, page, PROT_NONE), 0);
    size_ = room_ + page;
    data_ = start + room_ - octets.size();
    if (!octets.empty()) std::memcpy(data_, octets.data(), octets.size());
  }
  Guarded(const Guarded &) = delete;
  Guarded &operator=(const Guarded &) = delete;
  ~Guarded() { munmap(map_, size_); }

  template <typename T>
  T *as() const {
    return reinterpret_cast<T *>(data_);
  }

 private:
  void *map_ = nullptr;
  uint8_t *data_ = nullptr;
  size_t room_ = 0, size_ = 0;
};

// What an identity says; nothing where the pointer is null, or the offset 0.
struct Said {
  std::optional<std::string> user = std::nullopt, domain = std::nullopt, password = std::nullopt,
                             packages = std::nullopt;
};

enum class Form { kA, kW, kExA, kExW, kEx2 };
inline constexpr Form kForms[] = {Form::kA, Form::kW, Form::kExA, Form::kExW, Form::kEx2};

// The structure, and what it points to.
class Built {
 public:
  Built(Form form, const Said &said) : form_(form) {
    switch (form) {
      case Form::kA:
        Plain<SEC_WINNT_AUTH_IDENTITY_A>(said);
        break;
      case Form::kW:
        Plain<SEC_WINNT_AUTH_IDENTITY_W>(said);
        break;
      case Form::kExA:
        Ex<SEC_WINNT_AUTH_IDENTITY_EXA>(said);
        break;
      case Form::kExW:
        Ex<SEC_WINNT_AUTH_IDENTITY_EXW>(said);
        break;
      case Form::kEx2:
        Ex2(said);
        break;
    }
  }
  void *get() const { return structure_->as<void>(); }
  template <typename T>
  T *as() const {
    return structure_->as<T>();
  }
  size_t size() const { return structure_size_; }
  bool IsWide() const { return form_ != Form::kA && form_ != Form::kExA; }
  ULONG *Flags() const {
    switch (form_) {
      case Form::kA:
      case Form::kW:
        return &as<SEC_WINNT_AUTH_IDENTITY_W>()->Flags;
      case Form::kExA:
      case Form::kExW:
        return &as<SEC_WINNT_AUTH_IDENTITY_EXW>()->Flags;
      case Form::kEx2:
        break;
    }
    return &as<SEC_WINNT_AUTH_IDENTITY_EX2>()->Flags;
  }
  // Overwrites all of it.
  void Spoil() {
    for (const Guarded &text : texts_) std::memset(text.as<void>(), 0xAA, 1);
    std::memset(get(), 0xAA, size());
  }

 private:
  template <typename Pointer>
  void Put(const std::optional<std::string> &text, Pointer *pointer, ULONG *length) {
    *pointer = nullptr;
    *length = 0;
    if (!text) return;
    if (IsWide()) {
      const std::u16string wide = Wide(*text);
      texts_.emplace_back(
          std::span(reinterpret_cast<const uint8_t *>(wide.data()), 2 * wide.size()));
      *length = static_cast<ULONG>(wide.size());
    } else {
      texts_.emplace_back(std::span(reinterpret_cast<const uint8_t *>(text->data()), text->size()));
      *length = static_cast<ULONG>(text->size());
    }
    *pointer = texts_.back().as<std::remove_pointer_t<Pointer>>();
  }

  template <typename T>
  void PutTexts(const Said &said, T *to) {
    Put(said.user, &to->User, &to->UserLength);
    Put(said.domain, &to->Domain, &to->DomainLength);
    Put(said.password, &to->Password, &to->PasswordLength);
    to->Flags = IsWide() ? SEC_WINNT_AUTH_IDENTITY_UNICODE : SEC_WINNT_AUTH_IDENTITY_ANSI;
  }

  void Keep(std::span<const uint8_t> octets) {
    structure_.emplace(octets);
    structure_size_ = octets.size();
  }

  template <typename T>
  void Plain(const Said &said) {
    T to{};
    PutTexts(said, &to);
    Keep({reinterpret_cast<const uint8_t *>(&to), sizeof to});
  }

  template <typename T>
  void Ex(const Said &said) {
    T to{};
    to.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    to.Length = sizeof to;
    PutTexts(said, &to);
    Put(said.packages, &to.PackageList, &to.PackageListLength);
    Keep({reinterpret_cast<const uint8_t *>(&to), sizeof to});
  }

  void Ex2(const Said &said);

  Form form_;
  std::deque<Guarded> texts_;
  std::optional<Guarded> structure_;
  size_t structure_size_ = 0;
};

inline void Built::Ex2(const Said &said) {
  SEC_WINNT_AUTH_IDENTITY_EX2 to{};
  // So many octets before the other texts that the whole is aligned and the last text at its end.
  size_t units = 0;
  for (const auto *one : {&said.user, &said.domain, &said.password, &said.packages}) {
    if (*one) units += Wide(**one).size();
  }
  std::vector<uint8_t> tail;
  const auto append = [&](std::span<const uint8_t> octets) {
    const size_t offset = sizeof to + tail.size();
    tail.insert(tail.end(), octets.begin(), octets.end());
    return static_cast<ULONG>(offset);
  };
  const auto text = [&](const std::optional<std::string> &from, ULONG *offset, auto *length) {
    if (!from) return;
    const std::u16string wide = Wide(*from);
    *offset = append({reinterpret_cast<const uint8_t *>(wide.data()), 2 * wide.size()});
    *length = static_cast<USHORT>(2 * wide.size());
  };
  to.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
  to.cbHeaderLength = sizeof to;
  to.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
  if (said.password) {
    SEC_WINNT_AUTH_PACKED_CREDENTIALS packed{};
    const std::u16string wide = Wide(*said.password);
    packed.cbHeaderLength = sizeof packed;
    packed.cbStructureLength = static_cast<USHORT>(sizeof packed + 2 * wide.size());
    packed.AuthData.CredType = {
        0x28bfc32f, 0x10f6, 0x4738, {0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a}};
    packed.AuthData.CredData.ByteArrayOffset = sizeof packed;
    packed.AuthData.CredData.ByteArrayLength = static_cast<USHORT>(2 * wide.size());
    to.PackedCredentialsOffset =
        append({reinterpret_cast<const uint8_t *>(&packed), sizeof packed});
    append({reinterpret_cast<const uint8_t *>(wide.data()), 2 * wide.size()});
    to.PackedCredentialsLength = packed.cbStructureLength;
  }
  tail.resize(tail.size() + units % 2 * sizeof(WCHAR));
  text(said.user, &to.UserOffset, &to.UserLength);
  text(said.domain, &to.DomainOffset, &to.DomainLength);
  text(said.packages, &to.PackageListOffset, &to.PackageListLength);
  to.cbStructureLength = static_cast<ULONG>(sizeof to + tail.size());
  std::vector<uint8_t> all(sizeof to);
  std::memcpy(all.data(), &to, sizeof to);
  all.insert(all.end(), tail.begin(), tail.end());
  Keep(all);
}

}  // namespace gss_sspi::sspi::test

#endif  // GSS_SSPI_TESTS_IDENTITY_SUPPORT_H_
