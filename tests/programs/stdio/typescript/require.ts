declare var require: any;
const text: string = require('fs').readFileSync(0, 'utf8');
console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
