#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "only x86_64 and aarch64 are known"
#endif

#define X32_BIT 0x40000000U
#define NEW_NAMESPACES                                                                      \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
   CLONE_NEWNET | 0x80 /* CLONE_NEWTIME */)
#define PERSONALITY_QUERY 0xffffffffU
#define PROGRAM_MAX 512

/* Never, whatever the given filter says: the ways out of a container, and the parts of the kernel that break most. */
static const unsigned short denied[] = {
    SYS_ptrace,         SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise,
    SYS_kcmp,           SYS_pidfd_getfd,      SYS_mount,             SYS_umount2,
    SYS_pivot_root,     SYS_chroot,           SYS_fsopen,            SYS_fsconfig,
    SYS_fsmount,        SYS_fspick,           SYS_open_tree,         SYS_move_mount,
    442 /* mount_setattr */, SYS_unshare,
    SYS_setns,          SYS_bpf,              SYS_perf_event_open,   SYS_userfaultfd,
    SYS_keyctl,         SYS_add_key,          SYS_request_key,       SYS_kexec_load,
    SYS_kexec_file_load, SYS_init_module,     SYS_finit_module,      SYS_delete_module,
    SYS_reboot,         SYS_swapon,           SYS_swapoff,           SYS_acct,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_io_uring_setup, SYS_io_uring_enter,
    SYS_io_uring_register, SYS_quotactl,      443 /* quotactl_fd */, SYS_syslog,
    SYS_settimeofday,   SYS_clock_settime,    SYS_clock_adjtime,     SYS_adjtimex,
    SYS_sethostname,    SYS_setdomainname,    SYS_vhangup,           SYS_lookup_dcookie,
    SYS_move_pages,     SYS_migrate_pages,    SYS_mbind,             SYS_set_mempolicy,
    SYS_fanotify_init,  SYS_nfsservctl,
#if defined(__x86_64__)
    SYS_iopl,           SYS_ioperm,           SYS_modify_ldt,        SYS_create_module,
    SYS__sysctl,        SYS_uselib,           SYS_ustat,             SYS_sysfs,
#endif
};

struct assembly {
  struct sock_filter code[PROGRAM_MAX];
  unsigned short used;
};

static void emit(struct assembly *out, struct sock_filter instruction) {
  out->code[out->used++] = instruction;
}

static void load(struct assembly *out, size_t offset) {
  emit(out, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void answer(struct assembly *out, unsigned action) {
  emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The next `count` instructions run only when the loaded word is `value`. */
static void when_equal(struct assembly *out, unsigned value, unsigned char count) {
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
}

#define DENY(error) (SECCOMP_RET_ERRNO | (error))
#define ARGUMENT(n) offsetof(struct seccomp_data, args[n])

static void assemble(struct assembly *out) {
  out->used = 0;
  load(out, offsetof(struct seccomp_data, arch));
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  answer(out, SECCOMP_RET_KILL_PROCESS);
  load(out, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
  answer(out, DENY(ENOSYS));
#endif
  for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
    when_equal(out, denied[i], 1);
    answer(out, DENY(EPERM));
  }
  /* clone3 hides its flags behind a pointer; told that it does not exist, C libraries fall back to clone. */
  when_equal(out, SYS_clone3, 1);
  answer(out, DENY(ENOSYS));
  when_equal(out, SYS_clone, 4);
  load(out, ARGUMENT(0));
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1));
  answer(out, DENY(EPERM));
  answer(out, SECCOMP_RET_ALLOW);
  when_equal(out, SYS_personality, 5);
  load(out, ARGUMENT(0));
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0));
  emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PERSONALITY_QUERY, 1, 0));
  answer(out, DENY(EPERM));
  answer(out, SECCOMP_RET_ALLOW);
  answer(out, SECCOMP_RET_ALLOW);
}

static int install(unsigned short count, const void *code) {
  struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)(uintptr_t)code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int seccomp_install(const struct identity *identity) {
  struct assembly floor;
  assemble(&floor);
  unsigned short given = (unsigned short)(identity->seccomp_bytes / sizeof(struct sock_filter));
  if (install(floor.used, floor.code) != 0) return -1;
  return install(given, identity->seccomp);
}
