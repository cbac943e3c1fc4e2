function double_it(n: number): number {
  throw new RangeError(String(n));
}
