'use strict';
// The TypeScript compiler, kept running: programs in, diagnostics or JavaScript out. The files of the
// standard library and of node's types are read and bound once. A message is a length (four bytes,
// big-endian) and JSON of so many bytes.
const fs = require('fs');
const path = require('path');
const [, , compiler, typings] = process.argv;
const ts = require(compiler);
const library = path.dirname(compiler);
const NAME = '/tmp/program.ts';

const kept = new Map();
function file(name, version) {
  if (!kept.has(name)) {
    const text = ts.sys.readFile(name);
    kept.set(name, text === undefined ? undefined : ts.createSourceFile(name, text, version));
  }
  return kept.get(name);
}

function optionsOf(typed) {
  return {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    ignoreDeprecations: '5.0',
    noEmitOnError: true,
    skipLibCheck: true,
    typeRoots: [typed ? typings : '/nowhere'],
    ...(typed ? { types: ['node'] } : {}),
  };
}
const OPTIONS = { true: optionsOf(true), false: optionsOf(false) };
const ROOTS = new Map();

const STRICT = {
  ...optionsOf(true),
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force, // its names are its own, not node's
  esModuleInterop: true,
  strict: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noEmit: true,
};

// What a strict reading finds, as [line, code, message].
function lint({ program: source }) {
  const { own, found } = readProgram(source, 'strict', STRICT);
  const findings = [];
  for (const one of found) {
    if (one.file !== own || findings.length >= 1000) continue;
    const message = ts.flattenDiagnosticMessageText(one.messageText, ' ').slice(0, 1000);
    findings.push([own.getLineAndCharacterOfPosition(one.start ?? 0).line + 1, one.code, message]);
  }
  return { findings };
}

function check({ program: source, typed }) {
  const { built, found, host, made } = readProgram(source, typed, OPTIONS[typed]);
  const wrong = found.filter((one) => one.category === ts.DiagnosticCategory.Error);
  if (wrong.length === 0) built.emit();
  return { said: ts.formatDiagnostics(found, host), javascript: wrong.length ? null : made.javascript };
}

function readProgram(source, kind, options) {
  const made = { javascript: '' };
  const own = ts.createSourceFile(NAME, source, options.target);
  const inside = (name) => name.startsWith(library) || name.startsWith(typings);
  const host = {
    getSourceFile: (name, version) => (name === NAME ? own : inside(name) ? file(name, version) : undefined),
    getDefaultLibFileName: (chosen) => path.join(library, ts.getDefaultLibFileName(chosen)),
    getDefaultLibLocation: () => library,
    writeFile: (name, text) => { made.javascript = text; },
    getCurrentDirectory: () => '/tmp',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === NAME || (inside(name) && ts.sys.fileExists(name)),
    readFile: (name) => (name === NAME ? source : inside(name) ? ts.sys.readFile(name) : undefined),
    directoryExists: (name) => name === '/tmp' || (inside(name) && ts.sys.directoryExists(name)),
    getDirectories: (name) => (inside(name) ? ts.sys.getDirectories(name) : []),
    realpath: (name) => name,
  };
  const built = ts.createProgram([NAME], options, host, ROOTS.get(kind));
  ROOTS.set(kind, built);
  return { built, own, host, made, found: ts.getPreEmitDiagnostics(built) };
}

function read(size) {
  const held = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const got = fs.readSync(0, held, at, size - at, null);
    if (got === 0) process.exit(0);
    at += got;
  }
  return held;
}

for (const typed of [true, false]) check({ program: 'const warm: number = [1].map((x) => x + 1)[0];', typed });
for (;;) {
  const asked = JSON.parse(read(read(4).readUInt32BE(0)).toString('utf8'));
  const answer = Buffer.from(JSON.stringify((asked.strict ? lint : check)(asked)), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(answer.length);
  for (const part of [length, answer]) {
    for (let at = 0; at < part.length; ) at += fs.writeSync(1, part, at);
  }
}
