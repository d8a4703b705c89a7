// SPDX-License-Identifier: MIT
#include "test_session.h"

#include <array>
#include <cstdio>

#include "text_util.h"

namespace gss_sspi::tools {
namespace {

constexpr OM_uint32 kWantedFlags = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
                                   GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

struct MechWord {
  std::string_view word;
  const Oid &oid;
};
const std::array<MechWord, 3> &MechWords() {
  static const std::array<MechWord, 3> kWords = {
      {{"spnego", kSpnegoOid}, {"ntlm", kNtlmOid}, {"krb5", kKrb5Oid}}};
  return kWords;
}

Name ImportName(const std::string &text, gss_OID type) {
  Name name;
  OM_uint32 minor = 0;
  gss_buffer_desc buffer = AsGssBuffer(text);
  const OM_uint32 major = gss_import_name(&minor, &buffer, type, name.out());
  if (GSS_ERROR(major)) throw Failure(text + ": " + StatusText(major, minor, nullptr));
  return name;
}

// The default credential is libgssapi's matter; a user or a password is ours.
Credential AcquireInitiator(const InitiatorSettings &settings) {
  Credential credential;
  if (!settings.user) return credential;
  const Name user = ImportName(*settings.user, GSS_C_NT_USER_NAME);
  gss_OID_set_desc mechs{1, settings.mech};
  OM_uint32 minor = 0;
  OM_uint32 major;
  if (settings.password) {
    gss_buffer_desc password = AsGssBuffer(settings.password->view());
    major = gss_acquire_cred_with_password(&minor, user.get(), &password, GSS_C_INDEFINITE, &mechs,
                                           GSS_C_INITIATE, credential.out(), nullptr, nullptr);
  } else {
    major = gss_acquire_cred(&minor, user.get(), GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
                             credential.out(), nullptr, nullptr);
  }
  if (GSS_ERROR(major)) {
    throw Failure("credential of " + *settings.user + ": " +
                  StatusText(major, minor, settings.mech));
  }
  return credential;
}

// RFC 6680.
void PrintAttributes(gss_name_t name, const char *indent) {
  struct Release {
    gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
    ~Release() {
      OM_uint32 minor = 0;
      gss_release_buffer_set(&minor, &set);
    }
  } names;
  OM_uint32 minor = 0;
  if (GSS_ERROR(gss_inquire_name(&minor, name, nullptr, nullptr, &names.set)) ||
      names.set == GSS_C_NO_BUFFER_SET) {
    return;
  }
  for (size_t i = 0; i < names.set->count; ++i) {
    gss_buffer_desc attribute = names.set->elements[i];
    int more = -1;
    while (more != 0) {
      GssBuffer value;
      if (GSS_ERROR(gss_get_name_attribute(&minor, name, &attribute, nullptr, nullptr, value.out(),
                                           nullptr, &more))) {
        break;
      }
      const std::string_view text(static_cast<char *>(attribute.value), attribute.length);
      std::printf("%s%s: %s\n", indent, Printable(text).c_str(), Printable(value.text()).c_str());
    }
  }
}

// N207: bits of encryption as SASL counts them.
std::string StrengthOf(gss_ctx_id_t context) {
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor = 0;
  std::string text = "not told";
  if (!GSS_ERROR(
          gss_inquire_sec_context_by_oid(&minor, context, GSS_C_SEC_CONTEXT_SASL_SSF, &set)) &&
      set != GSS_C_NO_BUFFER_SET && set->count == 1 && set->elements[0].length == 4) {
    uint32_t bits = 0;
    for (int i = 0; i < 4; ++i)
      bits = bits << 8 | static_cast<uint8_t *>(set->elements[0].value)[i];
    text = std::to_string(bits);
  }
  gss_release_buffer_set(&minor, &set);
  return text;
}

}  // namespace

gss_OID MechOf(const std::string &word) {
  for (const MechWord &row : MechWords()) {
    if (row.word == word) return GssOid(row.oid);
  }
  throw UsageError("--mech " + word + " is not one of spnego, ntlm, krb5");
}

std::string Session::Finish(OM_uint32 major, OM_uint32 minor, gss_const_OID mech,
                            const GssBuffer &output) {
  if (GSS_ERROR(major)) throw Refused(StatusText(major, minor, mech), output.text());
  done_ = (major & GSS_S_CONTINUE_NEEDED) == 0;
  return output.text();
}

std::string Session::Wrap(std::string_view message) {
  GssBuffer token;
  gss_buffer_desc input = AsGssBuffer(message);
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_wrap(&minor, context_.get(), (flags_ & GSS_C_CONF_FLAG) != 0 ? 1 : 0,
                                   GSS_C_QOP_DEFAULT, &input, nullptr, token.out());
  if (GSS_ERROR(major)) throw Failure("gss_wrap: " + StatusText(major, minor, nullptr));
  return token.text();
}

std::string Session::Unwrap(std::string_view token, bool *sealed) {
  GssBuffer message;
  gss_buffer_desc input = AsGssBuffer(token);
  OM_uint32 minor = 0;
  int conf = 0;
  const OM_uint32 major = gss_unwrap(&minor, context_.get(), &input, message.out(), &conf, nullptr);
  if (major != GSS_S_COMPLETE) {
    throw Failure("gss_unwrap: " + StatusText(major, minor, nullptr));
  }
  *sealed = conf != 0;
  return message.text();
}

void Session::PrintContext(const char *indent) const {
  gss_OID mech = nullptr;
  OM_uint32 minor = 0;
  OM_uint32 flags = 0;
  const OM_uint32 major = gss_inquire_context(&minor, context_.get(), nullptr, nullptr, nullptr,
                                              &mech, &flags, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    throw Failure("gss_inquire_context: " + StatusText(major, minor, nullptr));
  }
  std::printf("%smechanism: %s\n", indent, MechName(mech).c_str());
  std::printf("%sflags: %s\n", indent, FlagsText(flags).c_str());
  std::printf("%sSSF: %s\n", indent, StrengthOf(context_.get()).c_str());
}

InitiatorSession::InitiatorSession(const InitiatorSettings &settings)
    : mech_(settings.mech),
      target_(ImportName(settings.target, GSS_C_NT_HOSTBASED_SERVICE)),
      credential_(AcquireInitiator(settings)) {}

std::string InitiatorSession::Step(std::string_view input) {
  GssBuffer output;
  gss_buffer_desc token = AsGssBuffer(input);
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_init_sec_context(
      &minor, credential_.get(), context_.out(), target_.get(), mech_, kWantedFlags,
      GSS_C_INDEFINITE, nullptr, &token, nullptr, output.out(), &flags_, nullptr);
  return Finish(major, minor, mech_, output);
}

Credential AcquireAcceptor(const std::string &mech) {
  std::vector<gss_OID_desc> oids;
  for (const MechWord &row : MechWords()) {
    if (mech == "any" || mech == row.word) oids.push_back(*GssOid(row.oid));
  }
  if (oids.empty()) throw UsageError("--mech " + mech + " is not one of any, spnego, ntlm, krb5");
  gss_OID_set_desc set{oids.size(), oids.data()};
  Credential credential;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_acquire_cred(&minor, nullptr, GSS_C_INDEFINITE, &set, GSS_C_ACCEPT,
                                           credential.out(), nullptr, nullptr);
  if (GSS_ERROR(major)) {
    throw Failure("there is no credential to accept: " +
                  StatusText(major, minor, oids.size() == 1 ? &oids[0] : nullptr));
  }
  return credential;
}

std::string AcceptorSession::Step(std::string_view input) {
  GssBuffer output;
  gss_buffer_desc token = AsGssBuffer(input);
  OM_uint32 minor = 0;
  gss_OID mech = nullptr;
  const OM_uint32 major =
      gss_accept_sec_context(&minor, context_.out(), credential_->get(), &token, nullptr,
                             client_.out(), &mech, output.out(), &flags_, nullptr, nullptr);
  return Finish(major, minor, mech, output);
}

void AcceptorSession::PrintClient(const char *indent) const {
  std::printf("%sidentity: %s\n", indent, identity().c_str());
  GssBuffer local;
  OM_uint32 minor = 0;
  if (!GSS_ERROR(gss_localname(&minor, client_.get(), nullptr, local.out()))) {
    std::printf("%slocal name: %s\n", indent, Printable(local.text()).c_str());
  }
  PrintAttributes(client_.get(), indent);
}

}  // namespace gss_sspi::tools
