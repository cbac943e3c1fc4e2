function double_it(n) {
  return n;
}
