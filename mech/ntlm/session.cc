// SPDX-License-Identifier: MIT
#include "ntlm/session.h"

#include "crypto/md5_rc4.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace gss_sspi::ntlm {
namespace {

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

Error Session::Protect(std::span<const MessagePart> parts, MessageSignature *signature) {
  DeriveKeysOnce();
  if (send_.sequence == UINT32_MAX) return Status::kSequenceExhausted;
  crypto::MessageCipher cipher(send_.signing_key, send_.rc4, send_.sequence);
  for (const MessagePart &part : parts) {
    if (part.out != nullptr) {
      cipher.Seal(part.in, part.out, part.size);
    } else {
      cipher.Sign({part.in, part.size});
    }
  }
  FinishSignature(&cipher, flags(), send_.sequence, signature);
  ++send_.sequence;
  return kSuccess;
}

Error Session::Verify(std::span<const MessagePart> parts, std::span<const uint8_t, 16> signature) {
  DeriveKeysOnce();
  const uint32_t sequence = Reader(signature.subspan<kSeqNumOffset>()).U32();
  if (sequence < receive_.sequence) return Status::kMessageRepeated;
  if (sequence > receive_.sequence) return Status::kMessageAhead;
  if (sequence == UINT32_MAX) return Status::kSequenceExhausted;

  crypto::MessageCipher cipher(receive_.signing_key, receive_.rc4, sequence);
  size_t from_stream = 0;
  for (const MessagePart &part : parts) {
    if (part.out != nullptr) {
      cipher.Unseal(part.in, part.out, part.size);
      from_stream += part.size;
    } else {
      cipher.Sign({part.in, part.size});
    }
  }
  MessageSignature expected;
  if (FinishSignature(&cipher, flags(), sequence, &expected)) from_stream += kChecksumSize;
  if (ConstantTimeEqual(expected, signature)) {
    ++receive_.sequence;
    return kSuccess;
  }
  receive_.rc4.Rewind(from_stream);
  SealAgain(parts, &receive_.rc4);
  return Status::kMessageAltered;
}

void Session::DeriveKeys() {
  const ExportedSessionKey &key = agreement_.session_key;
  send_.signing_key = crypto::HmacMd5Key(SIGNKEY(key, us_).view());
  receive_.signing_key = crypto::HmacMd5Key(SIGNKEY(key, Peer()).view());
  crypto::Rc4::SetKeys(send_.rc4, SEALKEY(flags(), key, us_).view(), receive_.rc4,
                       SEALKEY(flags(), key, Peer()).view());
  derived_ = true;
}

void Session::ResetSealing(bool receiving) {
  DeriveKeysOnce();
  Direction &direction = receiving ? receive_ : send_;
  direction.rc4.SetKey(SEALKEY(flags(), agreement_.session_key, receiving ? Peer() : us_).view());
}

void Session::Save(std::span<uint8_t, kSavedSize> out) {
  DeriveKeysOnce();
  Writer writer(out);
  for (const Direction *direction : {&send_, &receive_}) {
    writer.U32(direction->sequence);
    direction->rc4.Save(writer.Take(crypto::Rc4::kSavedSize).first<crypto::Rc4::kSavedSize>());
  }
}

bool Session::Load(std::span<const uint8_t, kSavedSize> in) {
  DeriveKeysOnce();
  Reader reader(in);
  for (Direction *direction : {&send_, &receive_}) {
    direction->sequence = reader.U32();
    if (!direction->rc4.Load(reader.Array<crypto::Rc4::kSavedSize>())) return false;
  }
  return true;
}

}  // namespace gss_sspi::ntlm
