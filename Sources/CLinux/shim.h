// What the module of the C library lacks: the allocator's own settings (mallopt(3)), and on which processors this process may
// run (sched_getaffinity(2)).
#include <malloc.h>
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
