// SPDX-License-Identifier: MIT
// A module that needs a function that no library has.
int gss_sspi_test_no_such_function(void);
int gss_acquire_cred(void);

int gss_acquire_cred(void) { return gss_sspi_test_no_such_function(); }
