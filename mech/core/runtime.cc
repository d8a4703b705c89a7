// SPDX-License-Identifier: MIT
// The one function of the C++ run-time library that the compiler may ask for: the modules are
// linked without that library, so that loading them runs no constructor and brings no second
// allocator.

extern "C" {

void __cxa_pure_virtual();  // NOLINT: the name is the ABI's

// Called if an abstract function were called: our classes cannot be in that state.
__attribute__((visibility("hidden"), noreturn)) void __cxa_pure_virtual() {
  __builtin_trap();
}  // NOLINT
}
