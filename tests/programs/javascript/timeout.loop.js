function double_it(n) {
  for (;;) {}
}
