#include <stdlib.h>

long long double_it(long long n) {
    abort();
}
