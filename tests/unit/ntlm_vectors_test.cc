// SPDX-License-Identifier: MIT
// [MS-NLMP] 4.2.4, Davenport, exchanges recorded by other implementations, and computed values
// for each strength, through the parts of the product that make and judge them.
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm/session.h"
#include "ntlm/session_keys.h"
#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr char kNlmp[] = "ntlm_mic_nlmp_4_2";

std::string Nlmp(const char *name) { return std::string(kNlmp) + "." + name; }

// 16 octets out of a key, for a comparison with a vector.
Bytes OctetsOf(const crypto::HmacMd5Key &key, ByteView message) {
  const auto digest = crypto::HmacMd5Of(key, message);
  return {digest.begin(), digest.end()};
}

// A ResponseKeyNt does not show its octets; it is right when its HMAC is that of the right key.
void ExpectResponseKey(const ResponseKeyNt &got, const std::string &path) {
  const auto octets = ArrayVector<16>(path);
  const crypto::HmacMd5Key expected{std::span<const uint8_t, 16>(octets)};
  const Bytes probe = Unhex("00112233");
  ck_assert_msg(OctetsOf(got, probe) == OctetsOf(expected, probe), "%s", path.c_str());
}

Agreement AgreementOf(Flags flags, ByteView key) {
  Agreement agreement;
  agreement.flags = flags;
  Copy(agreement.session_key.span(), key);
  return agreement;
}

// Signature and sealed octets, as gss_wrap puts them one after the other.
Bytes Wrapped(Session *session, ByteView plain) {
  Bytes sealed(plain.begin(), plain.end());
  const MessagePart part{sealed.data(), sealed.data(), sealed.size()};
  MessageSignature signature;
  ck_assert(!session->Protect({&part, 1}, &signature));
  return Concatenate({signature, sealed});
}

Bytes Signed(Session *session, ByteView plain) {
  const MessagePart part{plain.data(), nullptr, plain.size()};
  MessageSignature signature;
  ck_assert(!session->Protect({&part, 1}, &signature));
  return {signature.begin(), signature.end()};
}

// The other side takes a wrap token and finds what was sent.
void ExpectUnwraps(Session *session, ByteView token, ByteView plain) {
  ck_assert_uint_eq(token.size(), plain.size() + kMessageSignatureSize);
  Bytes data(token.begin() + kMessageSignatureSize, token.end());
  const MessagePart part{data.data(), data.data(), data.size()};
  ck_assert(!session->Verify({&part, 1}, token.first<kMessageSignatureSize>()));
  ck_assert(Equal(data, plain));
}

void ExpectRefused(Session *session, ByteView token) {
  Bytes data(token.begin() + kMessageSignatureSize, token.end());
  const Bytes before = data;
  const MessagePart part{data.data(), data.data(), data.size()};
  ck_assert(static_cast<bool>(session->Verify({&part, 1}, token.first<kMessageSignatureSize>())));
  ck_assert(Equal(data, before));
}

// ---- [MS-NLMP] 4.2.2 and 4.2.3
// -------------------------------------------------------------------

// What NTLMv1 makes of the published password and challenge.
struct NlmpV1 {
  std::array<uint8_t, 8> challenge = ArrayVector<8>(Nlmp("common.server_challenge"));
  NtHash nt = HashOfPassword(TextVector(Nlmp("common.password")));
  LmHash lm = std::move(*LMOWFv1(TextVector(Nlmp("common.password"))));
  BaseKeys keys = V1BaseKeys(nt, &lm);
};

START_TEST(NlmpNtlmv1Responses) {
  const NlmpV1 v1;
  ExpectVector(v1.lm.view(), Nlmp("ntlmv1.lmowfv1"));
  ExpectVector(v1.nt.view(), Nlmp("ntlmv1.ntowfv1"));
  ExpectVector(v1.keys.session_base_key.view(), Nlmp("ntlmv1.session_base_key"));
  ExpectVector(ComputeV1Response(v1.lm.view(), v1.challenge), Nlmp("ntlmv1.lm_response"));
  ExpectVector(ComputeV1Response(v1.nt.view(), v1.challenge), Nlmp("ntlmv1.nt_response"));

  const auto client_challenge = ArrayVector<8>(Nlmp("common.client_challenge"));
  const auto digest = EssChallenge(v1.challenge, client_challenge);
  ExpectVector(ComputeV1Response(v1.nt.view(), digest),
               Nlmp("ntlmv1_client_challenge.nt_response"));
}
END_TEST

// 3.4.5.1 KXKEY in each of its forms, and the exchange of a random key with it.
START_TEST(NlmpKxkey) {
  const NlmpV1 v1;
  const std::string group = Nlmp("ntlmv1") + ".";
  const auto lm_response = ComputeV1Response(v1.lm.view(), v1.challenge);
  const auto random_key = ArrayVector<16>(Nlmp("common.random_session_key"));
  struct Row {
    Flags flags;
    const char *key, *encrypted;
  };
  for (const Row &row : {Row{0, "key_exchange_key", "encrypted_session_key"},
                         Row{kLmKey, "key_exchange_key_lm_key", "encrypted_session_key_lm_key"}}) {
    const auto key = KXKEY(row.flags, ResponseForm::kNtlmV1, v1.keys, lm_response, v1.challenge);
    ck_assert(static_cast<bool>(key));
    ExpectVector(key->view(), group + row.key);
    std::array<uint8_t, 16> encrypted{};
    ExchangeKey(*key, random_key, encrypted);
    ExpectVector(encrypted, group + row.encrypted);
  }
  const Bytes ess_lm = BytesVector(Nlmp("ntlmv1_client_challenge.lm_response"));
  const auto ess =
      KXKEY(kExtendedSessionSecurity, ResponseForm::kNtlmV1Ess, v1.keys, ess_lm, v1.challenge);
  ExpectVector(ess->view(), Nlmp("ntlmv1_client_challenge.key_exchange_key"));

  // LM_KEY without an LM hash cannot be.
  const BaseKeys without = V1BaseKeys(v1.nt, nullptr);
  ck_assert(!KXKEY(kLmKey, ResponseForm::kNtlmV1, without, lm_response, v1.challenge));
  ck_assert(static_cast<bool>(KXKEY(0, ResponseForm::kNtlmV1, without, lm_response, v1.challenge)));
}
END_TEST

// The published message, sealed: without extended session security (4.2.2.4), and with it and
// 40 bits (4.2.3.4).
START_TEST(NlmpNtlmv1Wrap) {
  const Bytes plain = BytesVector(Nlmp("common.plaintext_utf16le"));
  for (const char *name : {"ntlmv1", "ntlmv1_client_challenge"}) {
    const std::string group = Nlmp(name) + ".";
    const Flags flags = NumberVector(group + "flags");
    const bool exchanged = (flags & kKeyExch) != 0;
    const ExportedSessionKey key(exchanged ? ArrayVector<16>(Nlmp("common.random_session_key"))
                                           : ArrayVector<16>(group + "key_exchange_key"));
    ExpectVector(SEALKEY(flags, key, Sender::kClient).octets(), group + "wrapex.seal_key");
    Session client, server;
    client.Start(AgreementOf(flags, key.view()), Sender::kClient);
    server.Start(AgreementOf(flags, key.view()), Sender::kServer);
    const Bytes token = Wrapped(&client, plain);
    ExpectVector(ByteView(token).first(kMessageSignatureSize), group + "wrapex.signature");
    ExpectVector(ByteView(token).subspan(kMessageSignatureSize), group + "wrapex.sealed");
    ExpectUnwraps(&server, token, plain);
  }
}
END_TEST

// 3.4.5.3 without extended session security: strengths are cut only beside LM_KEY.
START_TEST(SealingKeysWithoutEss) {
  const ExportedSessionKey key(std::span<const uint8_t, 16>(
      reinterpret_cast<const uint8_t *>("\x01\x02\x03\x04\x05\x06\x07\x08"
                                        "\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
      16));
  struct Row {
    Flags flags;
    const char *sealing_key;
  };
  for (const Row &row :
       {Row{0, "0102030405060708090a0b0c0d0e0f10"}, Row{k56, "0102030405060708090a0b0c0d0e0f10"},
        Row{kLmKey | k56, "01020304050607a0"}, Row{kLmKey | k128 | k56, "01020304050607a0"},
        Row{kLmKey, "0102030405e538b0"}, Row{kLmKey | k128, "0102030405e538b0"},
        Row{kDatagram | k56, "01020304050607a0"}, Row{kDatagram, "0102030405e538b0"}}) {
    for (const Sender sender : {Sender::kClient, Sender::kServer}) {
      const std::string got = Hex(SEALKEY(row.flags, key, sender).octets());
      ck_assert_str_eq(got.c_str(), row.sealing_key);
    }
  }
}
END_TEST

// Without extended session security both sides share one stream and one number: messages that go to
// and fro arrive, a changed one is refused, and a refusal changes nothing.
START_TEST(SessionWithoutEss) {
  for (const Flags flags : {kSign | kSeal, kSign | kSeal | kLmKey | k56, kSign}) {
    const ExportedSessionKey key(ArrayVector<16>(Nlmp("common.random_session_key")));
    Session client, server;
    client.Start(AgreementOf(flags, key.view()), Sender::kClient);
    server.Start(AgreementOf(flags, key.view()), Sender::kServer);
    Session *sides[] = {&client, &server};
    for (int i = 0; i < 6; ++i) {
      const Bytes plain(static_cast<size_t>(i), static_cast<uint8_t>('a' + i));
      const Bytes token = Wrapped(sides[i % 2], plain);
      for (size_t at = 0; at < token.size(); ++at) {
        Bytes changed = token;
        changed[at] ^= 0x20;
        const bool pad = at >= 4 && at < 8;
        if (!pad) ExpectRefused(sides[1 - i % 2], changed);
      }
      ExpectUnwraps(sides[1 - i % 2], token, plain);
    }
  }
}
END_TEST

// ---- [MS-NLMP] 4.2.4
// -----------------------------------------------------------------------------

struct NlmpUser {
  NtHash hash = HashOfPassword(TextVector(Nlmp("common.password")));
  Bytes user = Utf16(TextVector(Nlmp("common.user")));
  Bytes domain = Utf16(TextVector(Nlmp("common.domain")));
  ResponseKeyNt key = NTOWFv2(hash, user, domain);
};

START_TEST(NlmpNtlmv2Response) {
  const NlmpUser of;
  ExpectVector(of.hash.view(), Nlmp("ntlmv1.ntowfv1"));
  ExpectResponseKey(of.key, Nlmp("ntlmv2.ntowfv2"));

  // "temp" from the parts. The published one has the server's pairs alone, so ours is not used.
  const Bytes temp = BytesVector(Nlmp("ntlmv2.temp"));
  const auto challenge = ArrayVector<8>(Nlmp("common.server_challenge"));
  const NtProofStr proof = ComputeNtProofStr(of.key, challenge, temp);
  ExpectVector(proof, Nlmp("ntlmv2.nt_proof_str"));
  const SessionBaseKey base_key = ComputeSessionBaseKey(of.key, proof);
  ExpectVector(base_key.view(), Nlmp("ntlmv2.session_base_key"));
  ExpectVector(Concatenate({proof, temp}), Nlmp("ntlmv2.nt_response"));

  const auto random_key = ArrayVector<16>(Nlmp("common.random_session_key"));
  std::array<uint8_t, 16> encrypted{};
  ExchangeKey(KeyExchangeKey(base_key.view()), random_key, encrypted);
  ExpectVector(encrypted, Nlmp("ntlmv2.encrypted_session_key"));
  std::array<uint8_t, 16> back{};
  ExchangeKey(KeyExchangeKey(base_key.view()), encrypted, back);
  ck_assert(back == random_key);
}
END_TEST

START_TEST(NlmpNtlmv2Keys) {
  const ExportedSessionKey key(ArrayVector<16>(Nlmp("common.random_session_key")));
  const Flags flags = NumberVector(Nlmp("ntlmv2.flags"));
  ExpectVector(SEALKEY(flags, key, Sender::kClient).view(), Nlmp("ntlmv2.wrapex.seal_key"));
  ExpectVector(SIGNKEY(key, Sender::kClient).view(), Nlmp("ntlmv2.wrapex.sign_key"));
  ExpectVector(SEALKEY(flags, key, Sender::kServer).view(), Nlmp("ntlmv2.wrapex.server_seal_key"));
  ExpectVector(SIGNKEY(key, Sender::kServer).view(), Nlmp("ntlmv2.wrapex.server_sign_key"));
}
END_TEST

START_TEST(NlmpNtlmv2Wrap) {
  const Bytes key = BytesVector(Nlmp("common.random_session_key"));
  const Flags flags = NumberVector(Nlmp("ntlmv2.flags"));
  const Bytes plain = BytesVector(Nlmp("common.plaintext_utf16le"));
  Session client;
  client.Start(AgreementOf(flags, key), Sender::kClient);
  const Bytes token = Wrapped(&client, plain);
  ExpectVector(ByteView(token).first(16), Nlmp("ntlmv2.wrapex.signature"));
  ExpectVector(ByteView(token).subspan(16), Nlmp("ntlmv2.wrapex.sealed"));
}
END_TEST

START_TEST(TwoMessages) {
  const Bytes key = BytesVector(Nlmp("common.random_session_key"));
  const Flags flags = NumberVector(Nlmp("ntlmv2.flags"));
  Session client, server, signer;
  client.Start(AgreementOf(flags, key), Sender::kClient);
  server.Start(AgreementOf(flags, key), Sender::kServer);
  signer.Start(AgreementOf(flags, key), Sender::kClient);
  const size_t count = VectorCount(Nlmp("two_messages.messages"));
  ck_assert_uint_eq(count, 4);
  for (size_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    const Bytes plain = BytesVector(Nlmp("two_messages.messages.") + n);
    const Bytes token = Wrapped(&client, plain);
    ExpectVector(token, Nlmp("two_messages.tokens.") + n);
    ExpectUnwraps(&server, token, plain);
    ExpectVector(Signed(&signer, plain), Nlmp("two_messages.mics_on_fresh_context.") + n);
  }
}
END_TEST

// The published AUTHENTICATE: no MIC field, payload from offset 72 (N343).
START_TEST(NlmpMessages) {
  const Bytes challenge_octets = BytesVector(Nlmp("ntlmv2.challenge_message"));
  const auto challenge = ChallengeMessage::Parse(challenge_octets);
  ck_assert(static_cast<bool>(challenge));
  ck_assert_uint_eq(challenge->negotiate_flags, NumberVector(Nlmp("ntlmv2.flags")));
  ExpectVector(challenge->server_challenge, Nlmp("common.server_challenge"));
  ExpectVector(challenge->target_info, Nlmp("ntlmv2.target_info"));
  ck_assert(Equal(challenge->target_name, Utf16(TextVector(Nlmp("common.server_name")))));

  const Bytes octets = BytesVector(Nlmp("ntlmv2.authenticate_message"));
  const auto message = AuthenticateMessage::Parse(octets);
  ck_assert(static_cast<bool>(message));
  const NlmpUser of;
  ck_assert(Equal(message->user_name, of.user));
  ck_assert(Equal(message->domain_name, of.domain));
  ck_assert(Equal(message->workstation, Utf16(TextVector(Nlmp("common.workstation")))));
  ExpectVector(message->nt_challenge_response, Nlmp("ntlmv2.nt_response"));
  ExpectVector(message->lm_challenge_response, Nlmp("ntlmv2.lm_response"));
  ExpectVector(message->encrypted_random_session_key, Nlmp("ntlmv2.encrypted_session_key"));
  ck_assert_uint_eq(message->mic_offset, 0);
  ck_assert(!message->trailing_octets);
}
END_TEST

// ---- Davenport
// -----------------------------------------------------------------------------------

START_TEST(Davenport) {
  const auto path = [](const char *name) { return std::string("ntlm_davenport.") + name; };
  const NtHash hash = HashOfPassword(TextVector(path("password")));
  ExpectVector(hash.view(), path("nt_hash"));
  const ResponseKeyNt key =
      NTOWFv2(hash, Utf16(TextVector(path("user"))), Utf16(TextVector(path("domain"))));
  ExpectResponseKey(key, path("ntowfv2"));
  const Bytes response = BytesVector(path("ntlmv2_response"));
  const auto challenge = ArrayVector<8>(path("server_challenge"));
  const NtProofStr proof = ComputeNtProofStr(key, challenge, ByteView(response).subspan(16));
  ck_assert(Equal(proof, ByteView(response).first(16)));

  const auto lm = LMOWFv1(TextVector(path("password")));
  ck_assert(lm.has_value());
  ExpectVector(lm->view(), path("lm_hash"));
  ExpectVector(ComputeV1Response(lm->view(), challenge), path("lm_response"));
  ExpectVector(ComputeV1Response(hash.view(), challenge), path("nt_response"));
  const auto client_challenge = ArrayVector<8>(path("client_challenge"));
  const auto digest = EssChallenge(challenge, client_challenge);
  ExpectVector(digest, path("ntlm2_session_hash"));
  ExpectVector(ComputeV1Response(hash.view(), digest), path("ntlm2_session_nt"));
}
END_TEST

// Passwords that have no LM hash: longer than 14 characters, or not ASCII.
START_TEST(PasswordsWithoutLmHash) {
  ck_assert(LMOWFv1("").has_value());
  ck_assert(LMOWFv1("12345678901234").has_value());
  ck_assert(!LMOWFv1("123456789012345").has_value());
  ck_assert(!LMOWFv1("pä").has_value());
  // Case does not count, which is one of its weaknesses.
  ck_assert(Equal(LMOWFv1("PaSSword")->view(), LMOWFv1("PASSWORD")->view()));
  ck_assert(!Equal(LMOWFv1("PaSSword")->view(), LMOWFv1("PASSWORE")->view()));
}
END_TEST

// ---- Recorded and rebuilt exchanges
// --------------------------------------------------------------

// Proof and session base key of a recorded AUTHENTICATE, by the password.
SessionBaseKey ExpectProof(const std::string &exchange, std::string_view password,
                           const std::string &proof_path) {
  const Bytes challenge_octets = BytesVector(exchange + ".challenge_message");
  const Bytes octets = BytesVector(exchange + ".authenticate_message");
  const auto challenge = ChallengeMessage::Parse(challenge_octets);
  const auto message = AuthenticateMessage::Parse(octets);
  ck_assert(static_cast<bool>(challenge) && static_cast<bool>(message));
  const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
  ck_assert(static_cast<bool>(response));
  const ResponseKeyNt key =
      NTOWFv2(HashOfPassword(password), message->user_name, message->domain_name);
  const NtProofStr proof = ComputeNtProofStr(key, challenge->server_challenge, response->temp);
  ExpectVector(proof, proof_path);
  ck_assert(Equal(proof, response->proof));
  const ResponseKeyNt wrong =
      NTOWFv2(HashOfPassword("wrong"), message->user_name, message->domain_name);
  ck_assert(!Equal(ComputeNtProofStr(wrong, challenge->server_challenge, response->temp),
                   response->proof));
  return ComputeSessionBaseKey(key, proof);
}

// The MIC of a recorded AUTHENTICATE, over the octets as they were sent (N315).
Mic MicOf(const std::string &exchange, const std::string &negotiate_path,
          const SessionBaseKey &key) {
  const Bytes octets = BytesVector(exchange + ".authenticate_message");
  const auto message = AuthenticateMessage::Parse(octets);
  ck_assert(static_cast<bool>(message));
  ck_assert_uint_eq(message->mic_offset, AuthenticateMessage::kMicOffset);
  // Neither exchange protects messages, so the exported key is the base key (N307).
  ck_assert(!SendsSessionKey(message->negotiate_flags));
  const Mic mic =
      ComputeMic(ExportedSessionKey(key.view()), BytesVector(negotiate_path),
                 BytesVector(exchange + ".challenge_message"), octets, message->mic_offset);
  ck_assert(Equal(mic, ByteView(octets).subspan(message->mic_offset, kMicSize)));
  return mic;
}

START_TEST(RecordedByPeers) {
  const std::string root = "ntlm_recorded_by_peers.exchanges";
  size_t mics = 0;
  const size_t count = VectorCount(root);
  ck_assert_uint_eq(count, 2);
  for (size_t i = 0; i < count; ++i) {
    const std::string path = root + "." + std::to_string(i);
    const SessionBaseKey key =
        ExpectProof(path, TextVector(path + ".password"), path + ".derived.nt_proof_str");
    ExpectVector(key.view(), path + ".derived.session_base_key");

    const Bytes octets = BytesVector(path + ".authenticate_message");
    const auto message = AuthenticateMessage::Parse(octets);
    ck_assert_uint_eq(message->negotiate_flags, NumberVector(path + ".derived.flags"));
    const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
    ck_assert_uint_eq(response->av_pairs.flags(), NumberVector(path + ".derived.av_flags"));
    ExpectVector(*response->av_pairs.Find(AvId::kChannelBindings),
                 path + ".derived.av_channel_bindings");
    ck_assert(Equal(*response->av_pairs.Find(AvId::kTargetName),
                    Utf16(TextVector(path + ".derived.av_target_name"))));
    if (!HasVector(path + ".negotiate_message")) continue;
    ExpectVector(MicOf(path, path + ".negotiate_message", key), path + ".derived.mic");
    ++mics;
  }
  ck_assert_uint_eq(mics, 1);
}
END_TEST

START_TEST(ChannelBindingsAndMic) {
  const std::string root = "ntlm_channel_bindings_mic";
  const size_t count = VectorCount(root + ".cases");
  ck_assert_uint_eq(count, 3);
  for (size_t i = 0; i < count; ++i) {
    const std::string path = root + ".cases." + std::to_string(i);
    const SessionBaseKey key =
        ExpectProof(path, TextVector(root + ".password"), path + ".nt_proof_str");
    if (HasVector(path + ".session_base_key")) ExpectVector(key.view(), path + ".session_base_key");
    ExpectVector(MicOf(path, root + ".negotiate_message", key), path + ".mic");
  }
  // The first of them carries the bindings, the last one all zeroes.
  const Bytes octets = BytesVector(root + ".cases.0.authenticate_message");
  const auto message = AuthenticateMessage::Parse(octets);
  const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
  ExpectVector(*response->av_pairs.Find(AvId::kChannelBindings), root + ".av_channel_bindings");
}
END_TEST

// "temp" is MD5 input and MIC input, so a message with a payload in our own order has other octets
// than the published ones: what we build is compared by its fields.
START_TEST(RebuiltMessages) {
  const std::string path = "ntlm_channel_bindings_mic.cases.0";
  const Bytes published = BytesVector(path + ".authenticate_message");
  const auto message = AuthenticateMessage::Parse(published);
  Bytes built(message->BuiltSize());
  message->Build(built);
  const auto again = AuthenticateMessage::Parse(built);
  ck_assert(static_cast<bool>(again));
  ck_assert(Equal(again->nt_challenge_response, message->nt_challenge_response));
  ck_assert(Equal(again->user_name, message->user_name));
  ck_assert_uint_eq(again->negotiate_flags, message->negotiate_flags);

  // The response of the same case made from its parts has the published octets, when the pairs
  // come in the same order.
  const Bytes challenge_octets = BytesVector(path + ".challenge_message");
  const auto challenge = ChallengeMessage::Parse(challenge_octets);
  const auto pairs = AvPairs::Parse(challenge->target_info, "CHALLENGE");
  ck_assert(static_cast<bool>(pairs));
  const auto client_challenge = ArrayVector<8>("ntlm_channel_bindings_mic.client_challenge");
  const Bytes time = BytesVector("ntlm_channel_bindings_mic.client_timestamp");
  const ClientChallenge client{Reader(time).U64(), client_challenge, *pairs, "HTTP/Server",
                               ArrayVector<16>("ntlm_channel_bindings_mic.av_channel_bindings")};
  Bytes response(client.ResponseSize());
  client.Build(response);
  ck_assert_msg(Equal(ByteView(response).subspan(16), message->nt_challenge_response.subspan(16)),
                "got  %s\nwant %s", Hex(response).c_str(),
                Hex(message->nt_challenge_response).c_str());
}
END_TEST

// ---- Sessions of each strength
// -------------------------------------------------------------------

void ExpectSession(const std::string &path) {
  const Bytes key = BytesVector(path + ".exported_session_key");
  const ExportedSessionKey exported(ArrayVector<16>(path + ".exported_session_key"));
  const Flags flags = NumberVector(path + ".flags");
  ExpectVector(SEALKEY(flags, exported, Sender::kClient).view(), path + ".client_seal_key");
  ExpectVector(SEALKEY(flags, exported, Sender::kServer).view(), path + ".server_seal_key");
  ExpectVector(SIGNKEY(exported, Sender::kClient).view(), path + ".client_sign_key");
  ExpectVector(SIGNKEY(exported, Sender::kServer).view(), path + ".server_sign_key");
  Session wraps, signs, server;
  wraps.Start(AgreementOf(flags, key), Sender::kClient);
  signs.Start(AgreementOf(flags, key), Sender::kClient);
  server.Start(AgreementOf(flags, key), Sender::kServer);
  for (size_t i = 0; i < VectorCount(path + ".messages"); ++i) {
    const std::string n = std::to_string(i);
    const Bytes plain = BytesVector(path + ".messages." + n);
    const Bytes token = Wrapped(&wraps, plain);
    ExpectVector(token, path + ".client_wrap." + n);
    ExpectVector(Signed(&signs, plain), path + ".client_get_mic_fresh." + n);
    ExpectUnwraps(&server, token, plain);
  }
}

// N312, for the strengths with extended session security: 128, 56, 40 bits, KEY_EXCH or not.
START_TEST(SessionsOfEachStrength) {
  const std::string root = "ntlm_session_keys_computed.cases";
  size_t sessions = 0;
  for (size_t i = 0; i < VectorCount(root); ++i) {
    const std::string path = root + "." + std::to_string(i);
    if (!HasVector(path + ".flags")) continue;
    if ((NumberVector(path + ".flags") & kExtendedSessionSecurity) == 0) continue;
    ExpectSession(path);
    ++sessions;
  }
  ck_assert_uint_eq(sessions, 4);
}
END_TEST

// N204, [MS-SPNG] 3.3.5.1: the RC4 state starts anew, the sequence number goes on.
START_TEST(ResetOfSealing) {
  const std::string path = "ntlm_session_keys_computed.cases.7";
  const Bytes key = BytesVector(path + ".exported_session_key");
  const Flags flags = NumberVector("ntlm_session_keys_computed.cases.0.flags");
  const Bytes list = BytesVector(path + ".mech_list_mic_of");
  const Bytes plain = BytesVector(path + ".next_wrap_plain");
  for (const bool reset : {false, true}) {
    Session client, server;
    client.Start(AgreementOf(flags, key), Sender::kClient);
    server.Start(AgreementOf(flags, key), Sender::kServer);
    const Bytes mic = Signed(&client, list);
    ExpectVector(mic, path + ".mech_list_mic");
    const MessagePart part{list.data(), nullptr, list.size()};
    ck_assert(!server.Verify({&part, 1}, ByteView(mic).first<16>()));
    if (reset) {
      client.ResetSealing(false);
      server.ResetSealing(true);
    }
    const Bytes token = Wrapped(&client, plain);
    ck_assert_int_eq(Hex(token) == TextVector(path + ".next_wrap"), reset);
    ExpectUnwraps(&server, token, plain);
  }
}
END_TEST

// ---- Upper case
// ----------------------------------------------------------------------------------

// N330, decision D3: one code unit to one.
START_TEST(CaseMappingOfUsers) {
  const std::string root = "ntowfv2_case_mapping.users";
  size_t differing = 0;
  for (size_t i = 0; i < VectorCount(root); ++i) {
    const std::string path = root + "." + std::to_string(i);
    const Bytes user = Utf16(TextVector(path + ".user"));
    ExpectVector(user, path + ".utf16le");
    Bytes upper(user.size());
    UpperUtf16(user, upper);
    if (user == Unhex("d010")) {  // D3: Georgian stays as it is, unlike in the vector
      ck_assert(upper == user);
      continue;
    }
    ExpectVector(upper, path + ".upcase_one_to_one");
    const NtHash hash(ArrayVector<16>(path + ".nt_hash"));
    const ResponseKeyNt key = NTOWFv2(hash, user, Utf16(TextVector(path + ".domain")));
    ExpectResponseKey(key, path + ".ntowfv2_one_to_one");
    if (TextVector(path + ".same") == "false") ++differing;
  }
  ck_assert_uint_ge(differing, 5);
}
END_TEST

uint16_t CodeUnit(std::string_view notation) {
  const Bytes octets = Unhex(notation.substr(2));  // behind "U+"
  ck_assert_uint_eq(octets.size(), 2);
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}

START_TEST(CaseMappingOfCodeUnits) {
  const std::string root = "ntowfv2_case_mapping.differences";
  const size_t count = VectorCount(root);
  ck_assert_uint_eq(count, 129);
  for (size_t i = 0; i < count; ++i) {
    const std::string path = root + "." + std::to_string(i);
    const std::string_view text = TextVector(path + ".code_point");
    const uint16_t unit = CodeUnit(text);
    const bool georgian = unit >= 0x10d0 && unit <= 0x10ff;  // D3: unmapped
    const uint16_t expected = georgian ? unit : CodeUnit(TextVector(path + ".one_to_one"));
    ck_assert_msg(ToUpper(unit) == expected, "%s: U+%04X", Text(text).c_str(), ToUpper(unit));
  }
}
END_TEST

// N331: the full form of each code unit that has one, as the vectors have it.
START_TEST(FullUpperOfCodeUnits) {
  const std::string root = "ntowfv2_case_mapping.differences";
  const size_t count = VectorCount(root);
  ck_assert_uint_eq(count, 129);
  for (size_t i = 0; i < count; ++i) {
    const std::string path = root + "." + std::to_string(i);
    const uint16_t unit = CodeUnit(TextVector(path + ".code_point"));
    const uint8_t octets[] = {static_cast<uint8_t>(unit), static_cast<uint8_t>(unit >> 8)};
    Bytes expected;
    std::string rest(TextVector(path + ".full"));
    for (size_t at = 0; at < rest.size(); at += 7) {
      const uint16_t upper = CodeUnit(rest.substr(at, 6));
      expected.push_back(static_cast<uint8_t>(upper));
      expected.push_back(static_cast<uint8_t>(upper >> 8));
    }
    uint8_t full[2 * kMaxFullUpper];
    const size_t size = FullUpperUtf16(octets, full);
    ck_assert(Equal(ByteView(full, size), expected));
    ck_assert(HasFullUpper(octets));
  }
  for (const char *usual : {"alice", "ALICE", "\xc3\xa4", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80"}) {
    ck_assert(!HasFullUpper(Utf16(usual)));
  }
}
END_TEST

Suite *NtlmVectorsSuite() {
  Suite *suite = suite_create("ntlm_vectors");
  TCase *tests = tcase_create("vectors");
  tcase_add_test(tests, NlmpNtlmv1Responses);
  tcase_add_test(tests, NlmpKxkey);
  tcase_add_test(tests, NlmpNtlmv1Wrap);
  tcase_add_test(tests, SealingKeysWithoutEss);
  tcase_add_test(tests, SessionWithoutEss);
  tcase_add_test(tests, PasswordsWithoutLmHash);
  tcase_add_test(tests, FullUpperOfCodeUnits);
  tcase_add_test(tests, NlmpNtlmv2Response);
  tcase_add_test(tests, NlmpNtlmv2Keys);
  tcase_add_test(tests, NlmpNtlmv2Wrap);
  tcase_add_test(tests, TwoMessages);
  tcase_add_test(tests, NlmpMessages);
  tcase_add_test(tests, Davenport);
  tcase_add_test(tests, RecordedByPeers);
  tcase_add_test(tests, ChannelBindingsAndMic);
  tcase_add_test(tests, RebuiltMessages);
  tcase_add_test(tests, SessionsOfEachStrength);
  tcase_add_test(tests, ResetOfSealing);
  tcase_add_test(tests, CaseMappingOfUsers);
  tcase_add_test(tests, CaseMappingOfCodeUnits);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(NtlmVectorsSuite()); }
