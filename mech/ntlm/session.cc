// SPDX-License-Identifier: MIT
#include "ntlm/session.h"

#include "core/secret.h"
#include "crypto/crc32.h"
#include "crypto/md5.h"
#include "crypto/md5_rc4.h"
#include "wire/writer.h"

namespace gss_sspi::ntlm {
namespace {

using SignatureView = std::span<const uint8_t, kMessageSignatureSize>;

constexpr uint32_t kSignatureVersion = 1;
constexpr size_t kChecksumOffset = 4;
constexpr size_t kChecksumSize = 8;
constexpr size_t kSeqNumOffset = 12;

void PutU32(uint8_t *place, uint32_t value) { Writer({place, 4}).U32(value); }

// [MS-NLMP] 3.4.4.2 MAC with extended session security. The checksum goes through the key stream
// only when KEY_EXCH was negotiated. True when it took octets of the stream.
bool FinishSignature(crypto::MessageCipher *cipher, Flags flags, uint32_t sequence,
                     MessageSignature *signature) {
  PutU32(signature->data(), kSignatureVersion);
  PutU32(signature->data() + kSeqNumOffset, sequence);
  const auto checksum = std::span(*signature).subspan<kChecksumOffset, kChecksumSize>();
  if ((flags & kKeyExch) != 0) {
    cipher->FinishEncrypted(checksum);
    return true;
  }
  crypto::Md5Digest mac;
  cipher->Finish(mac);
  Copy(checksum, ByteView(mac).first(kChecksumSize));
  return false;
}

// A message, with the keys and the number of its direction. Both schemes of 3.4.4 in the same
// shape; the second gives how much of the key stream it took.
struct EssScheme {
  static void Protect(std::span<const MessagePart> parts, const crypto::HmacMd5Key &key,
                      crypto::Rc4 *rc4, Flags flags, uint32_t sequence,
                      MessageSignature *signature) {
    crypto::MessageCipher cipher(key, *rc4, sequence);
    for (const MessagePart &part : parts) {
      if (part.out != nullptr) {
        cipher.Seal(part.in, part.out, part.size);
      } else {
        cipher.Sign({part.in, part.size});
      }
    }
    FinishSignature(&cipher, flags, sequence, signature);
  }

  static size_t Expect(std::span<const MessagePart> parts, const crypto::HmacMd5Key &key,
                       crypto::Rc4 *rc4, Flags flags, uint32_t sequence,
                       MessageSignature *expected) {
    crypto::MessageCipher cipher(key, *rc4, sequence);
    size_t from_stream = 0;
    for (const MessagePart &part : parts) {
      if (part.out != nullptr) {
        cipher.Unseal(part.in, part.out, part.size);
        from_stream += part.size;
      } else {
        cipher.Sign({part.in, part.size});
      }
    }
    return from_stream + (FinishSignature(&cipher, flags, sequence, expected) ? kChecksumSize : 0);
  }
};

// [MS-NLMP] 3.4.4.1: a CRC-32, which is no proof to anybody who can change the message. For peers
// of old, where the policy allows them.
struct CrcScheme {
  // RandomPad, Checksum and SeqNum go through the key stream together, behind the sealed data; the
  // pad is cleared after that.
  static void Finish(const crypto::Crc32 &crc, crypto::Rc4 *rc4, uint32_t sequence,
                     MessageSignature *signature) {
    Writer writer(*signature);
    writer.U32(kSignatureVersion);
    writer.U32(0);
    writer.U32(crc.Value());
    writer.U32(sequence);
    rc4->Apply(std::span(*signature).subspan(kChecksumOffset));
    PutU32(signature->data() + kChecksumOffset, 0);
  }

  static void Protect(std::span<const MessagePart> parts, crypto::Rc4 *rc4, uint32_t sequence,
                      MessageSignature *signature) {
    crypto::Crc32 crc;
    for (const MessagePart &part : parts) {
      crc.Update({part.in, part.size});
      if (part.out != nullptr) rc4->Apply(part.in, part.out, part.size);
    }
    Finish(crc, rc4, sequence, signature);
  }

  static size_t Expect(std::span<const MessagePart> parts, crypto::Rc4 *rc4, uint32_t sequence,
                       MessageSignature *expected) {
    crypto::Crc32 crc;
    size_t from_stream = kMessageSignatureSize - kChecksumOffset;
    for (const MessagePart &part : parts) {
      if (part.out != nullptr) {
        rc4->Apply(part.in, part.out, part.size);
        from_stream += part.size;
      }
      crc.Update({part.out != nullptr ? part.out : part.in, part.size});
    }
    Finish(crc, rc4, sequence, expected);
    return from_stream;
  }
};

// Without extended session security the four octets of RandomPad may be anything.
bool SameSignature(const MessageSignature &expected, SignatureView got, bool with_pad) {
  const size_t from = with_pad ? kChecksumOffset : kChecksumOffset + 4;
  return ConstantTimeEqual(ByteView(expected).first(kChecksumOffset),
                           ByteView(got).first(kChecksumOffset)) &&
         ConstantTimeEqual(ByteView(expected).subspan(from), ByteView(got).subspan(from));
}

// Encrypts again what was decrypted, with the same piece of the key stream, and steps back. Parts
// unsealed in place are then as they came.
void SealAgain(std::span<const MessagePart> parts, crypto::Rc4 *rc4) {
  size_t sealed = 0;
  for (const MessagePart &part : parts) {
    if (part.out == nullptr) continue;
    rc4->Apply({part.out, part.size});
    sealed += part.size;
  }
  rc4->Rewind(sealed);
}

}  // namespace

// [MS-NLMP] 3.4: the messages of a datagram session come in any order, so each starts the stream
// anew, with a key of its own (N351).
void Session::StartMessage(Direction *direction, Sender sender) const {
  if (!IsDatagram()) return;
  uint8_t number[4];
  PutU32(number, direction->sequence);
  const auto key = KeyFrom<Secret<16>>(
      crypto::Md5Of(SEALKEY(flags(), agreement_.session_key, sender).octets(), ByteView(number)));
  direction->keys->rc4.SetKey(key.view());
}

Error Session::Protect(std::span<const MessagePart> parts, MessageSignature *signature) {
  DeriveKeysOnce();
  if (send_.sequence == UINT32_MAX) return Status::kSequenceExhausted;
  StartMessage(&send_, us_);
  if (HasEss()) {
    EssScheme::Protect(parts, send_.keys->signing_key, &send_.keys->rc4, flags(), send_.sequence,
                       signature);
  } else {
    CrcScheme::Protect(parts, &send_.keys->rc4, send_.sequence, signature);
  }
  ++send_.sequence;
  return kSuccess;
}

Error Session::Verify(std::span<const MessagePart> parts, SignatureView signature) {
  DeriveKeysOnce();
  Direction &direction = Receiving();
  if (HasEss()) {
    const uint32_t sequence = Reader(signature.subspan<kSeqNumOffset>()).U32();
    if (sequence < direction.sequence) return Status::kMessageRepeated;
    if (sequence > direction.sequence) return Status::kMessageAhead;
  }
  if (direction.sequence == UINT32_MAX) return Status::kSequenceExhausted;

  StartMessage(&direction, Peer());
  Keys &keys = *direction.keys;
  MessageSignature expected;
  const size_t from_stream =
      HasEss() ? EssScheme::Expect(parts, keys.signing_key, &keys.rc4, flags(), direction.sequence,
                                   &expected)
               : CrcScheme::Expect(parts, &keys.rc4, direction.sequence, &expected);
  if (SameSignature(expected, signature, HasEss())) {
    ++direction.sequence;
    return kSuccess;
  }
  keys.rc4.Rewind(from_stream);
  SealAgain(parts, &keys.rc4);
  return Status::kMessageAltered;
}

void Session::DeriveKeys() {
  const ExportedSessionKey &key = agreement_.session_key;
  const SealingKey sealing = SEALKEY(flags(), key, us_);
  Keys &send = send_.keys.emplace();
  Keys &receive = receive_.keys.emplace();
  if (HasEss()) {
    send.signing_key = crypto::HmacMd5Key(SIGNKEY(key, us_).view());
    receive.signing_key = crypto::HmacMd5Key(SIGNKEY(key, Peer()).view());
    crypto::Rc4::SetKeys(send.rc4, sealing.view(), receive.rc4,
                         SEALKEY(flags(), key, Peer()).view());
  } else {
    send.rc4.SetKey(sealing.octets());
    receive.rc4.SetKey(sealing.octets());
  }
}

void Session::ResetSealing(bool receiving) {
  DeriveKeysOnce();
  Direction &direction = receiving ? Receiving() : send_;
  direction.keys->rc4.SetKey(
      SEALKEY(flags(), agreement_.session_key, receiving ? Peer() : us_).octets());
}

bool Session::Load(Reader *reader) {
  const uint8_t derived = reader->U8();
  if (derived > 1) return false;
  for (Direction *direction : {&send_, &receive_}) {
    direction->sequence = reader->U32();
    if (derived == 1 && !direction->keys.emplace().Load(reader)) return false;
  }
  return reader->ok();
}

}  // namespace gss_sspi::ntlm
