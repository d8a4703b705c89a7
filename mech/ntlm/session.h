// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.4 Session Security: what both sides agreed, and SIGN and SEAL of the messages of one
// context.
#ifndef GSS_SSPI_NTLM_SESSION_H_
#define GSS_SSPI_NTLM_SESSION_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/bytes.h"
#include "core/result.h"
#include "crypto/hmac_md5.h"
#include "crypto/rc4.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/session_keys.h"
#include "wire/reader.h"

namespace gss_sspi::ntlm {

// The end of an exchange: what both sides have in common.
struct Agreement {
  Flags flags = 0;
  ExportedSessionKey session_key;
};

// [MS-NLMP] 2.2.2.9 NTLMSSP_MESSAGE_SIGNATURE: Version, Checksum (or RandomPad and Checksum),
// SeqNum.
inline constexpr size_t kMessageSignatureSize = 16;
using MessageSignature = std::array<uint8_t, kMessageSignatureSize>;

// A piece of a message. It is covered by the signature; with an `out` (which may be `in`) it is
// sealed or unsealed as well.
struct MessagePart {
  const uint8_t *in = nullptr;
  uint8_t *out = nullptr;  // null: signed only
  size_t size = 0;
};

// Not locked: the context that owns it is.
class Session {
 public:
  Session() = default;
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  // Begins with sequence number 0 in both directions. Once only.
  void Start(Agreement agreement, Sender us) {
    agreement_ = std::move(agreement);
    us_ = us;
  }

  Flags flags() const { return agreement_.flags; }
  const ExportedSessionKey &session_key() const { return agreement_.session_key; }
  Sender us() const { return us_; }
  // Who seals signs as well: some peers negotiate SEAL alone.
  bool CanSign() const { return (flags() & (kSign | kSeal)) != 0; }
  bool CanSeal() const { return (flags() & kSeal) != 0; }
  bool IsDatagram() const { return (flags() & kDatagram) != 0; }

  // SIGN, and SEAL for parts with an `out`: gives the signature.
  Error Protect(std::span<const MessagePart> parts, MessageSignature *signature);

  // The other side of Protect. After a refusal the state, and parts unsealed in place, are as they
  // were (N366); an `out` elsewhere then holds no plaintext.
  Error Verify(std::span<const MessagePart> parts, std::span<const uint8_t, 16> signature);

  // [MS-SPNG] 3.3.5.1: starts the RC4 state of one direction anew and keeps the number (N204).
  void ResetSealing(bool receiving);

  // The number of the next message in both directions. Of a datagram session the application knows
  // it (N351).
  void SetSequenceNumber(uint32_t number) { send_.sequence = receive_.sequence = number; }

  // Numbers and, once there are any, keys in use, for export and import of a context.
  template <typename Sink>
  void Save(Sink &sink) const {
    sink.U8(HasKeys() ? 1 : 0);
    for (const Direction *direction : {&send_, &receive_}) {
      sink.U32(direction->sequence);
      if (direction->keys) direction->keys->Save(sink);
    }
  }
  [[nodiscard]] bool Load(Reader *reader);

 private:
  struct Keys {
    crypto::HmacMd5Key signing_key;
    crypto::Rc4 rc4;

    static constexpr size_t kSavedSize = crypto::HmacMd5Key::kSavedSize + crypto::Rc4::kSavedSize;

    template <typename Sink>
    void Save(Sink &sink) const {
      const MutableBytes place = sink.Take(kSavedSize);
      if (place.empty()) return;
      signing_key.Save(place.first<crypto::HmacMd5Key::kSavedSize>());
      rc4.Save(place.last<crypto::Rc4::kSavedSize>());
    }
    [[nodiscard]] bool Load(Reader *reader) {
      signing_key.Load(reader->Array<crypto::HmacMd5Key::kSavedSize>());
      return rc4.Load(reader->Array<crypto::Rc4::kSavedSize>());
    }
  };
  struct Direction {
    uint32_t sequence = 0;
    std::optional<Keys> keys;  // made when the first message is protected: most contexts of servers
                               // never protect one
  };

  bool HasEss() const { return (flags() & kExtendedSessionSecurity) != 0; }
  // Without extended session security both sides count, and take key stream, as one. A datagram
  // session has no order that they could share.
  Direction &Receiving() { return HasEss() || IsDatagram() ? receive_ : send_; }

  bool HasKeys() const { return send_.keys.has_value(); }
  void DeriveKeysOnce() {
    if (!HasKeys()) DeriveKeys();
  }
  void DeriveKeys();
  void StartMessage(Direction *direction, Sender sender) const;
  Sender Peer() const { return us_ == Sender::kClient ? Sender::kServer : Sender::kClient; }

  Direction send_;
  Direction receive_;
  Agreement agreement_;
  Sender us_ = Sender::kClient;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_SESSION_H_
