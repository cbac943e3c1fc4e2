#include <stdio.h>
#include <stdlib.h>
int main() {
  char held[999], *at = held; int s = 0, n = fread(held, 1, 998, stdin); held[n] = 0;
  strtol(at, &at, 10);
  for (;;) { char *end; long x = strtol(at, &end, 10);
    if (end == at) break; s += x; at = end; }
  printf("%d", s); exit(0); }
