// What calls main, of its own.
long long double_it(long long n) { return n; }
int __wrap_main(void) { return 0; }
