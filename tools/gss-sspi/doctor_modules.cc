// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "doctor.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

constexpr char kOurModule[] = "gss_ntlm.so";
constexpr char kOtherModule[] = "gssntlmssp.so";
constexpr char kDropIn[] = "zz-gss-sspi-ntlm.conf";

// What a mechanism must export so that logins work, if it has no gss_mech_initialize.
constexpr std::array kNecessaryExports = {
    "gss_acquire_cred",       "gss_release_cred",       "gss_init_sec_context", "gss_import_name",
    "gss_accept_sec_context", "gss_delete_sec_context", "gss_release_name",     "gss_display_name",
    "gss_inquire_context",    "gss_display_status",
};

std::string FileNameOf(const std::string &path) {
  return std::filesystem::path(path).filename().string();
}

std::string ProductOf(const MechLine &line) {
  const std::string file = FileNameOf(line.path);
  if (file == kOurModule) return "gss-sspi";
  if (file == kOtherModule) return "gss-ntlmssp";
  return "another module";
}

// ---- who wins
// ------------------------------------------------------------------------------------

void ReportDuplicates(const MechConfig &config, const Oid &oid, Report *report) {
  const MechLine *winner = config.WinnerOf(oid);
  for (const MechLine &line : config.lines) {
    if (&line == winner || line.oid.oid != oid) continue;
    report->Note(Format("%s (%s) loses to %s: the last line with an OID wins", line.path.c_str(),
                        line.where().c_str(), winner->where().c_str()));
  }
}

void ReportNtlm(const MechConfig &config, Report *report) {
  const MechLine *winner = config.WinnerOf(kNtlmOid);
  if (winner == nullptr) {
    report->Problem("no line registers NTLM (" + ToText(kNtlmOid) + ")",
                    Format("copy %s to /etc/gss/mech.d/", kDropIn));
    return;
  }
  report->Good(Format("NTLM is %s of %s (%s)", winner->path.c_str(), ProductOf(*winner).c_str(),
                      winner->where().c_str()));
  if (FileNameOf(winner->path) == kOurModule) return;
  const auto ours = std::find_if(config.lines.begin(), config.lines.end(), [](const MechLine &l) {
    return l.oid.oid == kNtlmOid && FileNameOf(l.path) == kOurModule;
  });
  if (ours == config.lines.end()) return;
  report->Warning(Format("%s of gss-sspi (%s) is not used", kOurModule, ours->where().c_str()),
                  Format("its line must be the last one: name the file %s", kDropIn));
}

// ---- one module
// ----------------------------------------------------------------------------------

// What the first octets say; empty when this program could load the file.
std::string ElfComplaint(const std::string &path) {
  const auto read_header = [](const std::string &file, ElfW(Ehdr) * header) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return errno;
    const ssize_t got = read(descriptor, header, sizeof *header);
    close(descriptor);
    return got == static_cast<ssize_t>(sizeof *header) ? 0 : ENODATA;
  };
  ElfW(Ehdr) own{};
  ElfW(Ehdr) header{};
  const int error = read_header(path, &header);
  if (error != 0 && error != ENODATA) return std::string("cannot be read: ") + std::strerror(error);
  if (error == ENODATA || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return "is not an ELF file";
  }
  if (read_header("/proc/self/exe", &own) != 0) return "";
  if (own.e_ident[EI_CLASS] != header.e_ident[EI_CLASS] || own.e_machine != header.e_machine) {
    return "is for another kind of processor";
  }
  return header.e_type == ET_DYN ? "" : "is not a shared library";
}

// dlsym would also find what other libraries have.
bool Exports(void *module, const char *symbol) {
  void *found = dlsym(module, symbol);
  link_map *own = nullptr;
  Dl_info info{};
  return found != nullptr && dlinfo(module, RTLD_DI_LINKMAP, &own) == 0 &&
         dladdr(found, &info) != 0 && info.dli_fbase != nullptr &&
         std::strcmp(info.dli_fname, own->l_name) == 0;
}

// Runs in a child.
void LoadModule(const MechLine &line, Level severity, Report *report) {
  void *module = dlopen(line.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    report->Add(severity, Format("%s cannot be loaded: %s", line.path.c_str(), dlerror()),
                "install what is missing, or build the module against this system's libraries");
    return;
  }
  std::string missing;
  if (!Exports(module, "gss_mech_initialize")) {
    for (const char *symbol : kNecessaryExports) {
      if (!Exports(module, symbol)) missing += " " + std::string(symbol);
    }
  }
  if (missing.empty()) {
    report->Good(line.path + ": loads, and exports what libgssapi needs");
  } else {
    report->Add(severity, line.path + " does not export" + missing,
                "it is no mechanism: name another file");
  }
}

void CheckModule(const MechLine &line, Level severity, Report *report) {
  struct stat facts {};
  if (stat(line.path.c_str(), &facts) != 0) {
    report->Add(
        severity,
        Format("%s: %s (%s)", line.path.c_str(), std::strerror(errno), line.where().c_str()),
        "install the module there, or correct the line");
    return;
  }
  if (!S_ISREG(facts.st_mode)) {
    report->Add(severity, line.path + " is not a regular file", "correct the line");
    return;
  }
  CheckWritableByOthers(line.path, report);
  if ((facts.st_mode & S_IROTH) == 0) {
    report->Warning(line.path + " is not readable for all users, who then have no such mechanism",
                    "chmod a+r " + line.path);
  }
  if (const std::string complaint = ElfComplaint(line.path); !complaint.empty()) {
    report->Add(severity, line.path + " " + complaint, "install the module again");
    return;
  }
  const Outcome outcome =
      RunIsolated(report, [&](Report *child) { LoadModule(line, severity, child); });
  if (!outcome.finished) {
    report->Add(severity, "loading " + line.path + " " + outcome.reason,
                "remove the line: the module takes every program down with it");
  }
}

}  // namespace

void CheckWritableByOthers(const std::string &path, Report *report) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  for (const std::string &name : {path, folder}) {
    struct stat facts {};
    if (stat(name.c_str(), &facts) != 0) continue;
    const bool sticky = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
    const bool by_group = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
    const bool by_others = (facts.st_mode & S_IWOTH) != 0;
    if ((by_group || by_others) && !sticky) {
      report->Warning(name + " can be written by " + (by_others ? "all users" : "its group") +
                          ", who can so run code in every program that uses GSSAPI",
                      "chmod go-w " + name);
    }
    if (facts.st_uid != 0 && facts.st_uid != geteuid()) {
      report->Warning(Format("%s belongs to uid %u", name.c_str(), facts.st_uid),
                      "chown root " + name);
    }
  }
}

void CheckRegistration(const MechConfig &config, Report *report) {
  report->Section("Registration");
  for (const std::string &file : config.files) {
    report->Good("read " + file);
    CheckWritableByOthers(file, report);
  }
  for (const MechRemark &remark : config.remarks) {
    report->Warning(remark.where + ": " + remark.text, remark.mend);
  }
  ReportNtlm(config, report);
  for (const Oid &oid : config.RegisteredOids()) ReportDuplicates(config, oid, report);
}

void CheckModules(const MechConfig &config, Report *report) {
  report->Section("Modules");
  for (const MechLine &line : config.lines) {
    const bool is_ntlm = &line == config.WinnerOf(kNtlmOid);
    CheckModule(line, is_ntlm ? Level::kProblem : Level::kWarning, report);
  }
  if (config.lines.empty()) report->Note("none is registered");
}

}  // namespace gss_sspi::tools
