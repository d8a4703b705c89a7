/* SPDX-License-Identifier: MIT */
/* What a program includes for SSPI. */
#ifndef GSS_SSPI_SECURITY_H
#define GSS_SSPI_SECURITY_H

#include "secext.h"
#include "sspi.h"

#endif /* GSS_SSPI_SECURITY_H */
