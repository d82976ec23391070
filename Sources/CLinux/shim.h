// What the module of the C library lacks: the allocator's own settings (mallopt(3)), and on which processors this process may
// run (sched_getaffinity(2)).
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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
