// SPDX-License-Identifier: MIT
// What wrap_token.cc and mic_token.cc share: a client's and a server's session with a known key,
// over all flags that decide how messages are protected, and messages in several parts.
#ifndef GSS_SSPI_TESTS_FUZZ_SESSION_CHECKS_H_
#define GSS_SSPI_TESTS_FUZZ_SESSION_CHECKS_H_

#include <memory>

#include "fuzz.h"
#include "ntlm/session.h"
#include "wire/sizer.h"

namespace gss_sspi::fuzz {

// One bit of an input for each.
inline constexpr ntlm::Flags kSessionFlags[] = {
    ntlm::kExtendedSessionSecurity,
    ntlm::kKeyExch,
    ntlm::k128,
    ntlm::k56,
    ntlm::kLmKey,
    ntlm::kDatagram,
};
inline constexpr size_t kSessionKinds = size_t{1} << std::size(kSessionFlags);

// Both ends, which stand at the same message.
class Ends {
 public:
  explicit Ends(size_t kind) {
    ntlm::Flags flags = ntlm::kSign | ntlm::kSeal;
    for (size_t i = 0; i < std::size(kSessionFlags); ++i) {
      if ((kind >> i & 1) != 0) flags |= kSessionFlags[i];
    }
    for (ntlm::Session *end : {&client, &server}) {
      ntlm::Agreement agreement;
      agreement.flags = flags;
      static_cast<void>(Random(agreement.session_key.span()));
      end->Start(std::move(agreement),
                 end == &client ? ntlm::Sender::kClient : ntlm::Sender::kServer);
      end->ResetSealing(true);  // makes the keys
    }
    SaveTo(&client_before_, client);
    SaveTo(&server_before_, server);
  }
  // As after the constructor.
  void Restore(bool client_too) {
    Reader reader(server_before_.view());
    GSS_SSPI_REQUIRE(server.Load(&reader));
    Reader client_reader(client_before_.view());
    if (client_too) GSS_SSPI_REQUIRE(client.Load(&client_reader));
  }
  bool HasEss() const { return (server.flags() & ntlm::kExtendedSessionSecurity) != 0; }
  bool IsDatagram() const { return server.IsDatagram(); }

  static void SaveTo(Buffer *out, const ntlm::Session &session) {
    GSS_SSPI_REQUIRE(Serialize([&](auto &sink) { session.Save(sink); }, out));
  }

  ntlm::Session client, server;

 private:
  Buffer client_before_, server_before_;
};

// Made once for each kind, since RC4's key schedule is the dear part; each run leaves them as they
// were.
inline Ends &EndsOf(size_t kind) {
  static std::unique_ptr<Ends> all[kSessionKinds];
  std::unique_ptr<Ends> &ends = all[kind % kSessionKinds];
  if (!ends) ends = std::make_unique<Ends>(kind);
  return *ends;
}

// A message in up to four parts. A bit of `sealed` says that a part is sealed and not only signed,
// one of `elsewhere` that what comes of it goes to other memory.
struct Shape {
  uint8_t sealed = 0;
  uint8_t elsewhere = 0;
  uint8_t cuts[3] = {};
};

class Message {
 public:
  static constexpr size_t kParts = 4;

  Message(ByteView octets, const Shape &shape)
      : octets_(octets.begin(), octets.end()), results_(octets.size()) {
    size_t at = 0;
    for (size_t i = 0; i < kParts; ++i) {
      const size_t left = octets_.size() - at;
      const size_t size = i + 1 == kParts ? left : shape.cuts[i] % (left + 1);
      const bool sealed = (shape.sealed >> i & 1) != 0;
      const bool elsewhere = (shape.elsewhere >> i & 1) != 0;
      uint8_t *const place = octets_.data() + at;
      uint8_t *const result = elsewhere ? results_.data() + at : place;
      parts_[i] = {place, sealed ? result : nullptr, size};
      at += size;
    }
  }

  std::span<const ntlm::MessagePart> parts() const { return parts_; }
  // What stands in place: for parts that go elsewhere, what was there before.
  const Bytes &in_place() const { return octets_; }
  // What came of each part.
  Bytes Result() const {
    Bytes result;
    for (const ntlm::MessagePart &part : parts_) {
      const uint8_t *from = part.out != nullptr ? part.out : part.in;
      result.insert(result.end(), from, from + part.size);
    }
    return result;
  }

 private:
  Bytes octets_, results_;
  std::array<ntlm::MessagePart, kParts> parts_;
};

// The server is given octets and a signature that the fuzzer made up.
inline void CheckRaw(Ends *ends, ByteView octets, const Shape &shape,
                     std::span<const uint8_t, ntlm::kMessageSignatureSize> signature) {
  Buffer before, after;
  Ends::SaveTo(&before, ends->server);
  const Message message(octets, shape);
  const bool accepted = !ends->server.Verify(message.parts(), signature);
  if (!accepted) {
    // N366: a refusal changes nothing. In a datagram session each message starts the key anew.
    GSS_SSPI_REQUIRE(Equal(message.in_place(), octets));
    Ends::SaveTo(&after, ends->server);
    GSS_SSPI_REQUIRE(ends->IsDatagram() || Equal(before.view(), after.view()));
    return;
  }
  // Then the client makes the same of the same message.
  const Message again(message.Result(), shape);
  ntlm::MessageSignature made;
  GSS_SSPI_REQUIRE(!ends->client.Protect(again.parts(), &made));
  GSS_SSPI_REQUIRE(Equal(again.Result(), octets));
  const size_t pad_end = ends->HasEss() ? 4 : 8;
  GSS_SSPI_REQUIRE(Equal(ByteView(made).first(4), signature.first<4>()));
  GSS_SSPI_REQUIRE(Equal(ByteView(made).subspan(pad_end), signature.subspan(pad_end)));
  ends->Restore(true);
}

// One octet that is changed on the way.
struct Tampering {
  uint8_t where = 0;
  uint8_t change = 0;  // zero: none
};

// The client makes a message, one octet of signature or data is changed, and the server takes the
// message if that was none, or one of RandomPad, which says nothing.
inline void CheckMade(Ends *ends, ByteView octets, const Shape &shape, const Tampering &tampering,
                      bool exhausted) {
  const Message sent(octets, shape);
  ntlm::MessageSignature signature{};
  if (const Error error = ends->client.Protect(sent.parts(), &signature)) {
    // Only where no number is left, and then nobody takes a message any more either.
    GSS_SSPI_REQUIRE(error.status == Status::kSequenceExhausted && exhausted);
    GSS_SSPI_REQUIRE(Equal(sent.in_place(), octets));
    return;
  }
  GSS_SSPI_REQUIRE(!exhausted);
  Bytes wire(signature.begin(), signature.end());
  const Bytes sealed = sent.Result();
  wire.insert(wire.end(), sealed.begin(), sealed.end());
  const size_t place = tampering.where % wire.size();
  wire[place] ^= tampering.change;
  const bool is_pad = !ends->HasEss() && place >= 4 && place < 8;
  const bool right = tampering.change == 0 || is_pad;

  const ByteView arrived(wire);
  const Message got(arrived.subspan(ntlm::kMessageSignatureSize), shape);
  const auto got_signature = arrived.first<ntlm::kMessageSignatureSize>();
  const Error error = ends->server.Verify(got.parts(), got_signature);
  GSS_SSPI_REQUIRE(right == !error);
  if (error) {
    // The right one is still taken afterwards.
    wire[place] ^= tampering.change;
    GSS_SSPI_REQUIRE(Equal(got.in_place(), ByteView(wire).subspan(ntlm::kMessageSignatureSize)) ||
                     place >= ntlm::kMessageSignatureSize);
    const Message whole(ByteView(wire).subspan(ntlm::kMessageSignatureSize), shape);
    GSS_SSPI_REQUIRE(!ends->server.Verify(whole.parts(), signature));
    GSS_SSPI_REQUIRE(Equal(whole.Result(), octets));
  } else {
    GSS_SSPI_REQUIRE(Equal(got.Result(), octets));
    // A message counts once.
    const Message repeated(sealed, shape);
    const bool taken = !ends->server.Verify(repeated.parts(), signature);
    GSS_SSPI_REQUIRE(!taken);
  }
  Reach();
  ends->Restore(true);
}

// Input: kind of session and what is done; a sequence number; shape; what is changed; then for a
// token that is made up its signature; then the octets.
inline void RunSession(ByteView data, bool sealing) {
  Input input(data.data(), data.size());
  const uint8_t kind = input.Choice();
  const uint8_t shape_bits = input.Choice();
  Shape shape;
  shape.sealed = sealing ? shape_bits & 0xf : 0;
  shape.elsewhere = shape_bits >> 4;
  for (uint8_t &cut : shape.cuts) cut = input.Choice();
  Ends &ends = EndsOf(kind);
  uint32_t number = 0;
  if ((kind & 0x40) != 0) {
    const uint32_t low = input.Choice();
    number = low < 0x80 ? low : UINT32_MAX - (low & 0x7f);
    ends.client.SetSequenceNumber(number);
    ends.server.SetSequenceNumber(number);
  }
  if ((kind & 0x80) != 0) {
    Tampering tampering;
    tampering.where = input.Choice();
    tampering.change = input.Choice();
    CheckMade(&ends, input.rest(), shape, tampering, number == UINT32_MAX);
  } else if (input.rest().size() >= ntlm::kMessageSignatureSize) {
    const ByteView rest = input.rest();
    CheckRaw(&ends, rest.subspan(ntlm::kMessageSignatureSize), shape,
             rest.first<ntlm::kMessageSignatureSize>());
  }
  if ((kind & 0x40) != 0) ends.Restore(true);
}

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_SESSION_CHECKS_H_
