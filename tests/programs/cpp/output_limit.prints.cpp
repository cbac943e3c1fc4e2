#include <stdio.h>

long long double_it(long long n) {
    for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}
