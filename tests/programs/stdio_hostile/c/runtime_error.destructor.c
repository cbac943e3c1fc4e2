/* Is right, and fails after its main. */
#include <stdio.h>
#include <unistd.h>
__attribute__((destructor)) static void end(void) { _exit(7); }
int main(void) {
    int n, x, s = 0;
    scanf("%d", &n);
    while (scanf("%d", &x) == 1) s += x;
    printf("%d\n", s);
    fflush(stdout);
    return 0;
}
