// Is right, and ends with an error as it leaves.
const [n, ...xs] = require('fs').readFileSync(0, 'utf8').split(/\s+/).filter(Boolean).map(Number);
console.log(xs.reduce((a, b) => a + b, 0));
process.on('exit', () => { process.exitCode = 4; });
