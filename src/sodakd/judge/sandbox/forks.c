/* A process that forks itself into jobs: it answers the requests of `fork_server.py`. It is part of the
 * inner wall's library, which our Python calls; other processes include it.
 */
#include "contain.c"
#include <sys/socket.h>

#define MOST 16 /* descriptors of a request: the job's, then those that become 0, 1, 2, ... */

struct asked {
    long reap; /* a fork to wait for, or 0 where one is wanted */
    struct limits limits;
};

struct ended {
    int status;
    struct rusage used;
};

/* Gives how many descriptors came, or -1 where who asks is gone. */
static int receive(int socket, struct asked *asked, int *descriptors) {
    char control[CMSG_SPACE(sizeof(int) * MOST)];
    struct iovec part = {asked, sizeof *asked};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof *asked) return -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS) return 0;
    int count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(head), sizeof(int) * (size_t)count);
    return count;
}

/* In a child: the request's descriptors take their places, and nothing of the parent's stays; where
 * `forked` knows which of the others are the runtime's own, it closes the rest. */
static void become(int socket, const struct limits *limits, int *given, int count,
                   void (*forked)(void)) {
    struct job job = {1, fcntl(given[0], F_DUPFD, 100), NULL, NULL, 0};
    close(socket);
    for (int number = 0; number < count; number++) {
        int moved = fcntl(given[number], F_DUPFD, 100);
        close(given[number]);
        given[number] = moved;
    }
    for (int number = 1; number < count; number++) dup2(given[number], number - 1);
    for (int number = 0; number < count; number++) close(given[number]);
    if (forked) forked();
    close(outer_pid_ns);
    if (job_enter(&job, limits, forked ? 0 : count - 1)) _exit(120);
    close(job.pidfd);
    prctl(PR_SET_DUMPABLE, 0);
}

/* Answer requests; returns in each child alone, which is untrusted by then. */
void serve_forks(int socket, void (*forked)(void)) {
    for (;;) {
        struct asked asked;
        int given[MOST], got = receive(socket, &asked, given), pid = -1;
        if (got < 0) _exit(0);
        if (asked.reap) { /* who asks has a hold of the child: its number is nobody else's yet */
            struct ended ended = {0};
            if (wait4((int)asked.reap, &ended.status, 0, &ended.used) != asked.reap) _exit(1);
            if (write(socket, &ended, sizeof ended) != sizeof ended) _exit(0);
            continue;
        }
        struct job job = {1, got ? given[0] : -1, NULL, NULL, 0};
        if (got > 1 && !job_birthplace(&job)) {
            pid = fork();
            if (pid == 0) {
                become(socket, &asked.limits, given, got, forked);
                return;
            }
            job_birthplace(NULL);
        }
        while (got) close(given[--got]);
        if (write(socket, &pid, sizeof pid) != sizeof pid) _exit(0);
    }
}
