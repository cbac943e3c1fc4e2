'use strict';
// The TypeScript compiler, kept running: programs in, diagnostics or JavaScript out. The files of the
// standard library and of node's types are read and bound once. A message is a length (four bytes,
// big-endian) and JSON of so many bytes. Cold, it is asked once: by a file, its last argument, and
// writes program.js or what is wrong. With `node --build-snapshot` it is kept as it is once warm, so
// that it starts ten times as fast.
const fs = require('fs');
const path = require('path');
const { startupSnapshot } = require('v8');
const building = startupSnapshot?.isBuildingSnapshot() ?? false;
const [, self, compiler, typings] = process.argv;

// While a snapshot is built, `require` knows node's own modules alone.
function load(file) {
  const module = { exports: {} };
  const read = new Function('module', 'exports', 'require', '__filename', '__dirname', fs.readFileSync(file, 'utf8'));
  read(module, module.exports, require, file, path.dirname(file));
  return module.exports;
}
const { isProgram } = load(path.join(path.dirname(self), 'modules.js'));
const ts = load(compiler);
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

// What only node's types know.
const NODES = /\b(?:import|require|process|Buffer|module|exports|global|NodeJS|setImmediate|__\w+name)\b/;

// The ways of a compiler's settings, in which a program is read one after another until it is right.
// `typed`: with node's types, which take their time (a script asks node for its assertions); `own`: as
// a module, whose names are its own, whatever browsers and node have of that name; `plain`:
// `import * as` gives what `require` does; `late`: a module of ES, which may await.
function* waysOf(program, script) {
  const source = `${program}\n${script ?? ''}`;
  yield { typed: script !== null || NODES.test(source) };
  yield { typed: true, own: true };
  if (/\bimport\s*\*/.test(source)) yield { typed: true, plain: true };
  if (/\bawait\b/.test(source)) yield { typed: true, late: true };
}

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

// The names that a statement of the outermost level takes from a module: [name, what the module calls it].
function taken(statement) {
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    const named = namedBindings && (ts.isNamespaceImport(namedBindings)
      ? [[namedBindings.name.text, '']]
      : namedBindings.elements.map((one) => [one.name.text, (one.propertyName ?? one.name).text]));
    return { from: statement.moduleSpecifier.text, names: [...(name ? [[name.text, '']] : []), ...(named ?? [])] };
  }
  const [one, more] = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
  const call = ts.isImportEqualsDeclaration(statement)
    ? statement.moduleReference.expression
    : one.initializer && ts.isCallExpression(one.initializer) && one.initializer.expression.getText() === 'require' && one.initializer.arguments[0];
  if (more || !call || !ts.isStringLiteralLike(call)) return null;
  const names = ts.isObjectBindingPattern(one.name)
    ? one.name.elements.map((each) => [each.name.getText(), (each.propertyName ?? each.name).getText()])
    : [[one.name.getText(), '']];
  return { from: call.text, names };
}

function parsed(source) {
  const file = ts.createSourceFile(NAME, source, ts.ScriptTarget.ES2023, true);
  return file.statements.map((one) => ({ start: one.getStart(), end: one.end, ...taken(one) })).filter((one) => one.from);
}

// A script without what it takes from modules by the names by which the program already has it, and
// from the program itself, which stands before it in the same file.
function without(script, program) {
  const key = ([name], from) => `${name} ${from.replace(/^node:/, '')}`;
  const there = new Set(parsed(program).flatMap(({ from, names }) => names.map((one) => key(one, from))));
  let text = '', at = 0;
  for (const { start, end, from, names } of parsed(script)) {
    const own = isProgram(from) && names.every(([, kept]) => kept);
    const left = names.filter((one) => (own ? one[0] !== one[1] : !there.has(key(one, from))));
    if (left.length === names.length && !own) continue;
    const blank = script.slice(start, end).replace(/[^\n]/g, '');
    const lines = own
      ? left.map(([name, kept]) => `const ${name} = ${kept};`)
      : left.map(([name, kept]) => (kept ? `import { ${kept} as ${name} } from '${from}';` : `import ${name} from '${from}';`));
    text += `${script.slice(at, start)}${lines.join(' ')}${blank}`;
    at = end;
  }
  return text + script.slice(at);
}

// What is said is what was said the first time.
function check({ program, script, between }) {
  const source = script === null ? program : `${program}${between}${without(script, program)}`;
  let first = null;
  for (const way of waysOf(program, script)) {
    const kind = JSON.stringify(way);
    if (!OPTIONS.has(kind)) OPTIONS.set(kind, optionsOf(way));
    const { built, found, host, made } = readProgram(source, kind, OPTIONS.get(kind));
    first ??= ts.formatDiagnostics(found, host);
    if (!found.some((one) => one.category === ts.DiagnosticCategory.Error)) {
      built.emit();
      return { said: first, javascript: made.javascript };
    }
  }
  return { said: first, javascript: null };
}

function readProgram(source, kind, options) {
  const made = { javascript: '' };
  const parse = (version) => ts.createSourceFile(NAME, source, version); // it says what is a module
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
  return { built, host, made, found: ts.getPreEmitDiagnostics(built) };
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

function warm() {
  for (const script of ['', null]) check({ program: 'const warm: number = [1].map((x) => x + 1)[0];', script, between: '' });
}

function answer(file) {
  const { said, javascript } = check(JSON.parse(fs.readFileSync(file, 'utf8')));
  if (javascript !== null) fs.writeFileSync('program.js', javascript);
  else process.stdout.write(said);
  process.exit(javascript === null ? 2 : 0);
}

function serve() {
  for (;;) {
    const asked = JSON.parse(read(read(4).readUInt32BE(0)).toString('utf8'));
    const answer = Buffer.from(JSON.stringify(check(asked)), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(answer.length);
    for (const part of [length, answer]) {
      for (let at = 0; at < part.length; ) at += fs.writeSync(1, part, at);
    }
  }
}

if (building) {
  warm();
  startupSnapshot.setDeserializeMainFunction(() => (process.argv.length > 1 ? answer(process.argv.at(-1)) : serve()));
} else if (process.argv.length > 4) {
  answer(process.argv[4]);
} else {
  warm();
  serve();
}
