const name: string = require('fs').readFileSync(0, 'utf8');
function print(text: string): void { console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0)); }
print(name);
