const text = require('fs').readFileSync('/dev/stdin').toString();
console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
