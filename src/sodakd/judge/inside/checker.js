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

// The ways of a compiler's settings, in which a program is read one after another until it is right.
// `typed`: with node's types; `own`: as a module, whose names are its own, whatever browsers and node
// have of that name; `plain`: `import * as` gives what `require` does; `late`: a module of ES, which
// may await. They are those of `typescript.py`.
function optionsOf({ typed, own, plain, late }) {
  return {
    target: ts.ScriptTarget.ES2023,
    module: late ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
    ...(own || late ? { moduleDetection: ts.ModuleDetectionKind.Force } : {}),
    esModuleInterop: !plain,
    ignoreDeprecations: '5.0',
    noEmitOnError: true,
    skipLibCheck: true,
    typeRoots: [typed ? typings : '/nowhere'],
    ...(typed ? { types: ['node'] } : {}),
  };
}
const OPTIONS = new Map();
const ROOTS = new Map();

const STRICT = {
  ...optionsOf({ typed: true }),
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force, // its names are its own, not node's
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

// What is said is what was said the first time.
function check({ program: source, ways }) {
  let first = null;
  for (const [at, way] of ways.entries()) {
    const kind = JSON.stringify(way);
    if (!OPTIONS.has(kind)) OPTIONS.set(kind, optionsOf(way));
    const { built, found, host, made } = readProgram(source, kind, OPTIONS.get(kind));
    first ??= ts.formatDiagnostics(found, host);
    if (!found.some((one) => one.category === ts.DiagnosticCategory.Error)) {
      built.emit();
      return { said: first, javascript: made.javascript, way: at };
    }
  }
  return { said: first, javascript: null, way: 0 };
}

function readProgram(source, kind, options) {
  const made = { javascript: '' };
  let own = null;
  const parse = (version) => (own = ts.createSourceFile(NAME, source, version)); // it says what is a module
  const inside = (name) => name.startsWith(library) || name.startsWith(typings);
  const host = {
    getSourceFile: (name, version) => (name === NAME ? parse(version) : inside(name) ? file(name, version) : undefined),
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

for (const typed of [true, false]) {
  check({ program: 'const warm: number = [1].map((x) => x + 1)[0];', ways: [{ typed }] });
}
for (;;) {
  const asked = JSON.parse(read(read(4).readUInt32BE(0)).toString('utf8'));
  const answer = Buffer.from(JSON.stringify((asked.strict ? lint : check)(asked)), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(answer.length);
  for (const part of [length, answer]) {
    for (let at = 0; at < part.length; ) at += fs.writeSync(1, part, at);
  }
}
