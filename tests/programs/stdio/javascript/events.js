let text = '';
process.stdin.on('data', (part) => { text += part; });
process.stdin.on('end', () => console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0)));
