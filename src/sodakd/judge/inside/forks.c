/* A process that forks itself into jobs: it answers the requests of `zygote.py`. What includes this
 * says what its forks need more than any (`forked`).
 */
#include "contain.c"
#include <sys/socket.h>

#define MOST 16 /* descriptors of a request: the job's, then those that become 0, 1, 2, ... */

struct ended {
    int status;
    long cpu_microseconds, peak_kilobytes;
};

static void forked(void);

static int receive(int socket, struct limits *limits, int *descriptors) {
    char control[CMSG_SPACE(sizeof(int) * MOST)];
    struct iovec part = {limits, sizeof *limits};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof *limits) return 0;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS) return 0;
    int count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(head), sizeof(int) * (size_t)count);
    return count;
}

/* In a child: the request's descriptors take their places, and nothing of the parent's stays. */
static void become(int socket, const struct limits *limits, int *given, int count) {
    struct job job = {1, fcntl(given[0], F_DUPFD, 100), NULL, NULL, 0};
    close(socket);
    for (int number = 0; number < count; number++) {
        int moved = fcntl(given[number], F_DUPFD, 100);
        close(given[number]);
        given[number] = moved;
    }
    for (int number = 1; number < count; number++) dup2(given[number], number - 1);
    for (int number = 0; number < count; number++) close(given[number]);
    forked();
    close(outer_pid_ns);
    if (job_enter(&job, limits, 0)) _exit(120);
    close(job.pidfd);
    prctl(PR_SET_DUMPABLE, 0);
}

/* Answer requests; returns in each child alone, which is untrusted by then. */
static void serve_forks(int socket) {
    make_filter(0);
    for (;;) {
        struct limits limits;
        int given[MOST], got = receive(socket, &limits, given), pid = -1;
        if (got < 2) _exit(0); /* the worker is gone */
        struct job job = {1, given[0], NULL, NULL, 0};
        if (!job_birthplace(&job)) {
            pid = fork();
            if (pid == 0) {
                become(socket, &limits, given, got);
                return;
            }
            job_birthplace(NULL);
        }
        while (got) close(given[--got]);
        char word;
        if (write(socket, &pid, sizeof pid) != sizeof pid) _exit(0);
        if (pid < 0) continue;
        struct ended ended = {0};
        struct rusage used;
        if (read(socket, &word, 1) != 1) _exit(0); /* it has a hold of the child: it may be reaped */
        if (wait4(pid, &ended.status, 0, &used) != pid) _exit(1);
        ended.cpu_microseconds = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L +
                                 used.ru_utime.tv_usec + used.ru_stime.tv_usec;
        ended.peak_kilobytes = used.ru_maxrss;
        if (write(socket, &ended, sizeof ended) != sizeof ended) _exit(0);
    }
}
