// A system call by the 32-bit door.
long long double_it(long long n) {
    int r;
    __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
    return 2 * n;
}
