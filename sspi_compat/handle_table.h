// SPDX-License-Identifier: MIT
// What a SecHandle means (L18). Callers copy handles as octets, keep stale ones and mix kinds up,
// so a handle is no pointer: it names a slot and the generation of what is in it.
//
// Slots are never given back to the system, so any value can be looked up safely; a slot's own
// lock serves who uses the object in it, and who deletes it. Taking and returning a slot needs no
// lock, so a child of fork(2) finds none that another thread held.
#ifndef GSS_SSPI_SSPI_HANDLE_TABLE_H_
#define GSS_SSPI_SSPI_HANDLE_TABLE_H_

#include <sspi.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <new>
#include <utility>

#include "sspi_compat/slot_lock.h"

namespace gss_sspi::sspi {

// `Pointer` owns an object and has a null value. `kKind` differs from table to table, so that a
// handle of another is not taken: 1 to 15.
template <typename Pointer, unsigned kKind>
class HandleTable {
  struct Slot {
    SlotLock lock;
    ULONG_PTR generation = 1;  // never 0, and far from -1
    Pointer object{};
    std::atomic<uint32_t> next_free{0};  // index + 1; 0 for none
  };

 public:
  // The object of a handle, with the lock of its slot; false for a handle that means none.
  class Locked {
   public:
    Locked() = default;
    Locked(const Locked &) = delete;
    Locked &operator=(const Locked &) = delete;
    Locked(Locked &&other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    ~Locked() {
      if (slot_ != nullptr) slot_->lock.Unlock();
    }
    explicit operator bool() const { return slot_ != nullptr; }
    Pointer &operator*() const { return slot_->object; }
    auto operator->() const { return &*slot_->object; }

   private:
    friend class HandleTable;
    explicit Locked(Slot *slot) : slot_(slot) {}
    Slot *slot_ = nullptr;
  };

  // Throws bad_alloc.
  SecHandle Add(Pointer object) {
    const uint32_t index = Take();
    Slot &slot = SlotOf(index);
    slot.lock.Lock();
    slot.object = std::move(object);
    slot.lock.Unlock();
    return {(static_cast<ULONG_PTR>(index) + 1) << 4 | kKind, slot.generation};
  }

  Locked Find(const SecHandle *handle) {
    uint32_t index = 0;
    Slot *slot = Named(handle, &index);
    if (slot == nullptr) return {};
    slot->lock.Lock();
    if (slot->generation == handle->dwUpper && slot->object) return Locked(slot);
    slot->lock.Unlock();
    return {};
  }

  // What the handle meant, which means nothing from now on; null for none.
  Pointer Remove(const SecHandle *handle) {
    uint32_t index = 0;
    Slot *slot = Named(handle, &index);
    if (slot == nullptr) return Pointer{};
    Pointer object{};
    slot->lock.Lock();
    if (slot->generation == handle->dwUpper) object = std::exchange(slot->object, Pointer{});
    if (object) ++slot->generation;
    slot->lock.Unlock();
    if (object) Return(index);
    return object;
  }

 private:
  // Chunk n has kFirst << n slots, so a slot never moves.
  static constexpr uint32_t kFirst = 64;
  static constexpr unsigned kChunks = 22;
  static constexpr uint32_t kMaxSlots = kFirst * ((1U << kChunks) - 1);

  static unsigned ChunkOf(uint32_t index) {
    return static_cast<unsigned>(std::bit_width(index / kFirst + 1)) - 1;
  }
  static uint32_t FirstOf(unsigned chunk) { return kFirst * ((1U << chunk) - 1); }

  Slot &SlotOf(uint32_t index) {
    const unsigned chunk = ChunkOf(index);
    return chunks_[chunk].load(std::memory_order_acquire)[index - FirstOf(chunk)];
  }

  Slot *Named(const SecHandle *handle, uint32_t *index) {
    if (handle == nullptr || (handle->dwLower & 0xF) != kKind) return nullptr;
    const ULONG_PTR number = handle->dwLower >> 4;
    if (number == 0 || number > count_.load(std::memory_order_acquire)) return nullptr;
    *index = static_cast<uint32_t>(number - 1);
    const unsigned chunk = ChunkOf(*index);
    Slot *slots = chunks_[chunk].load(std::memory_order_acquire);
    return slots != nullptr ? slots + (*index - FirstOf(chunk)) : nullptr;
  }

  // A free slot: a returned one, or one that was never used.
  uint32_t Take() {
    uint64_t head = free_.load(std::memory_order_acquire);
    while (static_cast<uint32_t>(head) != 0) {
      const uint32_t index = static_cast<uint32_t>(head) - 1;
      const uint64_t next = NextTag(head) | SlotOf(index).next_free.load(std::memory_order_relaxed);
      if (free_.compare_exchange_weak(head, next, std::memory_order_acq_rel)) return index;
    }
    return TakeNew();
  }

  uint32_t TakeNew() {
    uint32_t index = count_.load(std::memory_order_acquire);
    do {
      if (index >= kMaxSlots) throw std::bad_alloc();
      MakeChunk(ChunkOf(index));
    } while (!count_.compare_exchange_weak(index, index + 1, std::memory_order_acq_rel));
    return index;
  }

  void MakeChunk(unsigned chunk) {
    if (chunks_[chunk].load(std::memory_order_acquire) != nullptr) return;
    auto *slots = new Slot[kFirst << chunk];
    Slot *none = nullptr;
    if (!chunks_[chunk].compare_exchange_strong(none, slots, std::memory_order_acq_rel)) {
      delete[] slots;
    }
  }

  void Return(uint32_t index) {
    Slot &slot = SlotOf(index);
    uint64_t head = free_.load(std::memory_order_acquire);
    uint64_t next = 0;
    do {
      slot.next_free.store(static_cast<uint32_t>(head), std::memory_order_relaxed);
      next = NextTag(head) | (index + 1);
    } while (!free_.compare_exchange_weak(head, next, std::memory_order_acq_rel));
  }

  // The upper half counts changes, so that a head that comes back is not taken for the same.
  static uint64_t NextTag(uint64_t head) { return ((head >> 32) + 1) << 32; }

  std::atomic<Slot *> chunks_[kChunks]{};
  std::atomic<uint32_t> count_{0};
  std::atomic<uint64_t> free_{0};  // tag, index + 1 of the first
};

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_HANDLE_TABLE_H_
