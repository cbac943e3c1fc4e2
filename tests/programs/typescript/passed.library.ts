const double_it = (n: number) => [n, n].reduce((a, b) => a + b, 0);
