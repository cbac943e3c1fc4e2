/* Loaded into gcc's and g++'s compilers before all else (LD_PRELOAD): they read their headers once, and
 * fork themselves where they would open the program. A fork finds it in descriptor 3, and writes
 * assembly to 1.
 */
#include "forks.c"
#include <dlfcn.h>
#include <stdarg.h>

/* Nothing of the parent's is a fork's. */
static void forked(void) { syscall(SYS_close_range, 4u, 99u, 0u); }

static const char *after(const char *path, const char *start) {
    size_t length = strlen(start);
    return strncmp(path, start, length) ? NULL : path + length;
}

int open64(const char *path, int flags, ...) {
    static int served;
    static int (*next)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if (!next) next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    const char *ending = after(path, "sodakd-main");
    if (ending) { /* a text that includes the program: what is included before it is read first */
        char text[64];
        int length = snprintf(text, sizeof text, "#include \"program%s\"\n", ending);
        int main = memfd_create("main", MFD_CLOEXEC);
        if (write(main, text, (size_t)length) != length || lseek(main, 0, SEEK_SET)) _exit(1);
        return main;
    }
    ending = after(path, "program");
    if (!served && ending && (!strcmp(ending, ".c") || !strcmp(ending, ".cpp"))) {
        served = 1;
        serve_forks(3, forked);
        /* What the compiler has to say of a line, it reads again. */
        int copy = next(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        for (char part[65536];;) {
            ssize_t length = read(3, part, sizeof part);
            if (copy < 0 || length <= 0 || write(copy, part, (size_t)length) != length) break;
        }
        if (copy >= 0) close(copy);
        if (lseek(3, 0, SEEK_SET)) _exit(1);
        return 3;
    }
    return next(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    return open64(path, flags, mode);
}
