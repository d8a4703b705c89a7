// SPDX-License-Identifier: MIT
// The host of sspi_lifecycle.cc: no file, network or account of the machine. Kerberos has a ticket
// and its key table in memory; nobody issued it.
#ifndef GSS_SSPI_TESTS_FUZZ_SSPI_HOST_H_
#define GSS_SSPI_TESTS_FUZZ_SSPI_HOST_H_

#include <krb5/krb5.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "fuzz.h"

// Exported by libkrb5 without a public header: what a KDC makes a ticket with.
extern "C" krb5_error_code krb5_encrypt_tkt_part(krb5_context, const krb5_keyblock *,
                                                 krb5_ticket *);
extern "C" krb5_error_code encode_krb5_ticket(const krb5_ticket *, krb5_data **);

namespace gss_sspi::fuzz {

inline constexpr char kHostTarget[] = "HTTP/www.fuzz.test";
inline constexpr char kHostRealm[] = "FUZZ.TEST";

// A file of this process. Those who read it want no link and a name that stays.
class File {
 public:
  explicit File(std::string_view text) {
    const int fd = mkstemp(path_);
    GSS_SSPI_REQUIRE(fd >= 0);
    GSS_SSPI_REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(fd);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() { unlink(path_); }
  const char *path() const { return path_; }

 private:
  char path_[32] = "/tmp/gss-sspi-fuzz-XXXXXX";
};

inline void SetEnvironment() {
  static const File krb5(
      "[libdefaults]\n default_realm = FUZZ.TEST\n dns_lookup_kdc = false\n"
      " dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n"
      "[realms]\n FUZZ.TEST = {\n }\n[domain_realm]\n .fuzz.test = FUZZ.TEST\n");
  setenv("KRB5_CONFIG", krb5.path(), 1);
  setenv("KRB5CCNAME", "MEMORY:fuzz", 1);
  setenv("KRB5_KTNAME", "MEMORY:fuzz", 1);
  setenv("KRB5_CLIENT_KTNAME", "MEMORY:none", 1);
  setenv("KRB5RCACHENAME", "none:", 1);
  static const File policy("[ntlm]\n use_winbind = no\n");
  setenv("GSS_SSPI_CONFIG", policy.path(), 1);
  for (const char *name : {"NTLM_USER_FILE", "LM_COMPAT_LEVEL", "GSSNTLMSSP_DEBUG"}) {
    unsetenv(name);
  }
}

// Puts a ticket for kHostTarget into the cache, and its key into the key table. What is opened here
// stays open, which keeps both in memory.
class Ticket {
 public:
  Ticket() {
    Must(krb5_init_context(&context_));
    Must(krb5_parse_name(context_, "gss-sspi-fuzz@FUZZ.TEST", &client_));
    Must(
        krb5_parse_name(context_, (std::string(kHostTarget) + '@' + kHostRealm).c_str(), &server_));
    Must(krb5_c_make_random_key(context_, ENCTYPE_AES256_CTS_HMAC_SHA1_96, &service_key_));
    Must(krb5_c_make_random_key(context_, ENCTYPE_AES256_CTS_HMAC_SHA1_96, &session_key_));
    Store(Encrypted());
    KeepKey();
  }

 private:
  static void Must(krb5_error_code code) { GSS_SSPI_REQUIRE(code == 0); }

  krb5_ticket_times Times() const {
    const auto now = static_cast<krb5_timestamp>(std::time(nullptr));
    return {now, now, now + 7 * 86400, 0};
  }

  krb5_data *Encrypted() {
    krb5_enc_tkt_part part{};
    part.flags = TKT_FLG_INITIAL | TKT_FLG_PRE_AUTH;
    part.session = &session_key_;
    part.client = client_;
    part.transited.tr_type = KRB5_DOMAIN_X500_COMPRESS;
    part.times = Times();
    krb5_ticket ticket{};
    ticket.server = server_;
    ticket.enc_part2 = &part;
    Must(krb5_encrypt_tkt_part(context_, &service_key_, &ticket));
    ticket.enc_part.kvno = 1;
    krb5_data *encoded = nullptr;
    Must(encode_krb5_ticket(&ticket, &encoded));
    krb5_free_data_contents(context_, &ticket.enc_part.ciphertext);
    return encoded;
  }

  void Store(krb5_data *ticket) {
    krb5_creds credentials{};
    credentials.client = client_;
    credentials.server = server_;
    credentials.keyblock = session_key_;
    credentials.times = Times();
    credentials.ticket_flags = TKT_FLG_INITIAL | TKT_FLG_PRE_AUTH;
    credentials.ticket = *ticket;
    Must(krb5_cc_default(context_, &cache_));
    Must(krb5_cc_initialize(context_, cache_, client_));
    Must(krb5_cc_store_cred(context_, cache_, &credentials));
    krb5_free_data(context_, ticket);
  }

  void KeepKey() {
    krb5_keytab_entry entry{};
    entry.principal = server_;
    entry.vno = 1;
    entry.key = service_key_;
    Must(krb5_kt_default(context_, &table_));
    Must(krb5_kt_add_entry(context_, table_, &entry));
  }

  krb5_context context_ = nullptr;
  krb5_principal client_ = nullptr, server_ = nullptr;
  krb5_keyblock service_key_{}, session_key_{};
  krb5_ccache cache_ = nullptr;
  krb5_keytab table_ = nullptr;
};

// Once in the life of the process, before anything else.
inline void PrepareHost() {
  static const Ticket *const ticket = [] {
    SetEnvironment();
    return new Ticket;
  }();
  GSS_SSPI_REQUIRE(ticket != nullptr);
}

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_SSPI_HOST_H_
