// What the module of the C library lacks: the allocator's own settings (mallopt(3)), on which processors this process may
// run (sched_getaffinity(2)), extended attributes of files (xattr(7)), and the calls that reserve room for a file
// (fallocate(2)), rename only where nothing is (renameat2(2)), write a whole file system down (syncfs(2)) and open a file through no
// link (openat2(2)), and of what kind a file system is (fstatfs(2)).
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/// The number of processors that this process may use; 0 when the kernel does not say, or has more than 8192.
static inline int usable_processors(void) {
  unsigned long mask[8192 / (8 * sizeof(unsigned long))] = {0};
  int count = 0;
  if (syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) < 0) return 0;
  for (unsigned long i = 0; i < sizeof mask / sizeof mask[0]; i++) count += __builtin_popcountl(mask[i]);
  return count;
}

/// Has the allocator take that many bytes from the kernel at once, in large pages (madvise(2)): much memory then costs few faults.
/// Pages that nobody touches cost nothing. Where the kernel does not give so much it is asked for little at a time.
static inline void reserve_heap(int bytes) {
  char *before = sbrk(0);
  mallopt(M_TOP_PAD, bytes);
  // More than what the heap has when a program begins; volatile, or the compiler would leave both calls out.
  void *volatile block = malloc(1 << 20);
  free(block);
  char *after = sbrk(0);
  if (after - before < bytes) mallopt(M_TOP_PAD, 1 << 20);
  if (after > before) madvise(before, after - before, MADV_HUGEPAGE);
}

/// Large pages for a thread beside the main one. Its allocator takes memory from a stretch of 64 MiB that begins at a multiple of
/// that (HEAP_MAX_SIZE in arena.c of glibc 2.36). This is advice: where the stretch lies elsewhere, other pages are large.
static inline void use_large_pages(void) {
  static _Thread_local int is_done = 0;
  if (is_done) return;
  is_done = 1;
  const uintptr_t size = 64 << 20;
  void *volatile block = malloc(1);
  madvise((void *)((uintptr_t)block & ~(size - 1)), size, MADV_HUGEPAGE);
  free(block);
}

/// Takes room on the disk for the first bytes of a file, whose length stays (FALLOC_FL_KEEP_SIZE); 0, or -1 and errno.
static inline int reserve_room(int descriptor, long long bytes) {
  return (int)syscall(SYS_fallocate, descriptor, 1, 0LL, bytes);
}

/// Renames unless something bears the new name (RENAME_NOREPLACE); relative names are those of the current folder (AT_FDCWD); 0, or -1 and errno.
static inline int rename_to_new(const char *from, const char *to) {
  return (int)syscall(SYS_renameat2, -100, from, -100, to, 1);
}

/// Writes down what the file system of an open file holds in memory; 0, or -1 and errno.
static inline int sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/// Opens a file with some flags, through no symbolic link at all (RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS); -1 and errno, ENOSYS
/// before Linux 5.6.
static inline int open_without_links(const char *path, int flags) {
  const struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)(unsigned)flags, 0, 0x02 | 0x04};
  return (int)syscall(437, -100, path, &how, sizeof how);
}

/// Whether an open file is one that the kernel makes up: its size says nothing, and reading it may wait, or tell of other processes
/// (the numbers are those of magic.h: proc, sysfs, debugfs, tracefs, securityfs, bpf, both kinds of cgroup).
static inline int is_made_by_kernel(int descriptor) {
  struct statfs status;
  if (fstatfs(descriptor, &status) < 0) return 0;
  switch ((uint32_t)status.f_type) {
  case 0x9fa0: case 0x62656572: case 0x64626720: case 0x74726163: case 0x73636673: case 0xcafe4a11: case 0x27e0eb:
  case 0x63677270:
    return 1;
  default:
    return 0;
  }
}
