/* An add-on by which node forks itself into jobs: what is loaded and warm is so for every program.
 *
 * `serve(socket)` answers the requests of `zygote.py` and returns, 0, in each child alone, which is
 * untrusted by then. `leave(status)` ends a child: node's own way would wait for threads that only
 * the parent has. The few functions of Node-API and libuv are declared here: no headers are needed.
 */
#include "contain.c"
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef void *napi_env, *napi_value, *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_int32(napi_env, napi_value, int32_t *);
int napi_create_int32(napi_env, int32_t, napi_value *);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_get_uv_event_loop(napi_env, void **);
int uv_loop_fork(void *);

#define MOST 16 /* descriptors of a request: the job's, then those that become 0, 1, 2, ... */

struct ended {
    int status;
    long cpu_microseconds, peak_kilobytes;
};

/* V8 keeps its heap out of forks; ours is to be there. */
static void let_memory_be_forked(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned long start, end;
    char line[512];
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &start, &end) == 2)
            madvise((void *)start, end - start, MADV_DOFORK);
    if (maps) fclose(maps);
}

/* Pipes of node's own other threads: they are not in a fork, and forks shall share nothing. */
static struct { int descriptor; ino_t inode; } pipes[64];

static void note_pipes(void) {
    struct stat found;
    for (int at = 0, number = 3; number < 64; number++)
        if (!fstat(number, &found) && S_ISFIFO(found.st_mode)) {
            pipes[at].descriptor = number;
            pipes[at++].inode = found.st_ino;
        }
}

static void drop_pipes(void) {
    struct stat found;
    for (int at = 0; pipes[at].descriptor; at++)
        if (!fstat(pipes[at].descriptor, &found) && found.st_ino == pipes[at].inode)
            dup2(0, pipes[at].descriptor);
}

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
static void become(napi_env env, int socket, const struct limits *limits, int *given, int count) {
    void *loop;
    struct job job = {1, fcntl(given[0], F_DUPFD, 100), NULL, NULL, 0};
    close(socket);
    for (int number = 0; number < count; number++) {
        int moved = fcntl(given[number], F_DUPFD, 100);
        close(given[number]);
        given[number] = moved;
    }
    for (int number = 1; number < count; number++) dup2(given[number], number - 1);
    for (int number = 0; number < count; number++) close(given[number]);
    if (napi_get_uv_event_loop(env, &loop) || uv_loop_fork(loop)) _exit(121);
    drop_pipes();
    close(outer_pid_ns);
    if (job_enter(&job, limits, 0)) _exit(120);
    close(job.pidfd);
    prctl(PR_SET_DUMPABLE, 0);
}

static napi_value serve(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument, zero;
    int32_t socket;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (napi_get_value_int32(env, argument, &socket)) return NULL;
    make_filter(0);
    let_memory_be_forked();
    note_pipes();
    for (;;) {
        struct limits limits;
        int given[MOST], got = receive(socket, &limits, given), pid = -1;
        if (got < 2) _exit(0); /* the worker is gone */
        struct job job = {1, given[0], NULL, NULL, 0};
        if (!job_birthplace(&job)) {
            pid = fork();
            if (pid == 0) {
                become(env, socket, &limits, given, got);
                napi_create_int32(env, 0, &zero);
                return zero;
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

static napi_value leave(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument;
    int32_t status = 1;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &status);
    _exit(status);
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value function;
    napi_create_function(env, "serve", (size_t)-1, serve, NULL, &function);
    napi_set_named_property(env, exports, "serve", function);
    napi_create_function(env, "leave", (size_t)-1, leave, NULL, &function);
    napi_set_named_property(env, exports, "leave", function);
    return exports;
}
