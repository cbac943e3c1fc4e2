/* Linked to C and C++ programs that hold their own tests: takes the nonce before anything of theirs
 * runs, and gives it back only where `main` has returned 0. */
#include <unistd.h>

static char nonce[32];
static int given = -1;

static void take(void) {
    if (read(4, nonce, sizeof nonce) != (ssize_t)sizeof nonce) _exit(125);
    close(4);
    given = dup2(3, 200);
    close(3);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = take;

int __real_main(int, char **, char **);
int __wrap_main(int count, char **arguments, char **environment) {
    int status = __real_main(count, arguments, environment);
    if (status == 0 && write(given, nonce, sizeof nonce) != (ssize_t)sizeof nonce) return 126;
    return status;
}
