/* Linked to C and C++ programs that hold their own tests: takes the nonce before their code runs, and
 * gives it back where the tests' `main` returns 0 or the tests exit by 0. It asks the kernel itself: a
 * program may have a `read`, a `write` of its own. */
#include <stdlib.h>

enum { READ = 0, WRITE = 1, CLOSE = 3, EXIT = 231 };

static char nonce[32];

static long call(long number, long first, const void *second, long third) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((constructor(101))) static void take(void) {
    if (call(READ, 4, nonce, sizeof nonce) != sizeof nonce) call(EXIT, 125, 0, 0);
    call(CLOSE, 4, 0, 0);
}

static int end(int status) {
    return status ? status : call(WRITE, 3, nonce, sizeof nonce) == sizeof nonce ? 0 : 126;
}

int __real_main(int, char **, char **);
int __wrap_main(int count, char **arguments, char **environment) {
    return end(__real_main(count, arguments, environment));
}

/* What `exit` is called in the tests. */
__attribute__((noreturn)) void sodakd_exit(int status) { exit(end(status)); }
