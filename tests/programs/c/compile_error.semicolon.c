long long double_it(long long n) {
    return 2 * n
}
