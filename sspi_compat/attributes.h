// SPDX-License-Identifier: MIT
// QueryContextAttributes (section 6.5), as a table.
#ifndef GSS_SSPI_SSPI_ATTRIBUTES_H_
#define GSS_SSPI_SSPI_ATTRIBUTES_H_

#include <sspi.h>

#include <span>

#include "sspi_compat/context.h"

namespace gss_sspi::sspi {

// When an attribute can be asked for.
enum class Stage { kAlways, kOpen, kOpenAcceptor, kOpenInitiator };

// Which packages have it.
enum class For { kAll, kAllButStreams, kStreams };

template <typename Char>
struct AttributeRow {
  const char *name;  // without SECPKG_ATTR_
  ULONG attribute;
  Stage stage;
  For packages;
  size_t size;  // of the structure
  SECURITY_STATUS (*query)(Context *context, void *out);
  const char *remark;  // for docs/porting-from-windows.md
};

// SEC_CHAR for the A function, SEC_WCHAR for the W function.
template <typename Char>
std::span<const AttributeRow<Char>> AttributeRows();

// Fills the structure of the attribute; on failure nothing is written. `size` is how much room
// there is.
template <typename Char>
SECURITY_STATUS QueryAttribute(Context *context, ULONG attribute, void *out, size_t size);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_ATTRIBUTES_H_
