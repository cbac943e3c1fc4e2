/* Reads nothing and writes without end. */
#include <stdio.h>
int main(void) {
    for (;;) puts("1");
}
