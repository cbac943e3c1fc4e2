function double_it(n: number): number {
  return n;
}
