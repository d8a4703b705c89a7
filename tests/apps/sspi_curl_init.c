/* SPDX-License-Identifier: MIT */
/* Stands for lib/system_win32.c, where curl on Windows starts its SSPI code. */
int Curl_sspi_global_init(void);

__attribute__((constructor)) static void Start(void) { Curl_sspi_global_init(); }
