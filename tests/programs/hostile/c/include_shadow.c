// A secret as source code.
#include "/etc/shadow"
long long double_it(long long n) { return 2 * n; }
