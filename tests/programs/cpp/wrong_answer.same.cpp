long long double_it(long long n) {
    return n;
}
