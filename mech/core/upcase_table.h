// SPDX-License-Identifier: MIT
// The data of ToUpper(): what to add to a UTF-16 code unit, modulo 2^16, in pages of 256.
#ifndef GSS_SSPI_CORE_UPCASE_TABLE_H_
#define GSS_SSPI_CORE_UPCASE_TABLE_H_

#include <cstddef>
#include <cstdint>

namespace gss_sspi {

extern const uint8_t kUpcasePage[256];
extern const uint16_t kUpcaseDelta[][256];

// A code unit whose full upper-casing is not what the table above says: one to three code units,
// then zeroes. In ascending order.
struct FullUpcaseRow {
  uint16_t code_unit;
  uint16_t upper[3];
};
extern const FullUpcaseRow kFullUpcase[];
extern const size_t kFullUpcaseCount;

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_UPCASE_TABLE_H_
