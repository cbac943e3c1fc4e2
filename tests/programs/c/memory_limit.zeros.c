/* A terabyte of zeros, for which the kernel has no room as the program starts. */
static volatile char zeros[1L << 40];

long long double_it(long long n) {
    zeros[n & 7] = 1;
    return 2 * n;
}
