long long double_it(long long n) {
    return *(volatile long long *)0 + n;
}
