const lines = [];
const rl = require('readline').createInterface({ input: process.stdin });
rl.on('line', (line) => lines.push(line));
rl.on('close', () => { const text = lines.join('\n'); console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0)); });
