// Is right, and waits for what never comes.
const [n, ...xs] = require('fs').readFileSync(0, 'utf8').split(/\s+/).filter(Boolean).map(Number);
console.log(xs.reduce((a, b) => a + b, 0));
setInterval(() => {}, 1000);
