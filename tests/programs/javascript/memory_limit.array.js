function double_it(n) {
  const held = [];
  for (;;) held.push(new Array(100000).fill(n));
}
