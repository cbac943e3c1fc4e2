#include <stdio.h>

long long double_it(long long n) {
    return 2 * n;
}

int main(void) {
    printf("%lld\n", double_it(2));
    return 0;
}
