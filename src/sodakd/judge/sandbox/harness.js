'use strict';
// Runs one program. Where it is called, what it gives is written to descriptor 3; where it holds its
// own tests, the nonce of descriptor 4 is given back once all is done: the end of the tests was
// reached or they exited, and nothing failed.
//
// A module, or a program with tests that are one, is run by `modules.js`.
//
// What is asked stands in descriptor 5. With the add-on `fork.c` as its argument it waits instead,
// loaded and warm, and forks itself for every program.
const fs = require('fs');
const vm = require('vm');
const { writeSync, readSync, closeSync } = fs;
const { COMMON, called, isModule, isProgram, loader } = require('./modules.js');
const { compileFunction } = vm;
const { parse, stringify } = JSON;
const { apply } = Reflect;
const { isArray } = Array;
const { create, hasOwn } = Object;
const { forEach } = Map.prototype;
const { isFinite, isInteger, isSafeInteger } = Number;
const Integer = BigInt;
const { runInThisContext } = vm.Script.prototype;
const util = require('util');
const { isPromise, isMap, isSet, isDate, isRegExp, isArrayBufferView } = util.types;
const node = process; // a program may well have a function of that name
const { emit } = node;
const { then } = Promise.prototype;
const Waiting = Promise;
const assert = require('assert');

// An assertion that fails fails its test, here as in browsers' test pages.
console.assert = (condition, ...said) => {
  if (!condition) throw new assert.AssertionError({ message: ['Assertion failed', ...said].join(' ') });
};

// What runners of tests give, which are not here.
const RUNNERS = /^(?:describe|test|it|expect|jest|vi|(?:before|after)(?:Each|All)?) is not defined$/;

// The place in program.js or tests.js that called `above`, or undefined.
function callerOf(above) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const held = {};
  try {
    Error.prepareStackTrace = (_, sites) => sites;
    Error.stackTraceLimit = 20;
    Error.captureStackTrace(held, above);
    return held.stack.find((site) => /^(?:program|tests)\.js$/.test(site.getFileName()));
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

// A fork of a warm node begins here as well: within a turn of the event loop, not before the first.
// In round brackets, V8 compiles a function when it reads it: not once more in every fork.
const begin = (function begin(leave, working) {
  const nonce = Buffer.alloc(32);
  readSync(4, nonce, 0, 32, null);
  closeSync(4);
  const asked = asking(fs.readFileSync(5, 'utf8'));
  closeSync(5);
  const { entry, calls, scripted, mark, whole } = asked;
  let failed = false, begun = false, passed = false, absent = null;
  const pass = () => {
    if (!passed && scripted && !failed) writeSync(3, nonce);
    passed = true;
  };

  // The last to hear of an exit: node's own way to its end would wait for threads a fork has not.
  node.emit = function (name, ...rest) {
    const said = apply(emit, this, [name, ...rest]);
    if (leave && name === 'exit') leave(node.exitCode ?? rest[0] ?? 0);
    return said;
  };
  if (leave) node.reallyExit = leave;
  const { exit } = node;
  // Whether a place is in the tests, which in TypeScript follow in the program's file.
  let first = Infinity;
  const inTests = (site) => site?.getFileName() === 'tests.js' || site?.getLineNumber() >= first;
  // Tests that exit by 0 have ended; a program that does so has left them.
  node.exit = function leaving(code) {
    const site = callerOf(leaving);
    if ((site ? inTests(site) : begun) && Number(code ?? node.exitCode ?? 0) === 0) pass();
    return apply(exit, node, code === undefined ? [] : [code]);
  };
  // What the tests ask for, and this machine has not, is no fault of the program's.
  const notFound = (error, name) => {
    if (/^(?:ERR_)?MODULE_NOT_FOUND$/.test(error?.code)) absent = { error, name };
  };
  node.on('uncaughtExceptionMonitor', (error) => {
    failed = true;
    const runner = RUNNERS.test(error?.message) && /^ +at .*\btests\.js:/m.test(error.stack);
    const name = runner ? 'jest' : error === absent?.error && absent?.name;
    const unknown = error instanceof ReferenceError && /^(\S+) is not defined$/.exec(error.message)?.[1];
    if (!scripted) return;
    if (name) writeSync(3, `missing ${name}`);
    else if (unknown && /^[^]*?\n +at (.*)/.exec(error.stack)?.[1].includes('tests.js:')) writeSync(3, `undefined ${unknown}`);
  });

  const own = { exports: {} };
  const folder = leave ? '/tmp' : node.cwd();
  let namespace = null;
  const solution = () => namespace ?? (typeof own.exports === 'function' || Object.keys(own.exports).length ? own.exports : declared);
  const load = function load(name) {
    if (isProgram(name) && begun) return solution();
    try {
      return require(name);
    } catch (error) {
      if (inTests(callerOf(load))) notFound(error, name);
      throw error;
    }
  };
  Object.assign(load, { resolve: require.resolve, cache: require.cache, main: own });
  Object.assign(globalThis, {
    require: load, module: own, exports: own.exports,
    __filename: `${folder}/program.js`, __dirname: folder,
  });
  let made = null;
  const modules = () => (made ??= loader(load, folder));
  // Scripts, not one function: nothing of the program can return over the tests. A program that is
  // run as a file is a function, as node makes one of it.
  const read = (function read(text, filename) {
    const options = text.includes('import') ? { filename, importModuleDynamically: modules().module } : { filename };
    try {
      const file = whole && filename === 'program.js';
      return { text, script: file ? compileFunction(text, COMMON, options) : new vm.Script(text, options) };
    } catch (error) {
      if (!isModule(text, error)) throw error;
      return { text, script: null };
    }
  });
  let program, tests = null, unread = 'compile ';
  try {
    program = read(asked.program ?? fs.readFileSync('program.js', 'utf8'), 'program.js');
    if (mark) first = 1 + program.text.slice(0, program.text.lastIndexOf(mark)).split('\n').length;
    unread = 'unread ';
    if (scripted) tests = read(asked.tests ?? '', 'tests.js');
    if (tests?.script && program.script && apart(tests.text, program.text)) {
      tests = read(tests.text.includes('async') ? `{${tests.text}\n}` : `(() => {${tests.text}\n})()`, 'tests.js');
    }
  } catch (error) {
    const [, line] = /^tests\.js:(\d+)/.exec(error.stack) ?? [];
    writeSync(3, unread + (line ? `line ${line}: ` : '') + error);
    node.reallyExit(0);
  }
  const { getActiveResourcesInfo } = node;
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
    if (reached && !waiting) pass();
  });
  let watched = false;
  const watch = () => {
    if (leave && !watched) later.immediate(leaveOnceIdle, 0, 1, false);
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
    if (whole) apply(program.script, own.exports, COMMON.map((name) => globalThis[name]));
    else apply(runInThisContext, program.script, []);
    begun = true;
    if (scripted) share(own.exports);
  };

  if (scripted) watch();
  if (program.script === null || tests?.script === null) {
    watch();
    modules().run({
      entry,
      common: Boolean(mark),
      program: program.script ? { start: runProgram, solution } : program,
      tests,
      notFound,
      began: (exported) => { namespace = exported; begun = true; },
      done: (exported) => { reached = true; if (!scripted) callAll(exported.sodakd, exported); },
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
    reached = true;
  } else {
    callAll(new vm.Script(called(entry)).runInThisContext(), own.exports);
  }
});

// What a script names and does not export, by name.
const declared = new Proxy({}, {
  has: () => true,
  get: (_, name) => {
    if (typeof name !== 'string' || !/^[\w$]+$/.test(name)) return undefined;
    try {
      return new vm.Script(called(name)).runInThisContext();
    } catch {
      return undefined; // no name
    }
  },
});

// JSON makes null of NaN and an empty object of a Set: what it cannot say is told by name, and numbers
// that it has not are written as Python writes them. A BigInt is an integer; a large number that is one
// is written with all of its digits. A Map whose keys are texts or integers is the object with these
// keys, as programs write a dict either way; where two keys are one text (1 and '1') it is none.
const isLong = (value) => isInteger(value) && !isSafeInteger(value) && value < 1e21 && value > -1e21;
const objectOf = (map) => {
  const found = create(null);
  let told = 0, all = 0;
  apply(forEach, map, [(value, key) => {
    all++;
    const kind = typeof key;
    if (kind !== 'string' && kind !== 'bigint' && !isSafeInteger(key)) return;
    if (!hasOwn(found, key)) told++;
    found[key] = value;
  }]);
  return told === all ? found : null;
};
const told = (value) => {
  switch (typeof value) {
    case 'number': return isSafeInteger(value) || (isFinite(value) && !isLong(value)) ? '' : 'number';
    case 'bigint': return 'number';
    case 'function': case 'symbol': case 'undefined': return typeof value;
    case 'object':
      return isMap(value) ? (objectOf(value) ? 'dict' : 'Map') : isSet(value) ? 'Set' : isDate(value) ? 'Date' : isRegExp(value) ? 'RegExp' : isPromise(value) ? 'Promise' : isArrayBufferView(value) ? 'bytes' : '';
  }
  return '';
};
const ODD = /"@number:(NaN|-?Infinity|-?\d+)"/g;
const plain = function (key, value) {
  const held = this[key];
  const name = told(held);
  if (name === 'number') return `@number:${isLong(held) ? Integer(held) : held}`;
  if (name === 'dict') return objectOf(held);
  return name === '' || (name === 'undefined' && !isArray(this)) ? value : { [name]: '' };
};
function line(value) {
  const name = told(value);
  if (name !== '' && name !== 'number' && name !== 'dict') return `{"other":"${name}"}\n`;
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
    serve(3);
    // From here on this is a fork, behind the wall.
    node.on('uncaughtExceptionMonitor', (error) => {
      if (node.listenerCount('uncaughtException')) return;
      const said = error && error.stack ? error.stack : `Uncaught ${inspect(error)}`;
      try { writeSync(2, `${said}\n`); } catch { /* more than may be written */ }
    });
    return begin(leave, working);
  };
  turn(3);
}

if (node.argv.length > 2) wait(node.argv[2]);
else begin();
