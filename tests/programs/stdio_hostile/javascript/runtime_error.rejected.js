// Is right, and a promise of it is rejected.
const [n, ...xs] = require('fs').readFileSync(0, 'utf8').split(/\s+/).filter(Boolean).map(Number);
console.log(xs.reduce((a, b) => a + b, 0));
Promise.reject(new Error('late'));
