// A terabyte of zeros, in which the linker cannot reach what stands behind it.
static volatile char zeros[1L << 40];

long long double_it(long long n) {
    zeros[n & 7] = 1;
    return 2 * n;
}
