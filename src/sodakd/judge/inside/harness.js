'use strict';
// Runs one program. Where it is called, what it gives is written to descriptor 3; where it holds its
// own tests, the nonce of descriptor 4 is given back once all is done: the end of the script was
// reached, nothing failed later, and nobody called exit.
//
// A module, or a program with tests that are one, is run by `modules.js`.
//
// What is asked stands in asked.json. With the add-on `fork.c` as its argument it waits instead,
// loaded and warm, and forks itself for every program: what is asked is then descriptor 5.
const fs = require('fs');
const vm = require('vm');
const { writeSync, readSync, closeSync } = fs;
const { isModule, loader } = require('./modules.js');
const { parse, stringify } = JSON;
const { apply, getOwnPropertyDescriptor } = Reflect;
const { defineProperty, freeze } = Object;
const { isArray } = Array;
const { isFinite } = Number;
const { runInThisContext } = vm.Script.prototype;
const util = require('util');
const { isPromise, isMap, isSet, isDate, isRegExp, isArrayBufferView } = util.types;
const node = process; // a program may well have a function of that name
const { emit } = node;
const { then } = Promise.prototype;
const Waiting = Promise;

const assert = require('assert');
for (const part of [assert.strict, assert, assert.AssertionError, assert.AssertionError.prototype, vm.Script.prototype, Object.getPrototypeOf(vm.Script.prototype)]) {
  freeze(part);
}
// What tests compare by is theirs; a program may add to it, and change what stands in prototypes.
const fix = (holder, name) => {
  const { value, configurable } = getOwnPropertyDescriptor(holder, name);
  if (configurable && typeof value === 'function') defineProperty(holder, name, { writable: false, configurable: false });
};
for (const holder of [JSON, Object, Array, Number, String]) Object.getOwnPropertyNames(holder).forEach((name) => fix(holder, name));
for (const name of ['abs', 'ceil', 'floor', 'max', 'min', 'round', 'trunc']) fix(Math, name);
fix(util, 'isDeepStrictEqual');
const asserting = (condition, ...said) => {
  if (!condition) throw new assert.AssertionError({ message: ['Assertion failed', ...said].join(' ') });
};
defineProperty(console, 'assert', { value: asserting, writable: false, configurable: false });
const kept = {
  __proto__: null, assert, 'node:assert': assert, 'assert/strict': assert.strict, 'node:assert/strict': assert.strict, util, 'node:util': util,
};
const load = (name) => (typeof name === 'string' && kept[name]) || require(name);

// The debugger reads every variable there is, ours as well.
function disarm() {
  for (const [name, what] of [['inspector', 'Session'], ['inspector', 'open'], ['v8', 'writeHeapSnapshot'], ['v8', 'getHeapSnapshot'], ['v8', 'setFlagsFromString']]) {
    try { defineProperty(require(name), what, { value: undefined, writable: false, configurable: false }); } catch { /* this node has none */ }
  }
}

// A fork of a warm node begins here as well: within a turn of the event loop, not before the first.
// In round brackets, V8 compiles a function when it reads it: not once more in every fork.
const begin = (function begin(from, leave, working) {
  const forked = from === 5;
  let failed = false;
  const heard = function (name, ...rest) {
    // Whoever hears of it: an error that nobody caught is one.
    if (name === 'uncaughtExceptionMonitor' || name === 'unhandledRejection' || (name === 'beforeExit' && node.exitCode)) failed = true;
    const said = apply(emit, this, [name, ...rest]);
    if (leave && name === 'exit') leave(node.exitCode ?? rest[0] ?? 0);
    return said;
  };
  const taken = Buffer.alloc(32);
  readSync(4, taken, 0, 32, null);
  closeSync(4);
  // Who looks for a nonce in memory finds none: it is masked until it is given back.
  const mask = () => { for (let at = 0; at < 32; at++) taken[at] ^= 0xa5; };
  mask();
  const asked = asking(fs.readFileSync(from, 'utf8'));
  if (forked) closeSync(5);
  const { entry, calls, scripted, named } = asked;

  const own = { exports: {} };
  const folder = forked ? '/tmp' : node.cwd();
  Object.assign(globalThis, {
    require: load, module: own, exports: own.exports,
    __filename: `${folder}/program.js`, __dirname: folder,
  });
  // To end as node does would wait for threads that only the parent of a fork has.
  if (leave) node.reallyExit = leave;
  for (const [name, value] of [['emit', heard], ['exit', node.exit], ['reallyExit', node.reallyExit]]) {
    defineProperty(node, name, { value, writable: false, configurable: false });
  }
  // Names that the tests speak are those of the language: no variable of the program's hides them.
  for (const name of named) defineProperty(globalThis, name, { value: globalThis[name], writable: false, configurable: false });
  let made = null;
  const modules = () => (made ??= loader(load, folder));
  // Scripts, not one function: nothing of the program can return over the tests.
  const read = (function read(text, filename) {
    try {
      if (!text.includes('import')) return { text, script: new vm.Script(text, { filename }) };
      const importModuleDynamically = modules().module;
      return { text, script: new vm.Script(text, { filename, importModuleDynamically }) };
    } catch (error) {
      if (!isModule(text, error)) throw error;
      return { text, script: null };
    }
  });
  let program, tests = null;
  try {
    program = read(asked.program ?? fs.readFileSync('program.js', 'utf8'), 'program.js');
    if (scripted) tests = read(asked.tests ?? '', 'tests.js');
    if (tests?.script && program.script && apart(tests.text, program.text)) {
      tests = read(tests.text.includes('async') ? `{${tests.text}\n}` : `(() => {${tests.text}\n})()`, 'tests.js');
    }
  } catch (error) {
    writeSync(3, 'compile ' + error);
    node.reallyExit(0);
  }
  const { exit, getActiveResourcesInfo } = node;
  const later = { immediate: setImmediate, timeout: setTimeout };
  // At its natural end node waits for what V8 gave to other threads, as each larger collection of
  // garbage does; a fork has no such threads, so it would wait forever. It looks itself for its end.
  const leaveOnceIdle = (timers, wait, announced) => {
    if (working() || apply(getActiveResourcesInfo, node, []).length > timers) {
      later.timeout(leaveOnceIdle, wait, 1, wait < 16 ? 2 * wait : wait, false);
    } else if (announced) {
      apply(exit, node, []);
    } else {
      apply(emit, node, ['beforeExit', node.exitCode ?? 0]);
      later.immediate(leaveOnceIdle, 0, 1, true);
    }
  };
  let reached = false, waiting = 0;
  node.once('beforeExit', () => {
    if (!reached || !scripted || failed || waiting) return;
    mask();
    writeSync(3, taken);
  });
  let watched = false;
  const watch = () => {
    if (forked && !watched) later.immediate(leaveOnceIdle, 0, 1, false);
    watched = true;
  };
  const call = (called, at) => {
    for (; at < calls.length; at++) {
      const value = apply(called, undefined, calls[at]);
      if (isPromise(value) || typeof value?.then === 'function') {
        watch();
        const awaited = isPromise(value) ? value : new Waiting((resolve) => resolve(value));
        apply(then, awaited, [(found) => { writeSync(3, line(found)); call(called, at + 1); }]);
        return;
      }
      writeSync(3, line(value));
    }
    node.reallyExit(0);
  };
  const callAll = (found, exported) => {
    for (const one of [found, exported?.[entry], exported?.default, exported]) {
      if (typeof one === 'function') return call(one, 0);
    }
    throw new ReferenceError(`${entry} is not defined`);
  };
  const runProgram = () => {
    apply(runInThisContext, program.script, []);
    if (scripted) share(own.exports);
  };

  const reach = () => {
    reached = true;
    if (node.exitCode) failed = true;
  };

  if (scripted) watch();
  if (program.script === null || tests?.script === null) {
    watch();
    modules().run({
      entry,
      common: asked.common,
      program: program.script ? { start: runProgram } : program,
      tests,
      done: (exported) => { reach(); if (!scripted) callAll(exported.sodakd, exported); },
    });
    return;
  }
  runProgram();
  if (scripted) {
    const last = apply(runInThisContext, tests.script, []);
    if (isPromise(last)) {
      waiting++; // for tests that are one asynchronous function
      apply(then, last, [() => { waiting--; }]);
    }
    reach();
  } else {
    callAll(new vm.Script(`typeof ${entry} === 'undefined' ? undefined : ${entry}`).runInThisContext(), own.exports);
  }
});

// JSON makes null of NaN and an empty object of a Map: what it cannot say is told by name, and numbers
// that it has not are written as Python writes them. A BigInt is an integer.
const told = (value) => {
  switch (typeof value) {
    case 'number': return isFinite(value) ? '' : 'number';
    case 'bigint': return 'number';
    case 'function': case 'symbol': case 'undefined': return typeof value;
    case 'object':
      return isMap(value) ? 'Map' : isSet(value) ? 'Set' : isDate(value) ? 'Date' : isRegExp(value) ? 'RegExp' : isPromise(value) ? 'Promise' : isArrayBufferView(value) ? 'bytes' : '';
  }
  return '';
};
const ODD = /"@number:(NaN|-?Infinity|-?\d+)"/g;
const plain = function (key, value) {
  const held = this[key];
  const name = told(held);
  if (name === 'number') return `@number:${held}`;
  return name === '' || (name === 'undefined' && !isArray(this)) ? value : { [name]: '' };
};
function line(value) {
  const name = told(value);
  if (name !== '' && name !== 'number') return `{"other":"${name}"}\n`;
  const simple = typeof value === 'string' || typeof value === 'boolean';
  const text = simple ? stringify({ value }) : stringify({ value }, plain).replace(ODD, '$1');
  return (text === '{}' ? '{"other":"undefined"}' : text) + '\n';
}
const asking = (text) =>
  parse(text, text.includes('"@number:') ? (name, value) => (NUMBERS.has(value) ? Number(value.slice(8)) : value) : undefined);
const NUMBERS = new Set(['@number:NaN', '@number:Infinity', '@number:-Infinity']);

// What a program exports and does not name otherwise, its tests find by the name it is exported by.
function share(exported) {
  const named = typeof exported === 'function' ? { [exported.name]: exported, ...exported } : exported;
  for (const name of Object.keys(named ?? {})) {
    if (!(name in globalThis)) globalThis[name] = named[name];
  }
}

// Tests may name what the program names too (`assert`): in a function, such names are their own. It is
// known before the program runs; one that saw its tests fail may not see them again.
const NAMED = /(?:^|; ?)(?:const|let|var|class|(?:async )?function\*?)\s+(\w+|\{[^}]*\}|\[[^\]]*\])/gm;
function apart(text, program) {
  const names = [...text.matchAll(NAMED)].flatMap(([, found]) => found.match(/\w+/g) ?? []);
  if (!names.some((name) => program.includes(name))) return false;
  try {
    new vm.Script(`${program}\n;${text}`);
    return false;
  } catch {
    return true;
  }
}

// What node sets up when it is first used, and compiles then, is ready before the first fork: deep
// comparisons, the text of a failed assertion, the standard streams (files, as those of every fork
// are), files, timers. Each of them takes a fork longer than most programs run.
const trial = `
  const map = new Map([[1, 'a']]);
  assert.deepEqual([1, { a: [...map.keys()].map((one) => one + 1) }, 'a', 0.5], [1, { a: [2] }, 'a', 0.5]);
  assert.deepStrictEqual([map, new Set([1])], [new Map([[1, 'a']]), new Set([1])]);
  for (const way of ['deepEqual', 'deepStrictEqual', 'equal', 'ok'])
    try { assert[way]([1, 'a', { b: 1 }], [1, 'b']); } catch (error) { console.error(inspect(error), error.stack); }
  console.log('%s', 'a', 1, [1], { a: 1 });
  (() => { class A { #b = 1; get b() { return this.#b; } } return [new A().b, /a/.exec('a'), 'a,b'.split(',').sort()]; })()`;

function prepare() {
  const { inspect } = util;
  new vm.Script(`(assert, inspect) => {${trial}}`, { filename: 'program.js' }).runInThisContext()(assert, inspect);
  readSync(0, Buffer.alloc(32), 0, 32, null);
  asking(fs.readFileSync('/dev/null', 'utf8') + '{"entry": "", "calls": []}');
  apart('const a = 1;', 'const b = 1;');
  share({ console: line(1) });
  load('node:assert');
  apply(node.getActiveResourcesInfo, node, []);
  node.once('beforeExit', inspect);
  node.removeListener('beforeExit', inspect);
  return inspect;
}

function wait(fork) {
  node.dlopen(module, fork);
  const { serve, leave, working } = module.exports;
  module.exports = {};
  const inspect = prepare();
  delete node.env.LD_BIND_NOW;
  node.chdir('/tmp');
  node.argv.length = 2;
  // A few turns of the event loop. Garbage is not collected: after that a fork's own collections
  // would wait for threads that it has not.
  const turn = (left) => {
    if (left) return setTimeout(() => setImmediate(turn, left - 1), 1);
    disarm();
    serve(3);
    // From here on this is a fork, behind the wall.
    node.on('uncaughtExceptionMonitor', (error) => {
      if (node.listenerCount('uncaughtException')) return;
      const said = error && error.stack ? error.stack : `Uncaught ${inspect(error)}`;
      try { writeSync(2, `${said}\n`); } catch { /* more than may be written */ }
    });
    return begin(5, leave, working);
  };
  turn(3);
}

if (node.argv.length > 2) wait(node.argv[2]);
else {
  disarm();
  begin('asked.json');
}
