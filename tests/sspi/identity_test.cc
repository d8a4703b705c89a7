// SPDX-License-Identifier: MIT
// Section 4.1: every form of an identity, what is refused (S138), and package lists.
#include "sspi_compat/identity.h"

#include "identity_support.h"

namespace {

using namespace gss_sspi::sspi;        // NOLINT
using namespace gss_sspi::sspi::test;  // NOLINT

const Said kWhole = {"J\xc3\xbcrgen", "D\xc3\x96MAIN", "p\xc3\xa4ss \xf0\x9f\x94\x91",
                     "Kerberos,!NTLM"};

Identity Parsed(const void *auth_data) {
  Identity identity;
  const SECURITY_STATUS status = ParseIdentity(auth_data, &identity);
  ck_assert_msg(status == SEC_E_OK, "status %08x", static_cast<unsigned>(status));
  return identity;
}

void ExpectText(const std::string &got, const std::string &wanted) {
  ck_assert_msg(got == wanted, "got \"%s\"", got.c_str());
}

void ExpectRefused(const void *auth_data, const char *what) {
  Identity identity;
  identity.given = true;
  const SECURITY_STATUS status = ParseIdentity(auth_data, &identity);
  ck_assert_msg(status == SEC_E_UNKNOWN_CREDENTIALS, "%s: status %08x", what,
                static_cast<unsigned>(status));
  ck_assert_msg(!identity.given && identity.user.empty() && !identity.password, "%s: kept", what);
}

bool HasPackages(Form form) { return form != Form::kA && form != Form::kW; }

// ---- what is read ------------------------------------------------------------------------------

// Copies all, so the caller may overwrite its structure at once.
START_TEST(EveryForm) {
  for (const Form form : kForms) {
    Built built(form, kWhole);
    const Identity identity = Parsed(built.get());
    built.Spoil();
    ck_assert(identity.given);
    ExpectText(identity.user, *kWhole.user);
    ExpectText(identity.domain, *kWhole.domain);
    ck_assert(identity.password.has_value());
    ExpectText(identity.password->c_str(), *kWhole.password);
    ck_assert_uint_eq(identity.password->size(), kWhole.password->size());
    ck_assert_int_eq(identity.packages.Allows("NTLM"), !HasPackages(form));
    ck_assert(identity.packages.Allows("kerberos"));
  }
}
END_TEST

START_TEST(OtherFlagsDoNotMatter) {
  for (const Form form : kForms) {
    const Built built(form, kWhole);
    *built.Flags() |= SEC_WINNT_AUTH_IDENTITY_MARSHALLED | SEC_WINNT_AUTH_IDENTITY_ONLY |
                      SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER |
                      SEC_WINNT_AUTH_IDENTITY_FLAGS_RESERVED;
    ExpectText(Parsed(built.get()).user, *kWhole.user);
  }
}
END_TEST

START_TEST(NullIsDefaultCredentials) {
  const Identity identity = Parsed(nullptr);
  ck_assert(!identity.given && !identity.password);
  ck_assert(identity.packages.Allows("NTLM") && identity.packages.Allows("Kerberos"));
}
END_TEST

// As SspiExcludePackage makes it of nothing: default credentials, but of some packages only.
START_TEST(PackageListAlone) {
  for (const Form form : kForms) {
    if (!HasPackages(form)) continue;
    const Built built(form, {.packages = "!NTLM"});
    const Identity identity = Parsed(built.get());
    ck_assert(!identity.given && !identity.password);
    ck_assert(!identity.packages.Allows("NTLM") && identity.packages.Allows("Kerberos"));
  }
}
END_TEST

// "None given" is another thing than an empty text.
START_TEST(NullAndEmpty) {
  for (const Form form : kForms) {
    const Built no_password(form, {.user = "u"});
    ck_assert(Parsed(no_password.get()).given && !Parsed(no_password.get()).password);
    const Built empty_password(form, {.user = "u", .password = ""});
    const Identity identity = Parsed(empty_password.get());
    ck_assert(identity.password.has_value());
    ck_assert_uint_eq(identity.password->size(), 0);
    ck_assert_str_eq(identity.password->c_str(), "");
    const Built empty(form, {.user = "", .domain = "", .password = ""});
    ck_assert(Parsed(empty.get()).given && Parsed(empty.get()).password);
    const Built nothing(form, {});
    ck_assert(!Parsed(nothing.get()).given && !Parsed(nothing.get()).password);
  }
}
END_TEST

START_TEST(LongPasswords) {
  std::string keys;
  for (int i = 0; i < 512; ++i) keys += "\xf0\x9f\x94\x91";  // two units each
  for (const Form form : kForms) {
    for (const std::string &password : {std::string(1024, 'x'), keys}) {
      const Built built(form, {.user = "u", .password = password});
      ExpectText(Parsed(built.get()).password->c_str(), password);
    }
  }
}
END_TEST

// The greatest lengths there are: UNICODE_STRING has no room for more.
START_TEST(GreatestLengths) {
  const std::string narrow(3 * 32767, 'x'), wide(32767, 'x');
  for (const Form form : {Form::kA, Form::kExA, Form::kW, Form::kExW}) {
    const bool is_wide = form == Form::kW || form == Form::kExW;
    const std::string &most = is_wide ? wide : narrow;
    ExpectText(Parsed(Built(form, {.user = most}).get()).user, most);
    ExpectRefused(Built(form, {.user = most + "x"}).get(), "one character too many");
    ExpectRefused(Built(form, {.password = most + "x"}).get(), "one character too many");
  }
}
END_TEST

// ---- forms told apart --------------------------------------------------------------------------

// The low half of a pointer may be the number of a version. ThreadSanitizer maps nothing at these
// addresses.
#ifndef __SANITIZE_THREAD__
START_TEST(PointersThatLookLikeVersions) {
  constexpr uintptr_t kWhere[] = {0x7d5500000000, 0xc000000000, 0x100000000};
  for (const uintptr_t where : kWhere) {
    void *map = mmap(reinterpret_cast<void *>(where), 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (map != reinterpret_cast<void *>(where)) continue;
    for (const uintptr_t version : {0x200, 0x201}) {
      auto *user = reinterpret_cast<unsigned char *>(where + version);
      std::memcpy(user, "user", 4);
      SEC_WINNT_AUTH_IDENTITY_A identity{};
      identity.User = user;
      identity.UserLength = 4;
      identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
      const Guarded guarded({reinterpret_cast<const uint8_t *>(&identity), sizeof identity});
      ExpectText(Parsed(guarded.as<void>()).user, "user");
    }
    munmap(map, 4096);
  }
}
END_TEST
#endif

// A version with another length is no identity and no pointer.
START_TEST(WrongVersions) {
  const Built ex(Form::kExW, kWhole);
  for (const ULONG version : {0U, 1U, 0x100U, 0x1FFU, 0x202U, 0x300U, 0xFFFFU}) {
    auto *start = ex.as<SEC_WINNT_AUTH_IDENTITY_EXW>();
    start->Version = version;
    start->Length = 0;
    if (version != 0) ExpectRefused(ex.get(), "unknown version");
  }
  ex.as<SEC_WINNT_AUTH_IDENTITY_EXW>()->Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
  ExpectRefused(ex.get(), "Length 0");
  const Built ex2(Form::kEx2, kWhole);
  auto *start = ex2.as<SEC_WINNT_AUTH_IDENTITY_EX2>();
  std::memset(&start->cbHeaderLength, 0, 4);  // with what the compiler puts behind it
  ExpectRefused(ex2.get(), "cbHeaderLength 0");
}
END_TEST

// ---- what is refused ---------------------------------------------------------------------------

START_TEST(WrongFlags) {
  for (const Form form : kForms) {
    const Built built(form, kWhole);
    const ULONG right = *built.Flags();
    *built.Flags() = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE;
    ExpectRefused(built.get(), "ANSI and UNICODE");
    for (const ULONG encrypted : {SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED,
                                  SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED,
                                  SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED,
                                  SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED}) {
      *built.Flags() = right | encrypted;
      ExpectRefused(built.get(), "encrypted");
    }
    for (const ULONG neither : {0U, SEC_WINNT_AUTH_IDENTITY_MARSHALLED + 0U}) {
      *built.Flags() = neither;
      if (form != Form::kEx2) {
        ExpectRefused(built.get(), "neither ANSI nor UNICODE");
      } else {  // there is no ANSI form of it
        ExpectText(Parsed(built.get()).user, *kWhole.user);
      }
    }
    *built.Flags() = right;
    Parsed(built.get());
  }
}
END_TEST

START_TEST(WrongLengths) {
  for (const Form form : {Form::kA, Form::kW}) {
    for (const ULONG length : {98302U, 0x10000000U, 0x80000000U, 0xFFFFFFFFU}) {
      const Built built(form, kWhole);
      auto *identity = built.as<SEC_WINNT_AUTH_IDENTITY_W>();
      for (ULONG *field :
           {&identity->UserLength, &identity->DomainLength, &identity->PasswordLength}) {
        const ULONG right = *field;
        *field = length;
        ExpectRefused(built.get(), "a length beyond all limits");
        *field = right;
      }
    }
  }
  const Built null(Form::kExW, {});
  auto *identity = null.as<SEC_WINNT_AUTH_IDENTITY_EXW>();
  for (ULONG *field : {&identity->UserLength, &identity->DomainLength, &identity->PasswordLength,
                       &identity->PackageListLength}) {
    *field = 1;
    ExpectRefused(null.get(), "a length without a text");
    *field = 0;
  }
}
END_TEST

START_TEST(TextThatIsNone) {
  using namespace std::string_literals;  // NOLINT
  const std::string narrow[] = {"a\0b"s,     "a\0"s,          "\xff"s,     "\xc3"s,
                                "\xc0\x80"s, "\xed\xa0\x80"s, "\xe2\x82"s, "\xf5\x80\x80\x80"s};
  const std::u16string wide[] = {u"a\0b"s, u"a\0"s,          {0xd800},
                                 {0xdc00}, {0xdc00, 0xd800}, {0x61, 0xd83d}};
  for (const std::string &text : narrow) {
    for (auto member : {&Said::user, &Said::domain, &Said::password, &Said::packages}) {
      Said said = kWhole;
      said.*member = text;
      ExpectRefused(Built(Form::kExA, said).get(), "not UTF-8");
    }
  }
  for (const std::u16string &text : wide) {
    const Guarded bad({reinterpret_cast<const uint8_t *>(text.data()), 2 * text.size()});
    for (int field = 0; field < 4; ++field) {
      const Built built(Form::kExW, kWhole);
      auto *to = built.as<SEC_WINNT_AUTH_IDENTITY_EXW>();
      using Unit = std::remove_pointer_t<decltype(to->User)>;
      Unit **pointers[] = {&to->User, &to->Domain, &to->Password, &to->PackageList};
      ULONG *lengths[] = {&to->UserLength, &to->DomainLength, &to->PasswordLength,
                          &to->PackageListLength};
      *pointers[field] = bad.as<Unit>();
      *lengths[field] = static_cast<ULONG>(text.size());
      ExpectRefused(built.get(), "not UTF-16");
    }
  }
}
END_TEST

// ---- SEC_WINNT_AUTH_IDENTITY_EX2 ---------------------------------------------------------------

using Ex2 = SEC_WINNT_AUTH_IDENTITY_EX2;
using Packed = SEC_WINNT_AUTH_PACKED_CREDENTIALS;

// Each spoils one field.
struct Ex2Case {
  const char *what;
  void (*spoil)(Ex2 *header, Packed *packed);
};
constexpr Ex2Case kEx2Cases[] = {
    {"cbStructureLength of less than the header",
     [](Ex2 *h, Packed *) { h->cbStructureLength = sizeof(Ex2) - 1; }},
    {"cbStructureLength without limits",
     [](Ex2 *h, Packed *) { h->cbStructureLength = 0xFFFFFFFF; }},
    {"a text behind the end", [](Ex2 *h, Packed *) { h->cbStructureLength -= 1; }},
    {"UserOffset in the header", [](Ex2 *h, Packed *) { h->UserOffset = sizeof(Ex2) - 2; }},
    {"UserOffset 0 with a length", [](Ex2 *h, Packed *) { h->UserOffset = 0; }},
    {"UserOffset beyond", [](Ex2 *h, Packed *) { h->UserOffset = h->cbStructureLength + 1; }},
    {"UserOffset without limits", [](Ex2 *h, Packed *) { h->UserOffset = 0xFFFFFFFE; }},
    {"UserLength beyond", [](Ex2 *h, Packed *) { h->UserLength = 0xFFFE; }},
    {"UserLength odd", [](Ex2 *h, Packed *) { --h->UserLength; }},
    {"DomainOffset without limits", [](Ex2 *h, Packed *) { h->DomainOffset = 0xFFFFFFFE; }},
    {"DomainLength odd", [](Ex2 *h, Packed *) { --h->DomainLength; }},
    {"PackageListLength beyond", [](Ex2 *h, Packed *) { h->PackageListLength += 2; }},
    {"PackageListOffset beyond",
     [](Ex2 *h, Packed *) { h->PackageListOffset = h->cbStructureLength; }},
    {"PackedCredentialsOffset beyond",
     [](Ex2 *h, Packed *) { h->PackedCredentialsOffset = h->cbStructureLength - 2; }},
    {"PackedCredentialsLength of less than its header",
     [](Ex2 *h, Packed *) { h->PackedCredentialsLength = sizeof(Packed) - 1; }},
    {"packed cbHeaderLength small", [](Ex2 *, Packed *p) { p->cbHeaderLength = 4; }},
    {"packed cbHeaderLength beyond",
     [](Ex2 *, Packed *p) { p->cbHeaderLength = static_cast<USHORT>(p->cbStructureLength + 1); }},
    {"packed cbStructureLength beyond", [](Ex2 *, Packed *p) { p->cbStructureLength += 2; }},
    {"another type of credential", [](Ex2 *, Packed *p) { p->AuthData.CredType.Data1 ^= 1; }},
    {"another type of credential, last octet",
     [](Ex2 *, Packed *p) { p->AuthData.CredType.Data4[7] ^= 1; }},
    {"password in the header",
     [](Ex2 *, Packed *p) { p->AuthData.CredData.ByteArrayOffset = sizeof(Packed) - 2; }},
    {"password beyond", [](Ex2 *, Packed *p) { p->AuthData.CredData.ByteArrayLength += 2; }},
    {"password of half a character",
     [](Ex2 *, Packed *p) { --p->AuthData.CredData.ByteArrayLength; }},
    {"password without limits",
     [](Ex2 *, Packed *p) { p->AuthData.CredData.ByteArrayOffset = 0xFFFFFFFC; }},
};

START_TEST(WrongEx2) {
  for (const Ex2Case &one : kEx2Cases) {
    const Built built(Form::kEx2, kWhole);
    Parsed(built.get());
    auto *header = built.as<Ex2>();
    auto *packed =
        reinterpret_cast<Packed *>(built.as<uint8_t>() + header->PackedCredentialsOffset);
    one.spoil(header, packed);
    ExpectRefused(built.get(), one.what);
  }
}
END_TEST

// ---- package lists -----------------------------------------------------------------------------

struct ListCase {
  const char *list;
  bool kerberos, ntlm;
};
constexpr ListCase kLists[] = {
    {"", true, true},
    {" ", true, true},
    {",,", true, true},
    {"!", true, true},
    {"Kerberos", true, false},
    {"NTLM", false, true},
    {"ntlm,KERBEROS", true, true},
    {"!NTLM", true, false},
    {"!ntlm", true, false},
    {"!Kerberos", false, true},
    {"!NTLM,!Kerberos", false, false},
    {"Kerberos,!NTLM", true, false},
    {" Kerberos , ! NTLM ", true, false},
    {"!NTLM,NTLM", false, false},
    {"NTLM,Kerberos,!NTLM", true, false},
    {"pku2u", false, false},
    {"!pku2u", true, true},
    {"pku2u,Kerberos", true, false},
    {"Kerberos\t,\tNTLM", true, true},
    {"NTLMX", false, false},
    {"NTL", false, false},
};

START_TEST(PackageLists) {
  for (const ListCase &one : kLists) {
    const PackageFilter filter{std::string_view(one.list)};
    ck_assert_msg(filter.Allows("Kerberos") == one.kerberos, "Kerberos of \"%s\"", one.list);
    ck_assert_msg(filter.Allows("NTLM") == one.ntlm, "NTLM of \"%s\"", one.list);
  }
}
END_TEST

}  // namespace

int main() {
  Suite *suite = suite_create("identity");
  TCase *tests = tcase_create("identity");
  tcase_add_test(tests, EveryForm);
  tcase_add_test(tests, OtherFlagsDoNotMatter);
  tcase_add_test(tests, NullIsDefaultCredentials);
  tcase_add_test(tests, PackageListAlone);
  tcase_add_test(tests, NullAndEmpty);
  tcase_add_test(tests, LongPasswords);
  tcase_add_test(tests, GreatestLengths);
#ifndef __SANITIZE_THREAD__
  tcase_add_test(tests, PointersThatLookLikeVersions);
#endif
  tcase_add_test(tests, WrongVersions);
  tcase_add_test(tests, WrongFlags);
  tcase_add_test(tests, WrongLengths);
  tcase_add_test(tests, TextThatIsNone);
  tcase_add_test(tests, WrongEx2);
  tcase_add_test(tests, PackageLists);
  suite_add_tcase(suite, tests);
  return RunSuite(suite);
}
