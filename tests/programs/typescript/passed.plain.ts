function double_it(n: number): number {
  return 2 * n;
}
