/* Is right, and aborts. */
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    int n, x, s = 0;
    scanf("%d", &n);
    while (scanf("%d", &x) == 1) s += x;
    printf("%d\n", s);
    fflush(stdout);
    abort();
}
