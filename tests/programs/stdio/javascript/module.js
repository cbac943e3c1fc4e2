import { readFileSync } from 'node:fs';
const text = readFileSync(0, 'utf8');
console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
