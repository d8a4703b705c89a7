// SPDX-License-Identifier: MIT
// The little of DER that CredSSP needs ([MS-CSSP] 2.2.1, C8): a bounded reader that gives views of
// its input, and a writer. Strict in what is written; what is read may have lengths longer than
// need be.
#ifndef GSS_SSPI_CREDSSP_DER_H_
#define GSS_SSPI_CREDSSP_DER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace gss_sspi::credssp {

// Identifier octets.
namespace der {
inline constexpr uint8_t kInteger = 0x02, kOctetString = 0x04, kSequence = 0x30;
inline constexpr uint8_t kContext = 0xa0;  // EXPLICIT [0]
constexpr uint8_t Context(unsigned number) { return static_cast<uint8_t>(kContext | number); }
}  // namespace der

// Identifier and length at the front of an element.
struct DerHeader {
  const char *fault = nullptr;  // why it is refused
  uint8_t tag = 0;
  size_t size = 0;  // its own octets; 0 when the input ends inside of it
  size_t content_size = 0;
};

// X.690 8.1.2 and 8.1.3. Taken are tag numbers up to 30 and definite lengths of up to four octets
// behind the first.
DerHeader ReadDerHeader(ByteView input);

// A view that shrinks as it is read. The first fault stays, and from then on there is nothing more
// to read, so a parser is a straight list of fields and one check at the end.
class DerReader {
 public:
  explicit DerReader(ByteView input) : rest_(input) {}

  // What was wrong, or null.
  const char *fault() const { return fault_; }
  bool at_end() const { return rest_.empty(); }
  // The tag of the next element; 0 at the end.
  uint8_t tag() const { return at_end() ? uint8_t{0} : rest_[0]; }

  // The content of the next element, which has this tag.
  ByteView Take(uint8_t tag);
  // Runs `fields`, a callable that takes a DerReader *, over that content. It must read all of it,
  // and its faults are this reader's.
  template <typename Fields>
  void Inside(uint8_t tag, const Fields &fields) {
    DerReader inside(Take(tag));
    if (fault_ != nullptr) return;
    fields(&inside);
    inside.End();
    Refuse(inside.fault_);
  }

  // [number] OCTET STRING.
  ByteView OctetString(unsigned number);
  // The same when it is there.
  std::optional<ByteView> OptionalOctetString(unsigned number);
  // [number] INTEGER.
  int64_t Integer(unsigned number);
  // An INTEGER without the explicit tag, of at most `most_octets`. Octets in front that only repeat
  // the sign are taken.
  int64_t TakeInteger(size_t most_octets = sizeof(int64_t));

  // Nothing may be left.
  void End();
  // Makes the input a bad one, unless `fault` is null.
  void Refuse(const char *fault);

 private:
  ByteView rest_;
  const char *fault_ = nullptr;
};

// Writes from the end of its memory to the front: a length is known when it is due. So the calls
// come in the reverse order of the fields, and the content of an element before its header.
class DerWriter {
 public:
  // Without memory, to find out how much is needed.
  DerWriter() = default;
  explicit DerWriter(MutableBytes output) : output_(output), counts_only_(false) {}

  // Room for `size` octets, which the caller fills; empty where they do not fit, and from then on.
  MutableBytes Take(size_t size);
  void Bytes(ByteView octets);
  void Header(uint8_t tag, size_t content_size);
  // Puts a header before all that `content` writes.
  template <typename Content>
  void Inside(uint8_t tag, const Content &content) {
    const size_t before = written_;
    content();
    Header(tag, written_ - before);
  }

  // [number] OCTET STRING.
  void OctetString(unsigned number, ByteView octets);
  // [number] INTEGER.
  void Integer(unsigned number, int64_t value);

  size_t written() const { return written_; }
  // All of the memory was filled, and nothing more was written.
  bool complete() const { return written_ == output_.size(); }

 private:
  MutableBytes output_;
  size_t written_ = 0;  // or wanted, when that is more than the memory
  bool counts_only_ = true;
};

// Runs `content`, a callable that takes a DerWriter *, over memory of the size it needs: a Buffer
// or SecretBytes. False when there is no memory.
template <typename Content, typename Memory>
[[nodiscard]] bool WriteDer(const Content &content, Memory *out) {
  DerWriter sizer;
  content(&sizer);
  if (!out->Resize(sizer.written())) return false;
  DerWriter writer(out->span());
  content(&writer);
  return writer.complete();
}

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_DER_H_
