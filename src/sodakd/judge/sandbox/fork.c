/* An add-on by which node forks itself into jobs: what is loaded and warm is so for every program.
 *
 * `serve(socket)` answers the requests of `fork_server.py` and returns, 0, in each child alone, which is
 * untrusted by then. `leave(status)` ends a child: node's own way would wait for threads that only
 * the parent has. `working()` says how many requests libuv has open: node's own list of what it waits
 * for lacks those for other threads. The few functions of Node-API and libuv are declared here: no
 * headers are needed.
 */
#include "forks.c"
#include <stdint.h>
#include <sys/eventfd.h>

typedef void *napi_env, *napi_value, *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_int32(napi_env, napi_value, int32_t *);
int napi_create_int32(napi_env, int32_t, napi_value *);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_get_uv_event_loop(napi_env, void **);
int uv_loop_fork(void *);

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

/* Pipes, eventfds and epolls of node's own threads, which are not in a fork: forks shall share nothing. */
static char shared[64][32];

static void read_link(int number, char *what, size_t size) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", number);
    ssize_t length = readlink(name, what, size - 1);
    what[length < 0 ? 0 : length] = 0;
}

static void note_shared(void) {
    for (int number = 3; number < 64; number++) {
        read_link(number, shared[number], sizeof shared[number]);
        if (strncmp(shared[number], "pipe:", 5) && strncmp(shared[number], "anon_inode:", 11))
            shared[number][0] = 0;
    }
}

static void drop_shared(void) {
    char what[32];
    int own = eventfd(0, EFD_NONBLOCK); /* takes what is written, as libuv insists */
    for (int number = 3; number < 64; number++) {
        if (!shared[number][0]) continue;
        read_link(number, what, sizeof what); /* what a fork was given may have its number */
        if (!strcmp(what, shared[number])) dup2(own, number);
    }
    close(own);
}

static napi_env environment;

static void forked(void) {
    void *loop;
    drop_shared(); /* before the loop opens its own */
    if (napi_get_uv_event_loop(environment, &loop) || uv_loop_fork(loop)) _exit(121);
}

static napi_value serve(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument, zero;
    int32_t socket;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (napi_get_value_int32(env, argument, &socket)) return NULL;
    environment = env;
    let_memory_be_forked();
    note_shared();
    serve_forks(socket, forked);
    napi_create_int32(env, 0, &zero);
    return zero;
}

static napi_value leave(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument;
    int32_t status = 1;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &status);
    _exit(status);
}

struct loop { /* how each `uv_loop_t` begins */
    void *data;
    unsigned handles;
    void *queue[2];
    unsigned requests;
};

static napi_value working(napi_env env, napi_callback_info info) {
    void *loop;
    napi_value number;
    (void)info;
    if (napi_get_uv_event_loop(env, &loop)) return NULL;
    napi_create_int32(env, (int32_t)((struct loop *)loop)->requests, &number);
    return number;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value function;
    napi_create_function(env, "serve", (size_t)-1, serve, NULL, &function);
    napi_set_named_property(env, exports, "serve", function);
    napi_create_function(env, "leave", (size_t)-1, leave, NULL, &function);
    napi_set_named_property(env, exports, "leave", function);
    napi_create_function(env, "working", (size_t)-1, working, NULL, &function);
    napi_set_named_property(env, exports, "working", function);
    return exports;
}
