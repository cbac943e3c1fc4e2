// A binary of four gigabytes.
char held[4000000000u] = {1};
long long double_it(long long n) { return n + held[0]; }
