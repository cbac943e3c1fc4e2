const double_it = (n) => [n, n].reduce((a, b) => a + b, 0);
