// SPDX-License-Identifier: MIT
// GSSAPI handles are pointers to our objects. Each begins with a word that says which, so that a
// handle of another kind, or one that was released, is refused instead of used.
#ifndef GSS_SSPI_GSS_TAG_H_
#define GSS_SSPI_GSS_TAG_H_

#include <cstdint>

namespace gss_sspi::gss {

enum class Tag : uint32_t {
  kName = 0x4e544e4d,
  kCredential = 0x4e544352,
  kContext = 0x4e544358,
  kCredsspName = 0x43534e4d,
  kCredsspCredential = 0x43534352,
  kCredsspContext = 0x43534358
};

template <Tag kTag>
class Tagged {
 public:
  static constexpr Tag kOwnTag = kTag;

  bool HasOwnTag() const { return tag_ == kTag; }

 protected:
  Tagged() = default;
  // volatile: the store must be made although the object ends.
  ~Tagged() { tag_ = Tag{}; }

 private:
  volatile Tag tag_ = kTag;
};

// Null for what is not a T.
template <typename T, typename Handle>
T *ObjectOf(Handle handle) {
  auto *object = reinterpret_cast<T *>(handle);
  return object != nullptr && object->HasOwnTag() ? object : nullptr;
}

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_TAG_H_
