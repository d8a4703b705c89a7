// SPDX-License-Identifier: MIT
#include "policy/policy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/descriptor.h"

namespace gss_sspi {
namespace {

FileVersion VersionOf(const struct stat &file) {
  return {{file.st_dev, file.st_ino, static_cast<uint64_t>(file.st_size),
           static_cast<uint64_t>(file.st_mtim.tv_sec), static_cast<uint64_t>(file.st_mtim.tv_nsec),
           static_cast<uint64_t>(file.st_ctim.tv_sec),
           static_cast<uint64_t>(file.st_ctim.tv_nsec)}};
}

// Each rule with what mends it.
Error CheckSafety(const struct stat &file, const char *path) {
  const char *shown = ShownPath(path);
  if (!S_ISREG(file.st_mode)) {
    return Fail(Status::kBadSetting, "%s is not a regular file", shown);
  }
  if (file.st_uid != 0 && file.st_uid != geteuid()) {
    return Fail(Status::kBadSetting,
                "%s belongs to user id %u; it must belong to root or to user id %u (chown)", shown,
                static_cast<unsigned>(file.st_uid), static_cast<unsigned>(geteuid()));
  }
  if ((file.st_mode & 022U) != 0) {
    return Fail(Status::kBadSetting, "%s has mode %04o, which lets %s write it (chmod go-w)", shown,
                static_cast<unsigned>(file.st_mode & 07777U),
                (file.st_mode & 02U) != 0 ? "others" : "its group");
  }
  if (static_cast<uint64_t>(file.st_size) > kMaxPolicyFile) {
    return Fail(Status::kBadSetting, "%s is longer than %zu octets", shown, kMaxPolicyFile);
  }
  return kSuccess;
}

Error Unreadable(const char *path, int reason) {
  return Fail(Status::kBadSetting, "%s cannot be read: %s", ShownPath(path),
              strerrordesc_np(reason));
}

Error ReadAll(const Descriptor &file, MutableBytes out, const char *path) {
  const int reason = file.ReadAll(out);
  if (reason == 0) return kSuccess;
  if (reason != Descriptor::kEndedEarly) return Unreadable(path, reason);
  return Fail(Status::kBadSetting, "%s became shorter while it was read", ShownPath(path));
}

}  // namespace

const char *ShownPath(const char *path) {
  constexpr size_t kMost = 200;
  const size_t size = std::strlen(path);
  return size <= kMost ? path : path + (size - kMost);
}

FileVersion VersionOf(const char *path) {
  struct stat file {};
  return lstat(path, &file) == 0 ? VersionOf(file) : FileVersion();
}

Result<PolicyText> ReadPolicyFile(const char *path, bool must_exist) {
  // A relative path would mean another file in each folder.
  if (*path != '/') {
    return Fail(Status::kBadSetting, "%s is not an absolute path", ShownPath(path));
  }
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const Descriptor fd(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) {
    const int reason = errno;
    if (reason == ENOENT && !must_exist) return PolicyText();
    if (reason == ELOOP) {
      return Fail(Status::kBadSetting, "%s is a symbolic link", ShownPath(path));
    }
    return Unreadable(path, reason);
  }
  struct stat file {};
  if (fstat(fd.get(), &file) != 0) return Unreadable(path, errno);
  if (Error error = CheckSafety(file, path)) return error;
  PolicyText read;
  read.version = VersionOf(file);
  if (!read.text.Resize(static_cast<size_t>(file.st_size))) return Status::kNoMemory;
  if (Error error = ReadAll(fd, read.text.span(), path)) return error;
  return read;
}

}  // namespace gss_sspi
