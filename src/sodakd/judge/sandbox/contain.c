/* The inner wall: every program runs in namespaces of its own, with limits, without capabilities,
 * behind a filter of system calls. Compiled at first use into a shared library; the callers are
 * `job.py`, and the add-on by which node forks itself.
 *
 * A job is a process number 1 that does nothing but own the namespaces: when it is killed, the
 * kernel kills all that lives in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 192

struct limits {
    long most[16]; /* by RLIMIT_*; -1: as it is */
    long disk, inodes;
    long uid;     /* to change to, or -1 to stay */
    long bounded; /* bits of capabilities that no program of the job shall ever get */
    long steps;   /* of the filter, see seccomp.py */
    struct sock_filter filter[STEPS];
};

struct job {
    int pid; /* number 1 of the job, as its parent sees it */
    int pidfd;
    void *stack; /* of number 1: it shares our memory, and other jobs open while it lives */
    const char *folder; /* where there are no namespaces (pid is 0 then): what stands for /tmp */
    int ruleset; /* of Landlock, then; 0 where there is none */
};

#define STACK 65536

static int outer_pid_ns = -1; /* where children are born outside of jobs */

static int outside(void) {
    if (outer_pid_ns < 0) outer_pid_ns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    return outer_pid_ns;
}

/* --- a job --------------------------------------------------------------------------------- */

struct owner {
    const struct limits *limits;
    int ready;
};

/* Have these capabilities alone from now on. */
static int keep(long capabilities) {
    struct { unsigned version; int pid; } head = {0x20080522, 0};
    unsigned low = (unsigned)capabilities, high = (unsigned)(capabilities >> 32);
    unsigned kept[6] = {low, low, 0, high, high, 0};
    return (int)syscall(SYS_capset, &head, kept);
}

static int own(void *given) {
    struct owner *owner = given;
    int ready = owner->ready, error = 0;
    char options[96];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN); /* orphans are reaped by the kernel */
    snprintf(options, sizeof options, "size=%ld,nr_inodes=%ld,mode=1777", owner->limits->disk,
             owner->limits->inodes);
    if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) ||
        mount("proc", "/proc", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, /* no knobs */
              "hidepid=invisible"))
        error = errno;
    /* As many as who enters the namespaces has, who must have them all. Without any, programs of the
     * same user could read our memory. */
    if (!error && keep(owner->limits->bounded)) error = errno;
    if (write(ready, &error, sizeof error) != sizeof error) _exit(1);
    syscall(SYS_close_range, 0u, ~0u, 0u); /* nobody waits for the end of a pipe because of us */
    for (;;) pause();
}

/* Make the namespaces of a job. Gives 0, or -1 and errno. */
int job_open(struct job *job, const struct limits *limits) {
    int pipe_ends[2], error = EIO;
    job->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (job->stack == MAP_FAILED || outside() < 0 || pipe2(pipe_ends, O_CLOEXEC)) return -1;
    struct owner owner = {limits, pipe_ends[1]};
    job->pid = clone(own, (char *)job->stack + STACK,
                     CLONE_VM | CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, &owner);
    int failed = job->pid < 0 ? errno : 0;
    close(pipe_ends[1]);
    if (!failed && read(pipe_ends[0], &error, sizeof error) != sizeof error) error = EIO;
    close(pipe_ends[0]);
    if (!failed && !error) {
        int low = (int)syscall(SYS_pidfd_open, job->pid, 0);
        job->pidfd = fcntl(low, F_DUPFD_CLOEXEC, 64); /* out of the way of 0, 1, 2, ... */
        error = errno;
        close(low);
        if (job->pidfd >= 0) return 0;
    }
    if (!failed) {
        kill(job->pid, SIGKILL);
        waitpid(job->pid, NULL, 0);
    }
    munmap(job->stack, STACK);
    errno = failed ? failed : error;
    return -1;
}

/* The children of the calling process are born into the job from now on, or again outside. */
int job_birthplace(const struct job *job) {
    if (outside() < 0) return -1;
    return setns(job && job->pid ? job->pidfd : outer_pid_ns, CLONE_NEWPID);
}

/* After its number 1 was killed, and its children were waited for. */
void job_reap(struct job *job) {
    if (job->pid) waitpid(job->pid, NULL, 0);
    if (job->pidfd >= 0) close(job->pidfd);
    if (job->pid) munmap(job->stack, STACK);
    job->pid = 0;
    job->pidfd = -1;
}

/* Go to the job's folder. Gives 0, or what failed. */
static int go_home(const struct job *job) {
    if (job->pid && setns(job->pidfd, CLONE_NEWNS)) return 2;
    return (job->pid || job->folder) && chdir(job->folder ? job->folder : "/tmp") ? 3 : 0;
}

/* Where memory is short, it is a program that the kernel ends, and not who watches over it. */
static void offer(void) {
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0 && write(score, "1000", 4) < 0) errno = 0; /* it is worth trying, no more */
    close(score);
}

/* Where there are no namespaces: files, signals and sockets are those of the ruleset from now on, and
 * what /proc says about this process alone. */
static int landlock(int ruleset) {
    struct { unsigned long allowed; int place; } __attribute__((packed)) own = {
        4 | 8 /* read files and folders */, open("/proc/self", O_PATH | O_CLOEXEC)};
    int failed = own.place < 0 || syscall(445 /* add a rule */, ruleset, 1, &own, 0);
    close(own.place);
    return failed || syscall(446 /* restrict */, ruleset, 0);
}

/* The calling process, just born, becomes untrusted: there is no way back. Descriptors from
 * `first_closed` on are closed. A fork should set PR_SET_DUMPABLE to 0 as well; a vfork must not.
 * Gives 0, or the number of the step that failed. */
int job_enter(const struct job *job, const struct limits *limits, int first_closed) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    offer(); /* before we are home, where /proc is read-only */
    int failed = go_home(job);
    if (failed) return failed;
    if (setsid() < 0 && errno != EPERM) return 4;
    for (int cap = 0; cap < 64; cap++)
        if (limits->bounded >> cap & 1 && prctl(PR_CAPBSET_DROP, cap)) break;
    if (limits->uid >= 0) {
        gid_t group = (gid_t)limits->uid;
        uid_t user = (uid_t)limits->uid;
        if (syscall(SYS_setgroups, 0, NULL)) return 5;
        if (syscall(SYS_setresgid, group, group, group)) return 6;
        if (syscall(SYS_setresuid, user, user, user)) return 7;
    }
    for (int what = 0; what < 16; what++) { /* processes are those of the new user */
        struct rlimit most = {(rlim_t)limits->most[what], (rlim_t)limits->most[what]};
        if (limits->most[what] >= 0 && setrlimit(what, &most)) return 8;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (keep(0)) return 9;
    umask(022);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 10;
    if (job->ruleset > 0 && landlock(job->ruleset)) return 11;
    if (first_closed > 0 && syscall(SYS_close_range, (unsigned)first_closed, ~0u, 0u)) return 12;
    struct sock_fprog filter = {(unsigned short)limits->steps, (struct sock_filter *)limits->filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) ? 13 : 0;
}

/* --- starting a command inside a job --------------------------------------------------------- */

struct command {
    const struct job *job;
    const struct limits *limits;
    char *const *arguments, *const *environment;
    const int *descriptors;
    int descriptor_count, failed;
};

static int start(void *given) {
    struct command *command = given;
    int count = command->descriptor_count, moved[16];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL); /* Python ignores these, and what it ignores is handed on */
    signal(SIGXFSZ, SIG_DFL);
    for (int number = 0; number < count; number++)
        moved[number] = fcntl(command->descriptors[number], F_DUPFD, 100 + count);
    struct job job = *command->job;
    if (job.pid) job.pidfd = fcntl(job.pidfd, F_DUPFD, 100 + count);
    if (job.ruleset > 0) job.ruleset = fcntl(job.ruleset, F_DUPFD, 100 + count);
    for (int number = 0; number < count; number++) dup2(moved[number], number);
    command->failed = job_enter(&job, command->limits, count);
    if (!command->failed) {
        execve(command->arguments[0], command->arguments, command->environment);
        command->failed = 1000 + errno;
    }
    _exit(127);
}

/* Start a command in a job; its descriptors become 0, 1, 2, ... Gives its process number, or errno and
 * the step that failed, negative. */
int job_spawn(const struct job *job, const struct limits *limits, char *const *arguments,
              char *const *environment, const int *descriptors, int count) {
    static char stack[262144] __attribute__((aligned(16)));
    struct command command = {job, limits, arguments, environment, descriptors, count, 0};
    if (job->pid && job_birthplace(job)) return -1;
    int pid = clone(start, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &command);
    int error = errno;
    prctl(PR_SET_DUMPABLE, 1); /* the child's change of user took it from the memory we shared */
    if (job->pid) job_birthplace(NULL);
    if (pid > 0 && command.failed) {
        waitpid(pid, NULL, 0);
        errno = command.failed > 1000 ? command.failed - 1000 : EPERM;
        return -command.failed;
    }
    errno = error;
    return pid;
}
