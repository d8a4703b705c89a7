// SPDX-License-Identifier: MIT
// A conversation over two contexts by the exported functions themselves, which this program has in
// place of libgssapi's: wrap, get_mic and their iov forms, with lists of any shape. What one end
// makes the other takes; what is changed on the way is refused, and then nothing has changed.
#include <algorithm>
#include <memory>

#include "fuzz.h"
#include "gss/context.h"
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/iov.h"
#include "gss/name_codec.h"

namespace {

using namespace gss_sspi;       // NOLINT
using namespace gss_sspi::gss;  // NOLINT

constexpr ntlm::Flags kFlags[] = {
    ntlm::kSign,    ntlm::kSeal,     ntlm::kExtendedSessionSecurity,
    ntlm::kKeyExch, ntlm::k128,      ntlm::k56,
    ntlm::kLmKey,   ntlm::kDatagram,
};
constexpr size_t kSignatureSize = ntlm::kMessageSignatureSize;

// What gss_inquire_context tells of them.
OM_uint32 AnswerTo(ntlm::Flags flags) {
  OM_uint32 answer = GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG;
  if ((flags & ntlm::kSeal) != 0) answer |= GSS_C_CONF_FLAG;
  if ((flags & ntlm::kSign) != 0) answer |= GSS_C_INTEG_FLAG;
  if ((flags & ntlm::kDatagram) != 0) return answer | GSS_C_DATAGRAM_FLAG;
  if ((flags & ntlm::kSign) != 0) answer |= GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;
  return answer;
}

// As gss_import_sec_context makes it of an exported context that has protected nothing yet.
Owned<Context> ContextOfSession(ntlm::Flags flags, bool initiates) {
  static const auto user = Name::OfUser("Domain", "User");
  static const auto service = Name::OfService("HTTP", "server");
  const auto fields = [&](auto &sink) {
    constexpr uint8_t kVersion = 2, kKeysAreMade = 0;
    sink.U8(kVersion);
    sink.U8(initiates ? 1 : 0);
    sink.U32(AnswerTo(flags));
    sink.U32(flags);
    std::array<uint8_t, 16> key;
    static_cast<void>(fuzz::Random(key));
    sink.Bytes(key);
    sink.U8(kKeysAreMade);
    sink.U32(0);
    sink.U32(0);
    PutName(sink, **user);
    PutAttributes(sink, **user);
    PutName(sink, **service);
  };
  Buffer octets;
  GSS_SSPI_REQUIRE(Serialize(fields, &octets));
  auto context = Context::Import(octets.view());
  GSS_SSPI_REQUIRE(context);
  return std::move(*context);
}

class End {
 public:
  End(ntlm::Flags flags, bool initiates) : context_(ContextOfSession(flags, initiates)) {}
  gss_ctx_id_t handle() const { return reinterpret_cast<gss_ctx_id_t>(context_.get()); }
  // All of its state.
  fuzz::Bytes State() const {
    const auto octets = context_->Export();
    GSS_SSPI_REQUIRE(octets);
    return {octets->view().begin(), octets->view().end()};
  }

 private:
  Owned<Context> context_;
};

// A buffer that a function gave.
class Given {
 public:
  Given() = default;
  Given(const Given &) = delete;
  Given &operator=(const Given &) = delete;
  ~Given() { std::free(buffer.value); }
  fuzz::Bytes octets() const {
    const auto *from = static_cast<const uint8_t *>(buffer.value);
    return {from, from + buffer.length};
  }
  gss_buffer_desc buffer{};
};

// An octet of a signature that says nothing: RandomPad, without extended session security.
bool IsPad(ntlm::Flags flags, size_t place) {
  return (flags & ntlm::kExtendedSessionSecurity) == 0 && place >= 4 && place < 8;
}

gss_buffer_desc BufferOf(fuzz::Bytes *octets) { return {octets->size(), octets->data()}; }

// A list with memory of its own, of the shape that the input chooses.
class List {
 public:
  static constexpr OM_uint32 kTypes[] = {GSS_IOV_BUFFER_TYPE_DATA,    GSS_IOV_BUFFER_TYPE_SIGN_ONLY,
                                         GSS_IOV_BUFFER_TYPE_HEADER,  GSS_IOV_BUFFER_TYPE_PADDING,
                                         GSS_IOV_BUFFER_TYPE_TRAILER, GSS_IOV_BUFFER_TYPE_MIC_TOKEN,
                                         GSS_IOV_BUFFER_TYPE_STREAM,  GSS_IOV_BUFFER_TYPE_EMPTY};
  static constexpr size_t kMost = 20;  // more than IovParts has room for

  explicit List(fuzz::Input *input) {
    const size_t count = input->Choice() % (kMost + 1);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t kind = input->Choice();
      gss_iov_buffer_desc buffer{};
      buffer.type = kTypes[kind & 7];
      if ((kind & 8) != 0) buffer.type |= GSS_IOV_BUFFER_FLAG_ALLOCATE;
      const size_t size = kind >> 4 == 0xf ? input->Choice() : kind >> 4;
      const bool none = (kind & 0x18) == 0x18;
      fuzz::Bytes octets(std::max(size, kSignatureSize));
      for (size_t k = 0; k < size; ++k) octets[k] = static_cast<uint8_t>(k + kind);
      memory_.push_back(std::make_unique<fuzz::Bytes>(std::move(octets)));
      buffer.buffer = {size, none ? nullptr : memory_.back()->data()};
      // A signature needs 16 octets; the input may give fewer on purpose.
      const bool for_signature = (kind & 7) == 2 || (kind & 7) == 5;
      if (for_signature && size < 8) buffer.buffer.length = kSignatureSize;
      list.push_back(buffer);
    }
  }
  List(const List &) = delete;
  List &operator=(const List &) = delete;
  ~List() {
    for (const gss_iov_buffer_desc &buffer : list) {
      if ((buffer.type & GSS_IOV_BUFFER_FLAG_ALLOCATED) != 0) std::free(buffer.buffer.value);
    }
  }

  int count() const { return static_cast<int>(list.size()); }
  gss_iov_buffer_desc *data() { return list.data(); }
  // The octets of all buffers of a type, or of two.
  fuzz::Bytes Octets(OM_uint32 type, OM_uint32 or_type) const {
    fuzz::Bytes all;
    for (const gss_iov_buffer_desc &buffer : list) {
      const OM_uint32 its = GSS_IOV_BUFFER_TYPE(buffer.type);
      const auto *from = static_cast<const uint8_t *>(buffer.buffer.value);
      if ((its == type || its == or_type) && from != nullptr) {
        all.insert(all.end(), from, from + buffer.buffer.length);
      }
    }
    return all;
  }
  fuzz::Bytes Covered() const {
    return Octets(GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_SIGN_ONLY);
  }
  // Flips one octet of those that are covered, or of the signature. False when that says nothing,
  // or when there is none.
  bool Flip(ntlm::Flags flags, OM_uint32 signature_type, size_t place) {
    for (gss_iov_buffer_desc &buffer : list) {
      const OM_uint32 its = GSS_IOV_BUFFER_TYPE(buffer.type);
      if (its != GSS_IOV_BUFFER_TYPE_DATA && its != GSS_IOV_BUFFER_TYPE_SIGN_ONLY &&
          its != signature_type) {
        continue;
      }
      if (place < buffer.buffer.length) {
        static_cast<uint8_t *>(buffer.buffer.value)[place] ^= 0x80;
        return its != signature_type || !IsPad(flags, place);
      }
      place -= buffer.buffer.length;
    }
    return false;
  }

  std::vector<gss_iov_buffer_desc> list;

 private:
  std::vector<std::unique_ptr<fuzz::Bytes>> memory_;
};

// One message of each kind. `tamper` is zero for one that arrives as it was sent, else one more
// than the place of an octet that is flipped.
struct Talk {
  const End &from, &to;
  ntlm::Flags flags;
  uint8_t tamper;

  bool Tamper(fuzz::Bytes *token) const {
    if (tamper == 0 || token->empty()) return false;
    const size_t place = (tamper - size_t{1}) % token->size();
    (*token)[place] ^= 0x80;
    return !IsPad(flags, place);
  }

  void Wrap(fuzz::Input *input) const {
    OM_uint32 minor;
    fuzz::Bytes message(input->Choice(), 'm');
    gss_buffer_desc plain = BufferOf(&message);
    Given token, got;
    const fuzz::Bytes before = from.State();
    if (gss_wrap(&minor, from.handle(), 1, 0, &plain, nullptr, &token.buffer) != GSS_S_COMPLETE) {
      GSS_SSPI_REQUIRE(token.buffer.value == nullptr && from.State() == before);
      return;
    }
    fuzz::Bytes sent = token.octets();
    GSS_SSPI_REQUIRE(sent.size() == message.size() + kSignatureSize);
    const fuzz::Bytes right = sent;
    const fuzz::Bytes state = to.State();
    for (const bool changed : {Tamper(&sent), false}) {
      gss_buffer_desc arrived = BufferOf(&sent);
      const OM_uint32 major =
          gss_unwrap(&minor, to.handle(), &arrived, &got.buffer, nullptr, nullptr);
      GSS_SSPI_REQUIRE((major == GSS_S_COMPLETE) == !changed);
      if (!changed) break;
      GSS_SSPI_REQUIRE(got.buffer.value == nullptr && SameState(to, state));
      sent = right;
    }
    GSS_SSPI_REQUIRE(got.octets() == message);
    fuzz::Reach();
  }

  void Mic(fuzz::Input *input) const {
    OM_uint32 minor;
    fuzz::Bytes message(input->Choice(), 'm');
    gss_buffer_desc plain = BufferOf(&message);
    Given token;
    const fuzz::Bytes before = from.State();
    if (gss_get_mic(&minor, from.handle(), 0, &plain, &token.buffer) != GSS_S_COMPLETE) {
      GSS_SSPI_REQUIRE(token.buffer.value == nullptr && from.State() == before);
      return;
    }
    fuzz::Bytes sent = token.octets();
    const fuzz::Bytes right = sent;
    const fuzz::Bytes state = to.State();
    for (const bool changed : {Tamper(&sent), false}) {
      gss_buffer_desc arrived = BufferOf(&sent);
      const OM_uint32 major = gss_verify_mic(&minor, to.handle(), &plain, &arrived, nullptr);
      GSS_SSPI_REQUIRE((major == GSS_S_COMPLETE) == !changed);
      if (!changed) break;
      GSS_SSPI_REQUIRE(SameState(to, state));
      sent = right;
    }
  }

  void WrapIov(fuzz::Input *input) const {
    List list(input);
    const fuzz::Bytes message = list.Covered();
    if (!MakeWrapped(&list)) return;
    const fuzz::Bytes state = to.State();
    const size_t place = tamper - size_t{1};
    const bool changed = tamper != 0 && list.Flip(flags, GSS_IOV_BUFFER_TYPE_HEADER, place);
    const fuzz::Bytes arrived = list.Covered();
    // A STREAM buffer in the list would mean a token in one piece, and there is none.
    const bool has_stream =
        OnlyBuffer({list.data(), list.list.size()}, GSS_IOV_BUFFER_TYPE_STREAM) != nullptr;
    OM_uint32 major = Unwrap(&list);
    GSS_SSPI_REQUIRE(has_stream || (major == GSS_S_COMPLETE) == !changed);
    if (has_stream) return Resynchronize();
    if (changed) {
      GSS_SSPI_REQUIRE(list.Covered() == arrived && SameState(to, state));
      list.Flip(flags, GSS_IOV_BUFFER_TYPE_HEADER, place);
      major = Unwrap(&list);
    }
    GSS_SSPI_REQUIRE(major == GSS_S_COMPLETE && list.Covered() == message);
  }

  void WrapStream(fuzz::Input *input) const {
    List wrapped(input);
    const fuzz::Bytes message = wrapped.Covered();
    if (!MakeWrapped(&wrapped)) return;
    // Only what is data all through makes such a token.
    if (!wrapped.Octets(GSS_IOV_BUFFER_TYPE_SIGN_ONLY, GSS_IOV_BUFFER_TYPE_SIGN_ONLY).empty()) {
      return Resynchronize();
    }
    OM_uint32 minor;
    fuzz::Bytes token = wrapped.Octets(GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_HEADER);
    const fuzz::Bytes sealed = wrapped.Covered();
    token.insert(token.end(), sealed.begin(), sealed.end());
    const bool changed = Tamper(&token);
    gss_iov_buffer_desc list[2] = {};
    list[0] = {GSS_IOV_BUFFER_TYPE_STREAM, BufferOf(&token)};
    list[1].type = GSS_IOV_BUFFER_TYPE_DATA;
    if (tamper % 2 == 0) list[1].type |= GSS_IOV_BUFFER_FLAG_ALLOCATE;
    const OM_uint32 major = gss_unwrap_iov(&minor, to.handle(), nullptr, nullptr, list, 2);
    GSS_SSPI_REQUIRE((major == GSS_S_COMPLETE) == !changed);
    if (changed) {
      GSS_SSPI_REQUIRE((list[1].type & GSS_IOV_BUFFER_FLAG_ALLOCATED) == 0);
      return Resynchronize();
    }
    const ByteView got = ViewOf(&list[1].buffer);
    GSS_SSPI_REQUIRE(Equal(got, message));
    if ((list[1].type & GSS_IOV_BUFFER_FLAG_ALLOCATED) != 0) std::free(list[1].buffer.value);
  }

  void MicIov(fuzz::Input *input) const {
    OM_uint32 minor;
    List list(input);
    const fuzz::Bytes message = list.Covered();
    const fuzz::Bytes before = from.State();
    if (gss_get_mic_iov(&minor, from.handle(), 0, list.data(), list.count()) != GSS_S_COMPLETE) {
      GSS_SSPI_REQUIRE(from.State() == before && list.Covered() == message);
      return;
    }
    const fuzz::Bytes state = to.State();
    const size_t place = tamper - size_t{1};
    const bool changed = tamper != 0 && list.Flip(flags, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, place);
    OM_uint32 major = gss_verify_mic_iov(&minor, to.handle(), nullptr, list.data(), list.count());
    GSS_SSPI_REQUIRE((major == GSS_S_COMPLETE) == !changed);
    if (!changed) return;
    GSS_SSPI_REQUIRE(SameState(to, state));
    list.Flip(flags, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, place);
    major = gss_verify_mic_iov(&minor, to.handle(), nullptr, list.data(), list.count());
    GSS_SSPI_REQUIRE(major == GSS_S_COMPLETE && list.Covered() == message);
  }

  // Lengths, which take no number; and a list that nobody has made.
  void Lengths(fuzz::Input *input) const {
    OM_uint32 minor, most = 0;
    List list(input);
    const fuzz::Bytes before = from.State();
    if (gss_wrap_size_limit(&minor, from.handle(), 1, 0, tamper, &most) == GSS_S_COMPLETE) {
      GSS_SSPI_REQUIRE(most == (tamper > kSignatureSize ? tamper - kSignatureSize : 0));
    }
    static_cast<void>(
        gss_wrap_iov_length(&minor, from.handle(), 1, 0, nullptr, list.data(), list.count()));
    static_cast<void>(gss_get_mic_iov_length(&minor, from.handle(), 0, list.data(), list.count()));
    GSS_SSPI_REQUIRE(from.State() == before);
    const fuzz::Bytes state = to.State();
    List other(input);
    GSS_SSPI_REQUIRE(Unwrap(&other) != GSS_S_COMPLETE && SameState(to, state));
  }

  mutable bool over = false;

 private:
  bool MakeWrapped(List *list) const {
    OM_uint32 minor;
    const fuzz::Bytes message = list->Covered();
    const fuzz::Bytes before = from.State();
    if (gss_wrap_iov(&minor, from.handle(), 1, 0, nullptr, list->data(), list->count()) ==
        GSS_S_COMPLETE) {
      return true;
    }
    GSS_SSPI_REQUIRE(from.State() == before && list->Covered() == message);
    return false;
  }
  OM_uint32 Unwrap(List *list) const {
    OM_uint32 minor;
    return gss_unwrap_iov(&minor, to.handle(), nullptr, nullptr, list->data(), list->count());
  }
  // The message is lost on the way, so the number that was used is too: nothing more is said.
  void Resynchronize() const { over = true; }
  // In a datagram session each message starts the key anew; and the first look makes the keys.
  bool SameState(const End &end, const fuzz::Bytes &before) const {
    return (flags & ntlm::kDatagram) != 0 || end.State() == before ||
           end.State().size() != before.size();
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  ntlm::Flags flags = 0;
  const uint8_t choice = input.Choice();
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    if ((choice >> i & 1) != 0) flags |= kFlags[i];
  }
  const End ends[] = {{flags, true}, {flags, false}};
  for (int messages = 0; messages < 8 && !input.rest().empty(); ++messages) {
    const uint8_t kind = input.Choice();
    const int from = kind >> 7;
    const Talk talk{ends[from], ends[1 - from], flags, input.Choice()};
    constexpr void (Talk::*kMessages[])(fuzz::Input *) const = {
        &Talk::Wrap, &Talk::Mic, &Talk::WrapIov, &Talk::WrapStream, &Talk::MicIov, &Talk::Lengths,
    };
    (talk.*kMessages[(kind & 0x7f) % std::size(kMessages)])(&input);
    if (talk.over) return 0;
  }
  return 0;
}
