// SPDX-License-Identifier: MIT
// Identities in every form: those that are taken hold text only and come back the same from each
// function of the Sspi* family; the others are refused with the documented status.
#include "sspi_compat/identity.h"

#include <cstring>
#include <memory>

#include "core/utf16.h"
#include "fuzz.h"
#include "sspi_compat/auth_identity.h"
#include "sspi_compat/identity_view.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::sspi;  // NOLINT

// In memory of exactly this size.
class Exact {
 public:
  explicit Exact(ByteView octets) : data_(std::make_unique<uint8_t[]>(octets.size())) {
    Copy({data_.get(), octets.size()}, octets);
  }
  template <typename T>
  T *as() const {
    return reinterpret_cast<T *>(data_.get());
  }

 private:
  std::unique_ptr<uint8_t[]> data_;
};

bool SameIdentity(const Identity &one, const Identity &other) {
  return one.given == other.given && one.user == other.user && one.domain == other.domain &&
         one.password.has_value() == other.password.has_value() &&
         (!one.password || one.password->view() == other.password->view());
}

// The texts of the identity, as another caller would give them.
void CheckStrings(const void *auth_data, const Identity &identity) {
  IdentityStrings strings;
  GSS_SSPI_REQUIRE(DecodeStrings(auth_data, &strings) == SEC_E_OK);
  IdentityBlock again;
  const auto status =
      EncodeStrings(strings.user.get(), strings.domain.get(), strings.password.get(), &again);
  GSS_SSPI_REQUIRE(status == (identity.given ? SEC_E_OK : SEC_E_INVALID_TOKEN));
  if (!identity.given) return;
  Identity parsed;
  GSS_SSPI_REQUIRE(ParseIdentity(again.get(), &parsed) == SEC_E_OK);
  GSS_SSPI_REQUIRE(SameIdentity(identity, parsed));
}

void CheckCopies(const void *auth_data, const Identity &identity) {
  IdentityBlock copy, without;
  GSS_SSPI_REQUIRE(CopyIdentity(auth_data, &copy) == SEC_E_OK);
  Identity parsed;
  GSS_SSPI_REQUIRE(ParseIdentity(copy.get(), &parsed) == SEC_E_OK);
  GSS_SSPI_REQUIRE(SameIdentity(identity, parsed));
  bool same_user = false, same_identity = false;
  GSS_SSPI_REQUIRE(CompareIdentities(auth_data, copy.get(), &same_user, &same_identity) ==
                   SEC_E_OK);
  GSS_SSPI_REQUIRE(same_user && same_identity);

  static constexpr WCHAR kNtlm[] = {'N', 'T', 'L', 'M', 0};
  const auto status = ExcludePackage(auth_data, kNtlm, &without);
  if (status == SEC_E_OK) {
    GSS_SSPI_REQUIRE(ParseIdentity(without.get(), &parsed) == SEC_E_OK);
    GSS_SSPI_REQUIRE(SameIdentity(identity, parsed) && !parsed.packages.Allows("NTLM"));
    GSS_SSPI_REQUIRE(parsed.packages.Allows("Kerberos") == identity.packages.Allows("Kerberos"));
  }

  ZeroIdentity(copy.get());
  IdentityStrings strings;
  GSS_SSPI_REQUIRE(DecodeStrings(copy.get(), &strings) == SEC_E_OK);
  GSS_SSPI_REQUIRE((strings.password != nullptr) == identity.password.has_value());
  GSS_SSPI_REQUIRE(strings.password == nullptr || *strings.password == 0);
}

void Check(const void *auth_data) {
  Identity identity;
  const auto status = ParseIdentity(auth_data, &identity);
  GSS_SSPI_REQUIRE(ValidateIdentity(auth_data) == status);
  if (status != SEC_E_OK) {
    GSS_SSPI_REQUIRE(status == SEC_E_UNKNOWN_CREDENTIALS && !identity.given);
    return;
  }
  fuzz::Reach();
  GSS_SSPI_REQUIRE(Utf16LengthOf(identity.user) != kInvalidText);
  GSS_SSPI_REQUIRE(Utf16LengthOf(identity.domain) != kInvalidText);
  if (identity.password) {
    GSS_SSPI_REQUIRE(std::strlen(identity.password->c_str()) == identity.password->size());
    GSS_SSPI_REQUIRE(Utf16LengthOf(identity.password->view()) != kInvalidText);
  }
  CheckStrings(auth_data, identity);
  CheckCopies(auth_data, identity);
}

// Pointers cannot come from the input: it says which texts there are and whether a length is wrong.
template <typename Pointer>
std::unique_ptr<Exact> Put(fuzz::Input *input, bool wide, Pointer *pointer, ULONG *length) {
  const uint8_t choice = input->Choice();
  if ((choice & 1) == 0) {
    *length = choice >> 1;
    return nullptr;
  }
  const ByteView part = input->Part();
  auto text = std::make_unique<Exact>(part);
  *pointer = text->template as<std::remove_pointer_t<Pointer>>();
  *length = static_cast<ULONG>(wide ? part.size() / 2 : part.size());
  if ((choice & 2) != 0) *length += 0x00100000;
  return text;
}

template <typename T>
void CheckPointers(fuzz::Input *input, T *to) {
  to->Flags = input->Choice();
  const bool wide = (to->Flags & SEC_WINNT_AUTH_IDENTITY_UNICODE) != 0;
  const auto user = Put(input, wide, &to->User, &to->UserLength);
  const auto domain = Put(input, wide, &to->Domain, &to->DomainLength);
  const auto password = Put(input, wide, &to->Password, &to->PasswordLength);
  if constexpr (requires { to->PackageList; }) {
    const auto packages = Put(input, wide, &to->PackageList, &to->PackageListLength);
    Check(Exact({reinterpret_cast<const uint8_t *>(to), sizeof *to}).template as<void>());
  } else {
    Check(Exact({reinterpret_cast<const uint8_t *>(to), sizeof *to}).template as<void>());
  }
}

// The input as it is, if it is not shorter than it says.
void CheckEx2(ByteView octets) {
  SEC_WINNT_AUTH_IDENTITY_EX2 header;
  if (octets.size() < sizeof header) return;
  std::memcpy(&header, octets.data(), sizeof header);
  header.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
  header.cbHeaderLength = sizeof header;
  if (header.cbStructureLength > octets.size() && header.cbStructureLength <= kMostEx2Octets) {
    return;
  }
  const Exact exact(octets);
  std::memcpy(exact.as<void>(), &header, sizeof header);
  Check(exact.as<void>());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t form = input.Choice() % 3;
  if (form == 0) {
    SEC_WINNT_AUTH_IDENTITY_W plain{};
    CheckPointers(&input, &plain);
  } else if (form == 1) {
    SEC_WINNT_AUTH_IDENTITY_EXW ex{};
    ex.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    ex.Length = sizeof ex;
    CheckPointers(&input, &ex);
  } else {
    CheckEx2(input.rest());
  }
  return 0;
}
