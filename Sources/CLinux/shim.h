// What the module of the C library lacks: the allocator's own settings (mallopt(3)), on which processors this process may
// run (sched_getaffinity(2)), extended attributes of files (xattr(7)), and the calls that reserve room for a file
// (fallocate(2)), rename only where nothing is (renameat2(2)), write a whole file system down (syncfs(2)), open a file through no
// link (openat2(2)), say of what kind a file system is (fstatfs(2)), make files in memory (memfd_create(2)), open folders without
// following links (O_PATH in open(2)), wait for processes and signals by descriptor (pidfd_open(2), signalfd(2)), and speak over
// sockets of this machine (unix(7)). No header is included here whose types Swift code uses: they would belong to this module then.
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

/// A new file in memory, closed on exec (MFD_CLOEXEC); -1 and errno.
static inline int memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }

/// What a name in an open folder is, links not followed, for use with the calls that take a folder (O_PATH); -1 and errno.
static inline int open_place(int folder, const char *name) {
  // O_PATH, O_CLOEXEC and O_NOFOLLOW; the last has another number on ARM (fcntl.h of the kernel).
#if defined(__aarch64__) || defined(__arm__)
  const int flags = 010000000 | 02000000 | 0100000;
#else
  const int flags = 010000000 | 02000000 | 0400000;
#endif
  return (int)syscall(SYS_openat, folder, name, flags);
}

/// A descriptor that can be read once the process has ended (Linux 5.3); -1 and errno.
static inline int process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0U); }

/// A descriptor that tells of signals which every thread has blocked; takes a `sigset_t`; -1 and errno.
static inline int signal_descriptor(const void *signals) {
  return (int)syscall(SYS_signalfd4, -1, signals, 8UL, 02000000 | 04000);
}

/// The next signal of such a descriptor; 0 when there is none.
static inline int next_signal(int descriptor) {
  // `struct signalfd_siginfo` begins with the number.
  uint32_t signal[32];
  return read(descriptor, signal, sizeof signal) == (ssize_t)sizeof signal ? (int)signal[0] : 0;
}

/// `POSIX_SPAWN_SETSID` (glibc 2.26).
static inline short spawn_in_new_session(void) { return 0x80; }

extern int posix_spawn_file_actions_addclosefrom_np(void *, int);

/// Has a program start without the descriptors from that number on (glibc 2.34); takes file actions; 0, or the error.
static inline int close_from(void *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/// An address of the family AF_UNIX, which is 1.
struct local_address { uint16_t family; char path[108]; };

/// The address of a name that is no file and belongs to the network namespace; its length, or 0 when the name is too long.
static inline unsigned abstract_address(struct local_address *address, const char *name) {
  size_t length = strlen(name);
  if (length + 1 > sizeof address->path) return 0;
  memset(address, 0, sizeof *address);
  address->family = 1;
  memcpy(address->path + 1, name, length);
  return (unsigned)(sizeof address->family + 1 + length);
}

/// Closes a descriptor and leaves errno as it is; -1.
static inline int give_up(int descriptor) {
  int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}

/// A socket that waits in no call: SOCK_STREAM (1) or SOCK_DGRAM (2), whose flags are those of files; -1 and errno.
static inline int local_socket(int kind) { return (int)syscall(SYS_socket, 1, kind | 02000000 | 04000, 0); }

/// Listens under such a name; the socket, or -1 and errno.
static inline int listen_at(const char *name) {
  struct local_address address;
  unsigned length = abstract_address(&address, name);
  int descriptor = local_socket(1);
  if (descriptor < 0) return -1;
  if (syscall(SYS_bind, descriptor, &address, length) == 0 && syscall(SYS_listen, descriptor, 16) == 0) return descriptor;
  return give_up(descriptor);
}

/// Connects to such a name; the socket, or -1 and errno.
static inline int connect_to(const char *name) {
  struct local_address address;
  unsigned length = abstract_address(&address, name);
  int descriptor = local_socket(1);
  if (descriptor < 0) return -1;
  return syscall(SYS_connect, descriptor, &address, length) == 0 ? descriptor : give_up(descriptor);
}

/// The user who connected, or who listens (SO_PEERCRED of SOL_SOCKET); -1 when the kernel does not say.
static inline int64_t peer_user(int descriptor) {
  uint32_t peer[3] = {0, 0, 0};  // `struct ucred`: process, user, group
  unsigned length = sizeof peer;
  return syscall(SYS_getsockopt, descriptor, 1, 17, peer, &length) == 0 ? (int64_t)peer[1] : -1;
}

/// Sends one datagram to the socket of that path, unless that would have to wait (MSG_NOSIGNAL); 0, or -1 and errno.
static inline int send_datagram(const char *path, const void *bytes, size_t count) {
  struct local_address address = {.family = 1};
  if (strlen(path) >= sizeof address.path) return -1;
  strcpy(address.path, path);
  int descriptor = local_socket(2);
  if (descriptor < 0) return -1;
  long sent = syscall(SYS_sendto, descriptor, bytes, count, 0x4000, &address, (unsigned)sizeof address);
  close(descriptor);
  return sent == (long)count ? 0 : -1;
}

/// Keeps all memory that this process uses from being swapped out, also what it comes to use (MCL_ONFAULT, Linux 4.4), where no
/// limit could make that fail later; 0, or -1 and errno.
static inline int lock_memory(void) {
  uint64_t limit[2] = {~0ULL, ~0ULL};
  // RLIMIT_MEMLOCK
  syscall(SYS_prlimit64, 0, 8, limit, NULL);
  if (syscall(SYS_prlimit64, 0, 8, NULL, limit) != 0) return -1;
  // Effective, permitted and inheritable capabilities, the lower ones first (capget(2), version 3). Nobody with CAP_IPC_LOCK,
  // which is number 14, has a limit.
  uint32_t head[2] = {0x20080522, 0}, sets[6] = {0};
  syscall(SYS_capget, head, sets);
  if (limit[0] != ~0ULL && !(sets[0] >> 14 & 1)) return -1;
  return mlockall(MCL_CURRENT | MCL_FUTURE | 4);
}
