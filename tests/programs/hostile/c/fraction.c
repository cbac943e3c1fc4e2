// A fraction, which would be right if it were cut off.
double double_it(long long n) { return 2 * n + (n < 0 ? -0.5 : 0.5); }
