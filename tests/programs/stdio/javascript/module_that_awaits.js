import readline from 'node:readline';
let text = '';
for await (const line of readline.createInterface({ input: process.stdin })) text += line + '\n';
console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
