/* The filter of system calls that every program gets. Included by `contain.c`.
 *
 * What is not named is allowed. The kernel tries a new filter on every number there is, so this is a
 * tree: that takes a quarter of the time of a list.
 */

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; CLONE_PARENT, which makes a child that nobody waits for */
#define NEVER_CLONED 0x7E028000u
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define SYS_fchmodat_2 452
#define UNKNOWN 463 /* the first number that nothing we run asks for: what is new may do anything */

/* Bits of a filter's number. ASKS: a socket of the network is refused, as a JVM probes for one; else it
 * kills. ALONE: there are no namespaces, and what they would keep apart the filter must. */
enum { ASKS = 1, ALONE = 2 };

enum { BY_FLAGS = 1, BY_FAMILY, BY_TYPE, BY_REQUEST, BY_PROCESS }; /* not in this word alone: the arguments decide */
struct rule { unsigned number, action, alone; };
#define FORBID(name) {SYS_##name, SECCOMP_RET_KILL_PROCESS}
#define REFUSE(name, error) {SYS_##name, SECCOMP_RET_ERRNO | (error)}
#define APART(name) {SYS_##name, SECCOMP_RET_ERRNO | EPERM, ALONE}

static struct rule RULES[] = {
    FORBID(ptrace), FORBID(process_vm_readv), FORBID(process_vm_writev), FORBID(mount),
    FORBID(umount2), FORBID(pivot_root), FORBID(swapon), FORBID(swapoff), FORBID(reboot),
    FORBID(sethostname), FORBID(setdomainname), FORBID(init_module), FORBID(finit_module),
    FORBID(delete_module), FORBID(kexec_load), FORBID(kexec_file_load), FORBID(bpf),
    FORBID(userfaultfd), FORBID(open_by_handle_at), FORBID(keyctl), FORBID(add_key),
    FORBID(request_key), FORBID(unshare), FORBID(setns), FORBID(acct), FORBID(quotactl),
    FORBID(iopl), FORBID(ioperm), FORBID(pidfd_getfd), FORBID(chroot), FORBID(settimeofday),
    FORBID(clock_settime), FORBID(adjtimex),
    REFUSE(clone3, ENOSYS), REFUSE(io_uring_setup, ENOSYS), REFUSE(io_uring_enter, ENOSYS),
    REFUSE(io_uring_register, ENOSYS), REFUSE(perf_event_open, EPERM), REFUSE(fsopen, EPERM),
    REFUSE(fsconfig, EPERM), REFUSE(fsmount, EPERM), REFUSE(fspick, EPERM),
    REFUSE(open_tree, EPERM), REFUSE(move_mount, EPERM), REFUSE(mount_setattr, EPERM),
    REFUSE(syslog, EPERM), REFUSE(kcmp, EPERM), REFUSE(personality, EPERM),
    REFUSE(name_to_handle_at, EPERM), REFUSE(vmsplice, EPERM), REFUSE(fanotify_init, EPERM),
    REFUSE(lookup_dcookie, EPERM), REFUSE(clock_adjtime, EPERM), REFUSE(modify_ldt, ENOSYS),
    /* memory that belongs to no process, and so to no limit */
    REFUSE(memfd_create, ENOSYS), {447 /* memfd_secret */, SECCOMP_RET_ERRNO | ENOSYS},
    /* System V and POSIX queues: all jobs of a worker share an IPC namespace */
    REFUSE(shmget, ENOSYS), REFUSE(semget, ENOSYS), REFUSE(msgget, ENOSYS), REFUSE(shmat, ENOSYS),
    REFUSE(semop, ENOSYS), REFUSE(semtimedop, ENOSYS), REFUSE(semctl, ENOSYS),
    REFUSE(shmctl, ENOSYS), REFUSE(msgctl, ENOSYS), REFUSE(msgsnd, ENOSYS), REFUSE(msgrcv, ENOSYS),
    REFUSE(mq_open, ENOSYS), REFUSE(mq_unlink, ENOSYS),
    {SYS_clone, BY_FLAGS}, {SYS_socket, BY_FAMILY}, {SYS_socketpair, BY_TYPE},
    {SYS_ioctl, BY_REQUEST},
    /* Landlock says nothing of these. By name or not, what is changed may be anybody's file; */
    APART(chmod), APART(fchmod), APART(fchmodat), APART(fchmodat_2), APART(chown), APART(fchown),
    APART(lchown), APART(fchownat), APART(utime), APART(utimes), APART(utimensat), APART(futimesat),
    APART(setxattr), APART(lsetxattr), APART(fsetxattr), APART(removexattr), APART(lremovexattr),
    APART(fremovexattr), APART(inotify_init), APART(inotify_init1),
    /* a socket with a name leads to the user's other programs; */
    APART(connect), APART(bind), APART(listen),
    /* and these reach processes of the same user. */
    APART(setpriority), APART(ioprio_set), APART(sched_setscheduler), APART(sched_setparam),
    APART(sched_setattr), APART(migrate_pages), APART(move_pages), {SYS_prlimit64, BY_PROCESS, ALONE},
    {SYS_sched_setaffinity, BY_PROCESS, ALONE},
};
#define COUNT (sizeof RULES / sizeof *RULES)

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define GIVE(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define IF(how, value, then, otherwise) BPF_JUMP(BPF_JMP | how | BPF_K, (value), (then), (otherwise))
#define ADD(...) do { struct sock_filter more[] = {__VA_ARGS__}; \
    memcpy(to + size, more, sizeof more); size += sizeof more / sizeof *more; } while (0)

static int by_number(const void *one, const void *other) {
    unsigned a = ((const struct rule *)one)->number, b = ((const struct rule *)other)->number;
    return (a > b) - (a < b);
}

/* The tree of some rules, sorted by number. Gives its size. */
static size_t tree(struct sock_filter *to, const struct rule *rules, size_t count, int kind) {
    size_t size = 0, half = count / 2;
    unsigned number = rules->number, no_socket = SECCOMP_RET_KILL_PROCESS;
    if (count > 1) {
        int far = count > 32; /* a jump on a condition reaches 255 steps */
        size_t left = tree(to + 1 + far, rules, half, kind);
        if (far) ADD(IF(BPF_JGE, rules[half].number, 0, 1), BPF_STMT(BPF_JMP | BPF_JA, (unsigned)left));
        else ADD(IF(BPF_JGE, rules[half].number, (unsigned char)left, 0));
        return size + left + tree(to + size + left, rules + half, count - half, kind);
    }
    if (kind & ASKS) no_socket = SECCOMP_RET_ERRNO | EAFNOSUPPORT;
    if (rules->action == BY_FLAGS) /* no new namespace, no child of ours */
        ADD(IF(BPF_JEQ, number, 0, 3), LOAD(args[0]), IF(BPF_JSET, NEVER_CLONED, 0, 1),
            GIVE(SECCOMP_RET_KILL_PROCESS));
    else if (rules->action == BY_FAMILY) /* AF_UNIX alone: a network namespace holds no AF_VSOCK */
        ADD(IF(BPF_JEQ, number, 0, 4), LOAD(args[0]), IF(BPF_JEQ, 1, 1, 0), GIVE(no_socket),
            GIVE(kind & ALONE ? SECCOMP_RET_ERRNO | EACCES : SECCOMP_RET_ALLOW));
    else if (rules->action == BY_TYPE) /* of a pair; alone: one that sends to no other address */
        ADD(IF(BPF_JEQ, number, 0, 9), LOAD(args[0]), IF(BPF_JEQ, 1, 1, 0), GIVE(no_socket),
            LOAD(args[1]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 15), IF(BPF_JEQ, 1, 3, 0),
            IF(BPF_JEQ, 5, 2, 0), IF(BPF_JGE, kind & ALONE ? 0 : ~0u, 0, 1),
            GIVE(SECCOMP_RET_ERRNO | EACCES));
    else if (rules->action == BY_REQUEST) /* nothing is typed into a terminal */
        ADD(IF(BPF_JEQ, number, 0, 4), LOAD(args[1]), IF(BPF_JEQ, 0x5412 /* TIOCSTI */, 1, 0),
            IF(BPF_JEQ, 0x541C /* TIOCLINUX */, 0, 1), GIVE(SECCOMP_RET_KILL_PROCESS));
    else if (rules->action == BY_PROCESS) /* itself alone */
        ADD(IF(BPF_JEQ, number, 0, 3), LOAD(args[0]), IF(BPF_JEQ, 0, 1, 0),
            GIVE(SECCOMP_RET_ERRNO | EPERM));
    else
        ADD(IF(BPF_JEQ, number, 0, 1), GIVE(rules->action));
    ADD(GIVE(SECCOMP_RET_ALLOW));
    return size;
}

static struct sock_filter filters[4][10 + 8 * COUNT];
static struct sock_fprog filter[4]; /* by kind */

/* Made once, before there is a program. */
static void make_filter(int kind) {
    struct sock_filter *to = filters[kind];
    struct rule chosen[COUNT];
    size_t size = 0, count = 0;
    if (filter[kind].len) return;
    for (size_t at = 0; at < COUNT; at++)
        if (!RULES[at].alone || kind & ALONE) chosen[count++] = RULES[at];
    qsort(chosen, count, sizeof *chosen, by_number);
    ADD(LOAD(arch), IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0), GIVE(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr), IF(BPF_JGE, 0x40000000u /* x32 */, 0, 1), GIVE(SECCOMP_RET_KILL_PROCESS),
        IF(BPF_JGE, UNKNOWN, 0, 1), GIVE(SECCOMP_RET_ERRNO | ENOSYS));
    size += tree(to + size, chosen, count, kind);
    filter[kind] = (struct sock_fprog){(unsigned short)size, to};
}

static int filter_calls(int kind) {
    make_filter(kind);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter[kind]);
}
