// SPDX-License-Identifier: MIT
#include "module_code.h"

#include <link.h>
#include <stdint.h>
#include <string.h>

static uintptr_t code_start, code_end;

static int find_code(struct dl_phdr_info *info, size_t size, void *path) {
  (void)size;
  if (strcmp(info->dlpi_name, path) != 0) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0) continue;
    code_start = info->dlpi_addr + segment->p_vaddr;
    code_end = code_start + segment->p_memsz;
  }
  return 1;
}

bool module_code_find(const char *path) {
  return path != NULL && dl_iterate_phdr(find_code, (void *)(uintptr_t)path) != 0;
}

bool module_code_holds(const void *address) {
  return (uintptr_t)address >= code_start && (uintptr_t)address < code_end;
}
