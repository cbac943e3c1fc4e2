long long double_it(long long n) {
    for (volatile int i = 0;; i++) {}
}
