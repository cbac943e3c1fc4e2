// A constant that takes for ever.
constexpr long long f(long long n) { long long s = 0; for (long long i = 0; i < n; i++) s += i % 7; return s; }
constexpr long long v = f(1LL << 60);
long long double_it(long long n) { return n + v; }
