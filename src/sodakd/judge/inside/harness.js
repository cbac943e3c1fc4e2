'use strict';
// Runs one program of /tmp/program.js. Where it is called, what it gives is written to descriptor 3;
// where it holds its own tests, the nonce of descriptor 4 is given back once all is done: the end of
// the script was reached, nothing failed later, and nobody called exit.
const fs = require('fs');
const vm = require('vm');
const { writeSync, readSync, closeSync } = fs;
const { stringify } = JSON;
const { apply } = Reflect;
const node = process; // a program may well have a function of that name

const taken = Buffer.alloc(32);
readSync(4, taken, 0, 32, null);
closeSync(4);
const { entry, calls, scripted } = JSON.parse(fs.readFileSync('/tmp/asked.json', 'utf8'));

const assert = require('assert');
for (const part of [assert.strict, assert, assert.AssertionError, assert.AssertionError.prototype]) {
  Object.freeze(part);
}
const asserting = (condition, ...said) => {
  if (!condition) throw new assert.AssertionError({ message: ['Assertion failed', ...said].join(' ') });
};
Object.defineProperty(console, 'assert', { value: asserting, writable: false, configurable: false });
const load = (name) =>
  /^(node:)?assert(\/strict)?$/.test(name) ? (name.endsWith('strict') ? assert.strict : assert) : require(name);

const own = { exports: {} };
Object.assign(globalThis, { require: load, module: own, exports: own.exports });
const compiled = [];
try {
  for (const name of ['program.js', 'tests.js']) {
    const path = `/tmp/${name}`;
    // Scripts, not one function: nothing of the program can return over the tests.
    if (fs.existsSync(path)) compiled.push(new vm.Script(fs.readFileSync(path, 'utf8'), { filename: name }));
  }
} catch (error) {
  writeSync(3, 'compile ' + error);
  node.reallyExit(0);
}
let reached = false;
node.once('beforeExit', () => {
  if (reached && scripted) writeSync(3, taken);
});
for (const script of compiled) script.runInThisContext();
reached = true;
if (!scripted) {
  const found = new vm.Script(`typeof ${entry} === 'undefined' ? undefined : ${entry}`).runInThisContext();
  const called = typeof found === 'function' ? found : own.exports[entry];
  if (typeof called !== 'function') throw new ReferenceError(`${entry} is not defined`);
  for (const given of calls) {
    const value = apply(called, undefined, given);
    const text = stringify({ value });
    writeSync(3, (text === undefined || text === '{}' ? '{"other":"undefined"}' : text) + '\n');
  }
  node.reallyExit(0);
}
