// SPDX-License-Identifier: MIT
#include "credssp/ts_credentials.h"

#include <optional>

#include "core/utf16.h"
#include "credssp/der.h"

namespace gss_sspi::credssp {
namespace {

constexpr char kTooLong[] = "longer than 16384 octets";
constexpr char kTextTooLong[] = "longer than 2048 octets of UTF-16";
static_assert(TsCredentials::kMostOctets == 16384 && TsCredentials::kMostTextOctets == 2048);

// `what` is the structure or field with the clause of [MS-CSSP] that has it.
Error Malformed(const char *what, const char *fault) {
  return Fail(Status::kCredsspDefectiveToken, "%s: %s", what, fault);
}

constexpr char kOuter[] = "TSCredentials ([MS-CSSP] 2.2.1.2)";
constexpr char kPassword[] = "TSPasswordCreds ([MS-CSSP] 2.2.1.2.1)";
constexpr char kSmartCard[] = "TSSmartCardCreds ([MS-CSSP] 2.2.1.2.2)";
constexpr char kRemoteGuard[] = "TSRemoteGuardCreds ([MS-CSSP] 2.2.1.2.3)";

// One SEQUENCE and nothing else, whose fields `fields` takes.
template <typename Fields>
Error ReadSequence(ByteView octets, const char *what, const Fields &fields) {
  DerReader reader(octets);
  reader.Inside(der::kSequence, fields);
  reader.End();
  return reader.fault() != nullptr ? Malformed(what, reader.fault()) : kSuccess;
}

// C7: text as UTF-16LE, and one terminator that some peers send.
Result<ByteView> TextIn(ByteView octets, const char *what) {
  if (octets.size() > TsCredentials::kMostTextOctets) return Malformed(what, kTextTooLong);
  if (octets.size() >= 2) {
    const ByteView last = octets.last(2);
    if (last[0] == 0 && last[1] == 0) octets = octets.first(octets.size() - 2);
  }
  if (Utf8LengthOf(octets) == kInvalidText) {
    return Malformed(what, "a text that is not UTF-16, or holds a NUL");
  }
  return octets;
}

Error TakeText(ByteView octets, const char *what, SecretBytes *utf8) {
  const auto text = TextIn(octets, what);
  if (!text) return text.error();
  if (!utf8->Resize(Utf8LengthOf(*text))) return Status::kNoMemory;
  const MutableBytes room = utf8->span();
  Utf16ToUtf8(*text, {reinterpret_cast<char *>(room.data()), room.size()});
  return kSuccess;
}

Error ParsePassword(ByteView credentials, TsCredentials *parsed) {
  ByteView domain_name;
  ByteView user_name;
  ByteView password;
  if (Error error = ReadSequence(credentials, kPassword, [&](DerReader *fields) {
        domain_name = fields->OctetString(0);
        user_name = fields->OctetString(1);
        password = fields->OctetString(2);
      })) {
    return error;
  }
  if (Error error = TakeText(domain_name, kPassword, &parsed->domain_name)) return error;
  if (Error error = TakeText(user_name, kPassword, &parsed->user_name)) return error;
  return TakeText(password, kPassword, &parsed->password);
}

// [MS-CSSP] 2.2.1.2.2 with 2.2.1.2.2.1 TSCspDataDetail.
Error ParseSmartCard(ByteView credentials, TsCredentials * /*parsed*/) {
  constexpr size_t kTexts = 7;
  std::optional<ByteView> texts[kTexts];
  if (Error error = ReadSequence(credentials, kSmartCard, [&](DerReader *fields) {
        texts[0] = fields->OctetString(0);  // pin
        fields->Inside(der::Context(1), [&](DerReader *csp_data) {
          csp_data->Inside(der::kSequence, [&](DerReader *details) {
            details->Integer(0);  // keySpec
            // Names of card, reader, container and CSP.
            for (unsigned i = 1; i <= 4; ++i) texts[i] = details->OptionalOctetString(i);
          });
        });
        texts[5] = fields->OptionalOctetString(2);  // userHint
        texts[6] = fields->OptionalOctetString(3);  // domainHint
      })) {
    return error;
  }
  for (const std::optional<ByteView> &text : texts) {
    if (!text) continue;
    if (const auto checked = TextIn(*text, kSmartCard); !checked) return checked.error();
  }
  return kSuccess;
}

// [MS-CSSP] 2.2.1.2.3.1 TSRemoteGuardPackageCred.
void SkipPackage(DerReader *reader) {
  reader->Inside(der::kSequence, [](DerReader *fields) {
    const ByteView package_name = fields->OctetString(0);
    if (package_name.size() > TsCredentials::kMostTextOctets) fields->Refuse(kTextTooLong);
    fields->OctetString(1);  // credBuffer
  });
}

Error ParseRemoteGuard(ByteView credentials, TsCredentials * /*parsed*/) {
  return ReadSequence(credentials, kRemoteGuard, [](DerReader *fields) {
    fields->Inside(der::Context(0), SkipPackage);  // logonCred
    if (fields->at_end()) return;
    fields->Inside(der::Context(1), [](DerReader *supplemental_creds) {
      supplemental_creds->Inside(der::kSequence, [](DerReader *packages) {
        while (!packages->at_end()) SkipPackage(packages);
      });
    });
  });
}

struct TypeRow {
  CredentialType type;
  Error (*parse)(ByteView credentials, TsCredentials *parsed);
};
constexpr TypeRow kTypes[] = {
    {CredentialType::kPassword, ParsePassword},
    {CredentialType::kSmartCard, ParseSmartCard},
    {CredentialType::kRemoteGuard, ParseRemoteGuard},
};

// A text whose size in UTF-16 is known.
struct WireText {
  std::string_view utf8;
  size_t octets;
};

Result<WireText> ToWire(std::string_view utf8) {
  const size_t octets = Utf16LengthOf(utf8);
  if (octets == kInvalidText) return Fail(Status::kBadText, "%s", kPassword);
  if (octets > TsCredentials::kMostTextOctets) return Malformed(kPassword, kTextTooLong);
  return WireText{utf8, octets};
}

// [number] OCTET STRING with the text, which is never anywhere else.
void WriteText(unsigned number, const WireText &text, DerWriter *out) {
  out->Inside(der::Context(number), [&] {
    out->Inside(der::kOctetString, [&] {
      const MutableBytes place = out->Take(text.octets);
      if (!place.empty()) Utf8ToUtf16(text.utf8, place);
    });
  });
}

}  // namespace

Result<TsCredentials> TsCredentials::Parse(ByteView octets) {
  if (octets.size() > kMostOctets) return Malformed(kOuter, kTooLong);
  int64_t type = 0;
  ByteView credentials;
  if (Error error = ReadSequence(octets, kOuter, [&](DerReader *fields) {
        type = fields->Integer(0);
        credentials = fields->OctetString(1);
      })) {
    return error;
  }
  for (const TypeRow &row : kTypes) {
    if (type != static_cast<int64_t>(row.type)) continue;
    TsCredentials parsed;
    parsed.type = row.type;
    if (Error error = row.parse(credentials, &parsed)) return error;
    return parsed;
  }
  return Malformed(kOuter, "an unknown credType");
}

Result<SecretBytes> PasswordCredentials::Build() const {
  const auto domain_wire = ToWire(domain_name);
  if (!domain_wire) return domain_wire.error();
  const auto user_wire = ToWire(user_name);
  if (!user_wire) return user_wire.error();
  const auto password_wire = ToWire(password);
  if (!password_wire) return password_wire.error();

  SecretBytes built;
  const auto fields = [&](DerWriter *out) {
    out->Inside(der::kSequence, [&] {
      WriteText(2, *password_wire, out);
      WriteText(1, *user_wire, out);
      WriteText(0, *domain_wire, out);
    });
  };
  const auto credentials = [&](DerWriter *out) {
    out->Inside(der::kSequence, [&] {
      out->Inside(der::Context(1), [&] { out->Inside(der::kOctetString, [&] { fields(out); }); });
      out->Integer(0, static_cast<int64_t>(CredentialType::kPassword));
    });
  };
  if (!WriteDer(credentials, &built)) return Status::kNoMemory;
  return built;
}

}  // namespace gss_sspi::credssp
