// A stack without end.
long long double_it(long long n) { volatile char held[4096]; held[0] = (char)n; return double_it(n + held[0]) + held[1]; }
