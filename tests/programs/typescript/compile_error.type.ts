function double_it(n: number): number {
  return String(n);
}
