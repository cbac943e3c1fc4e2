function double_it(n) {
  throw new RangeError(String(n));
}
