/* SPDX-License-Identifier: MIT */
/* SSPI programs include <rpc.h> for its types alone; there is no RPC here. */
#ifndef GSS_SSPI_RPC_H
#define GSS_SSPI_RPC_H

#include "windows.h"

typedef LONG RPC_STATUS;
typedef unsigned char *RPC_CSTR;
typedef unsigned short *RPC_WSTR;

#define RPC_ENTRY

#define RPC_S_OK 0

#define RPC_C_AUTHN_NONE 0
#define RPC_C_AUTHN_GSS_NEGOTIATE 9
#define RPC_C_AUTHN_WINNT 10
#define RPC_C_AUTHN_GSS_SCHANNEL 14
#define RPC_C_AUTHN_GSS_KERBEROS 16
#define RPC_C_AUTHN_DEFAULT 0xFFFFFFFF

#define RPC_C_AUTHN_LEVEL_DEFAULT 0
#define RPC_C_AUTHN_LEVEL_NONE 1
#define RPC_C_AUTHN_LEVEL_CONNECT 2
#define RPC_C_AUTHN_LEVEL_CALL 3
#define RPC_C_AUTHN_LEVEL_PKT 4
#define RPC_C_AUTHN_LEVEL_PKT_INTEGRITY 5
#define RPC_C_AUTHN_LEVEL_PKT_PRIVACY 6

#endif /* GSS_SSPI_RPC_H */
