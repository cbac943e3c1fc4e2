// A file that includes itself.
#include __FILE__
long long double_it(long long n) { return n; }
