// SPDX-License-Identifier: GPL-2.0-only

#ifndef SALLYPORT_CNFTABLES_CONFINEMENT_H
#define SALLYPORT_CNFTABLES_CONFINEMENT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Keeps CAP_NET_ADMIN, if the process has it, and gives up every other capability for good: no program that it might start
/// gets one back (capabilities(7), prctl(2)). The kernel asks for CAP_NET_ADMIN at every message, not only when the socket is
/// opened (netlink_ns_capable in af_netlink.c), so that one has to stay. 0, or -1 and errno.
static inline int keep_net_admin_alone(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Fails where there is nothing to give up, or without CAP_SETPCAP, when no_new_privs has the same effect.
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (capability != CAP_NET_ADMIN) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  const uint32_t kept = sets[0].permitted & (UINT32_C(1) << CAP_NET_ADMIN);
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
    sets[i] = (struct __user_cap_data_struct){i == 0 ? kept : 0, i == 0 ? kept : 0, 0};
  return (int)syscall(SYS_capset, &header, sets);
}

/// Rights of Landlock and its calls, whose header is younger than the kernels of some systems on which this is built
/// (linux/landlock.h, landlock(7)).
enum {
  SALLYPORT_LANDLOCK_CREATE = 444, SALLYPORT_LANDLOCK_ADD = 445, SALLYPORT_LANDLOCK_RESTRICT = 446,
  SALLYPORT_LANDLOCK_READ_FILE = 1 << 2, SALLYPORT_LANDLOCK_READ_DIR = 1 << 3,
  // O_PATH, which fcntl.h shows only under _GNU_SOURCE.
  SALLYPORT_O_PATH = 010000000,
};

/// What libnftables reads while it prints rules: names of protocols and services, and how extensions of xtables are written.
/// None of it is a secret.
static inline int allow_printing(int ruleset) {
  static const char *const paths[] = {
    "/etc/protocols", "/etc/services", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/iproute2", "/etc/xtables",
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/proc/self/net",
  };
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    const int folder = open(paths[i], SALLYPORT_O_PATH | O_CLOEXEC);
    if (folder < 0) continue;
    struct stat status;
    const int is_folder = fstat(folder, &status) == 0 && S_ISDIR(status.st_mode);
    struct __attribute__((packed)) { uint64_t allowed; int32_t folder; } rule = {
      SALLYPORT_LANDLOCK_READ_FILE | (is_folder ? SALLYPORT_LANDLOCK_READ_DIR : 0), folder};
    const long result = syscall(SALLYPORT_LANDLOCK_ADD, ruleset, 1, &rule, 0);
    close(folder);
    if (result != 0) return -1;
  }
  return 0;
}

/// Has the kernel refuse this process every file from now on, but those that are open, files in memory, and, if it shall print
/// rules, what that needs. 0; 1 where the kernel has no Landlock; -1 and errno.
static inline int confine_files(int prints) {
  const long version = syscall(SALLYPORT_LANDLOCK_CREATE, NULL, 0, 1);
  if (version < 1) return 1;
  struct { uint64_t files, network, scope; } rights = {
    (UINT64_C(1) << (version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13)) - 1, version >= 4 ? 3 : 0,
    version >= 6 ? 3 : 0};
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const int ruleset = (int)syscall(SALLYPORT_LANDLOCK_CREATE, &rights, size, 0);
  if (ruleset < 0) return -1;
  int result = prints ? allow_printing(ruleset) : 0;
  if (result == 0) result = (int)syscall(SALLYPORT_LANDLOCK_RESTRICT, ruleset, 0);
  close(ruleset);
  return result;
}

#if defined(__x86_64__)
#define SALLYPORT_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SALLYPORT_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// Has the kernel refuse calls that no listing and no change of rules needs: starting programs, reaching into other processes,
/// namespaces (but by clone, which threads need) and mounts, the kernel's own code, and sockets that are not of netlink or IP. 0; 1 where the kernel has no filters
/// of calls, or the processor is another one; -1 and errno.
static inline int confine_calls(void) {
#ifdef SALLYPORT_ARCHITECTURE
  static const int refused[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_mount, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_open_by_handle_at, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_kexec_load, SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_userfaultfd, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_kexec_file_load,
    // io_uring_setup, whose operations no filter sees; open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr;
    // pidfd_getfd: new calls have one number on all processors, and old headers lack their names.
    425, 428, 429, 430, 431, 432, 433, 442, 438,
  };
  enum { COUNT = sizeof refused / sizeof refused[0], HEAD = 4, TAIL = 7 };
  struct sock_filter program[HEAD + COUNT + TAIL];
  const int refusal = HEAD + COUNT + TAIL - 1;
  int next = 0;
  program[next++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  program[next] = (struct sock_filter)BPF_JUMP(
    BPF_JMP | BPF_JEQ | BPF_K, SALLYPORT_ARCHITECTURE, 0, (uint8_t)(refusal - next - 1));
  next++;
  program[next++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  // Numbers of the x32 interface, which has other ones for the same calls.
  program[next] = (struct sock_filter)BPF_JUMP(
    BPF_JMP | BPF_JGE | BPF_K, 0x40000000, (uint8_t)(refusal - next - 1), 0);
  next++;
  for (int i = 0; i < COUNT; i++, next++)
    program[next] = (struct sock_filter)BPF_JUMP(
      BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refused[i], (uint8_t)(refusal - next - 1), 0);
  program[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4);
  program[next++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
  program[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 2, 0);
  program[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
  program[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
  program[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  struct sock_fprog filter = {(unsigned short)next, program};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0) return 0;
  return errno == EINVAL ? 1 : -1;
#else
  return 1;
#endif
}

#endif
