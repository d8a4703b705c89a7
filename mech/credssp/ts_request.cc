// SPDX-License-Identifier: MIT
#include "credssp/ts_request.h"

#include <array>

#include "credssp/der.h"

namespace gss_sspi::credssp {
namespace {

// Numbers of the tags.
enum Field : unsigned {
  kVersion,
  kNegoTokens,
  kAuthInfo,
  kPubKeyAuth,
  kErrorCode,
  kClientNonce,
  kFieldCount
};

constexpr const char *kNames[kFieldCount] = {"version",    "negoTokens", "authInfo",
                                             "pubKeyAuth", "errorCode",  "clientNonce"};

// C9: an NTSTATUS, and a zero in front of it that some peers send.
constexpr size_t kMostErrorOctets = 5;

constexpr char kTooLong[] = "longer than 65536 octets";
static_assert(TsRequest::kMostOctets == 65536);

// The contents of the fields, each behind its tag.
struct Fields {
  std::array<std::optional<ByteView>, kFieldCount> known;
  bool others = false;
};

Error Malformed(const char *fault) {
  return Fail(Status::kCredsspDefectiveToken, "TSRequest ([MS-CSSP] 2.2.1): %s", fault);
}

Error Malformed(Field field, const char *fault) {
  return Fail(Status::kCredsspDefectiveToken, "TSRequest.%s ([MS-CSSP] 2.2.1): %s", kNames[field],
              fault);
}

// C8: fields in the order of their tags, none of them twice.
void TakeFields(DerReader *reader, Fields *fields) {
  for (unsigned least = 0; !reader->at_end();) {
    const uint8_t tag = reader->tag();
    const unsigned number = tag ^ der::kContext;
    if (number >= 0x20) {
      reader->Refuse("a tag that does not belong here");
    } else if (number < least) {
      reader->Refuse("a field out of order or twice");
    }
    const ByteView content = reader->Take(tag);
    if (number < kFieldCount) {
      fields->known[number] = content;
    } else {
      fields->others = true;
    }
    least = number + 1;
  }
}

// What `take` makes of a field.
template <typename Take>
Error ReadField(const Fields &fields, Field field, const Take &take) {
  if (!fields.known[field]) return kSuccess;
  DerReader reader(*fields.known[field]);
  take(&reader);
  reader.End();
  return reader.fault() != nullptr ? Malformed(field, reader.fault()) : kSuccess;
}

// C6.
Error ReadVersion(const Fields &fields, uint32_t *version) {
  if (!fields.known[kVersion]) return Malformed(kVersion, "the field is missing");
  return ReadField(fields, kVersion, [&](DerReader *reader) {
    const int64_t value = reader->TakeInteger();
    if (value < kLeastVersion || value > UINT32_MAX) reader->Refuse("no version of CredSSP");
    *version = static_cast<uint32_t>(value);
  });
}

// C9: modulo 2^32.
Error ReadErrorCode(const Fields &fields, uint32_t *error_code) {
  return ReadField(fields, kErrorCode, [&](DerReader *reader) {
    *error_code = static_cast<uint32_t>(reader->TakeInteger(kMostErrorOctets));
  });
}

// C10: none, one, or one that is empty.
Error ReadNegoTokens(const Fields &fields, std::optional<ByteView> *token) {
  return ReadField(fields, kNegoTokens, [&](DerReader *reader) {
    reader->Inside(der::kSequence, [&](DerReader *tokens) {
      if (tokens->at_end()) return;
      ByteView first;
      tokens->Inside(der::kSequence, [&](DerReader *item) { first = item->OctetString(0); });
      if (!tokens->at_end()) tokens->Refuse("more than one token");
      if (!first.empty()) *token = first;
    });
  });
}

Error ReadOctets(const Fields &fields, Field field, std::optional<ByteView> *octets) {
  return ReadField(fields, field,
                   [&](DerReader *reader) { *octets = reader->Take(der::kOctetString); });
}

// The fields that count when there is no error code.
Error ReadOthers(const Fields &fields, TsRequest *request) {
  if (fields.others && request->version <= kOwnVersion) {
    return Malformed("a field that its version does not have");
  }
  if (Error error = ReadNegoTokens(fields, &request->nego_token)) return error;
  if (Error error = ReadOctets(fields, kAuthInfo, &request->auth_info)) return error;
  if (Error error = ReadOctets(fields, kPubKeyAuth, &request->pub_key_auth)) return error;
  return ReadOctets(fields, kClientNonce, &request->client_nonce);
}

void Write(const TsRequest &request, DerWriter *out) {
  const auto octets = [&](Field field, const std::optional<ByteView> &value) {
    if (value) out->OctetString(field, *value);
  };
  out->Inside(der::kSequence, [&] {
    octets(kClientNonce, request.client_nonce);
    if (request.error_code != 0) {
      out->Integer(kErrorCode, static_cast<int32_t>(request.error_code));  // C9: signed
    }
    octets(kPubKeyAuth, request.pub_key_auth);
    octets(kAuthInfo, request.auth_info);
    if (request.nego_token) {
      out->Inside(der::Context(kNegoTokens), [&] {
        out->Inside(der::kSequence, [&] {
          out->Inside(der::kSequence, [&] { out->OctetString(0, *request.nego_token); });
        });
      });
    }
    out->Integer(kVersion, request.version);
  });
}

}  // namespace

Result<size_t> TsRequest::SizeAt(ByteView input) {
  const DerHeader header = ReadDerHeader(input);
  if (header.fault != nullptr) return Malformed(header.fault);
  if (!input.empty() && header.tag != der::kSequence) return Malformed("not a SEQUENCE");
  if (header.size == 0) return size_t{0};
  if (header.content_size > kMostOctets - header.size) return Malformed(kTooLong);
  return header.size + header.content_size;
}

Result<TsRequest> TsRequest::Parse(ByteView whole) {
  if (whole.size() > kMostOctets) return Malformed(kTooLong);
  Fields fields;
  DerReader reader(whole);
  reader.Inside(der::kSequence, [&](DerReader *inside) { TakeFields(inside, &fields); });
  reader.End();
  if (reader.fault() != nullptr) return Malformed(reader.fault());

  TsRequest request;
  if (Error error = ReadVersion(fields, &request.version)) return error;
  if (Error error = ReadErrorCode(fields, &request.error_code)) return error;
  if (request.error_code != 0) return request;
  if (Error error = ReadOthers(fields, &request)) return error;
  return request;
}

Result<Buffer> TsRequest::Build() const {
  Buffer built;
  if (!WriteDer([this](DerWriter *out) { Write(*this, out); }, &built)) return Status::kNoMemory;
  if (built.size() > kMostOctets) return Malformed(kTooLong);
  return built;
}

}  // namespace gss_sspi::credssp
