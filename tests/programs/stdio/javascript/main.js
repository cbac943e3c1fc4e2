const fs = require('fs');
function main(text) { process.stdout.write(String(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0))); }
main(fs.readFileSync(0) + '');
module.exports = main;
