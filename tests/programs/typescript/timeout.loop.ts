function double_it(n: number): number {
  for (;;) {}
}
