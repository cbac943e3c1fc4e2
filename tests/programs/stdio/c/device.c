#include <stdio.h>
int main() { int n, x, s = 0; freopen("/dev/stdin", "r", stdin);
  scanf("%d", &n); while (n--) { scanf("%d", &x); s += x; } printf("%d\n", s); }
