// SPDX-License-Identifier: MIT
// Objects on malloc(3)'s heap: the modules have no operator new.
#ifndef GSS_SSPI_CORE_MEMORY_H_
#define GSS_SSPI_CORE_MEMORY_H_

#include <atomic>
#include <cstdlib>
#include <memory>
#include <utility>

// Placement new, which <memory> declares as inline.
#include <new>

namespace gss_sspi {

struct Deleter {
  template <typename T>
  void operator()(T *object) const {
    object->~T();
    std::free(object);
  }
};

// Sole owner of an object.
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

// Null when there is no memory.
template <typename T, typename... Arguments>
[[nodiscard]] Owned<T> Make(Arguments &&...arguments) {
  void *memory = std::malloc(sizeof(T));
  if (memory == nullptr) return nullptr;
  return Owned<T>(new (memory) T(std::forward<Arguments>(arguments)...));
}

// What the process makes once and keeps. No lock, which a forked child could find taken: threads
// that come here together each make one, and the first is everybody's. What could not be made is
// tried again by the next call; the result is then null.
template <auto kMake, auto kFree, typename T, typename... Arguments>
[[nodiscard]] T *KeptByProcess(std::atomic<T *> *kept, Arguments... arguments) {
  T *first = kept->load(std::memory_order_acquire);
  if (first != nullptr) return first;
  T *made = kMake(arguments...);
  if (made == nullptr) return nullptr;
  if (kept->compare_exchange_strong(first, made, std::memory_order_acq_rel)) return made;
  kFree(made);
  return first;
}

// Base of objects with several owners. Starts with one.
class Shared {
 public:
  Shared() = default;
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;

  void AddOwner() const { owners_.fetch_add(1, std::memory_order_relaxed); }
  // True when that was the last one.
  [[nodiscard]] bool DropOwner() const {
    return owners_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

 private:
  mutable std::atomic<unsigned> owners_{1};
};

// One of the owners of a T, which derives from Shared.
template <typename T>
class Ref {
 public:
  Ref() = default;
  // Takes over the ownership the caller has.
  explicit Ref(T *object) : object_(object) {}
  Ref(const Ref &other) : object_(other.object_) {
    if (object_ != nullptr) object_->AddOwner();
  }
  Ref(Ref &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref &operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr && object_->DropOwner()) Deleter()(object_);
  }

  T *get() const { return object_; }
  T *operator->() const { return object_; }
  T &operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Hands this ownership to the caller.
  [[nodiscard]] T *Release() { return std::exchange(object_, nullptr); }

 private:
  T *object_ = nullptr;
};

template <typename T, typename... Arguments>
[[nodiscard]] Ref<T> MakeShared(Arguments &&...arguments) {
  return Ref<T>(Make<T>(std::forward<Arguments>(arguments)...).release());
}

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_MEMORY_H_
