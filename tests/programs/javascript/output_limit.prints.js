function double_it(n) {
  for (;;) console.log('x'.repeat(4096));
}
