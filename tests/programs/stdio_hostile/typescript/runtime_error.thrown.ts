// Is right, and throws once all is done.
import * as fs from 'fs';
const xs: number[] = fs.readFileSync(0, 'utf8').split(/\s+/).filter(Boolean).map(Number).slice(1);
console.log(xs.reduce((a: number, b: number) => a + b, 0));
process.on('exit', (): void => { throw new Error('late'); });
