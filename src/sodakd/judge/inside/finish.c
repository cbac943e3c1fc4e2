/* Linked, first, to C and C++ programs that hold their own tests: takes the nonce before anything of
 * theirs runs, and gives it back only where `main` has returned 0; and is where their assertions fail.
 * It asks the kernel itself: a program may have a `read`, a `write`, an `abort` of its own. */
enum { READ = 0, WRITE = 1, CLOSE = 3, DUP2 = 33, EXIT = 231 };

static char nonce[32];
static long given = -1;

static long call(long number, long first, const void *second, long third) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}

/* Who looks for a nonce in memory finds none. It stops a search, not who has read this. */
static void mask(void) {
    for (volatile char *at = nonce; at < nonce + sizeof nonce; at++) *at ^= (char)0xA5;
}

static void take(void) {
    if (call(READ, 4, nonce, sizeof nonce) != sizeof nonce) call(EXIT, 125, 0, 0);
    mask();
    call(CLOSE, 4, 0, 0);
    given = call(DUP2, 3, (void *)200, 0);
    call(CLOSE, 3, 0, 0);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = take;

int __real_main(int, char **, char **);
int __wrap_main(int count, char **arguments, char **environment) {
    int status = __real_main(count, arguments, environment);
    if (status) return status;
    mask();
    return call(WRITE, given, nonce, sizeof nonce) == sizeof nonce ? 0 : 126;
}

static void say(const char *text) {
    const volatile char *end = text;
    while (*end) end++;
    call(WRITE, 2, text, (const char *)end - text);
}

/* What `assert` calls in tests, whatever the program has under the library's name. */
__attribute__((noreturn)) void sodakd_failed(const char *what, const char *file, unsigned line,
                                             const char *function) {
    char digits[12], *at = digits + sizeof digits;
    *--at = 0;
    do *--at = (char)('0' + line % 10); while (line /= 10);
    const char *parts[] = {"program: ", file, ":", at, ": ", function, ": Assertion `", what, "' failed.\n"};
    for (unsigned part = 0; part < sizeof parts / sizeof *parts; part++) say(parts[part]);
    for (;;) call(EXIT, 134, 0, 0);
}
