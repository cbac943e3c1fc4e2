(async () => {
  let text = '';
  for await (const part of process.stdin) text += part;
  console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
})();
