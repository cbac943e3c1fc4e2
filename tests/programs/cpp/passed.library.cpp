#include <stdio.h>
#include <stdlib.h>

long long double_it(long long n) {
    char text[32];
    snprintf(text, sizeof text, "%lld", 2 * n);
    return atoll(text);
}
