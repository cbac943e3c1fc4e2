'use strict';
// Programs and tests that are ES modules: they import, export, or await outside of functions. A main
// module that nothing of theirs can reach imports both, and says when they have run to their ends.
const vm = require('vm');
const { pathToFileURL } = require('url');
const { isModuleNamespaceObject } = require('util/types');
const { SourceTextModule, SyntheticModule } = vm;
const { evaluate, link } = SourceTextModule?.prototype ?? {};
const { apply } = Reflect;

const OWN = /\b(?:import|export|await)\b/;
const SAYS_SO = /import statement|'import\.meta'|'export'|^await is only valid|reserved word/;
// What CommonJS alone gives a program.
const COMMON = ['require', 'module', 'exports', '__filename', '__dirname'];
const PROGRAM = 'sodakd-program', TESTS = 'sodakd-tests', BEGAN = 'sodakd-began';

// Whether a text that is no script is a module. Where it is neither, raises what node would.
function isModule(text, error) {
  if (!SourceTextModule || !OWN.test(text)) return false;
  try {
    new SourceTextModule(text);
  } catch (wrong) {
    if (SAYS_SO.test(error.message)) throw wrong;
    return false;
  }
  return true;
}

// Whether a module could also export this: the parser says so.
function exporting(text, what) {
  try {
    new SourceTextModule(`${text}\n;export { ${what} };`);
    return true;
  } catch {
    return false;
  }
}

// Whether it has a name of its own at its outermost level.
const declares = (text, name) => exporting(text, `${name} as sodakd_has`);

// How tests name the program as a file beside them.
const isProgram = (name) => /^(?:\.{1,2}\/)+(?:solution|program|index|main)(?:\.[cm]?[jt]s)?$/.test(name);

// What is called for an entry point: a function by its name, or a method (`new Solution().add`), as
// Python names it too. `Solution.add` is a method of the class or, where it has none, of an object.
function called(entry) {
  if (/^[\w$]+$/.test(entry)) return `typeof ${entry} === 'undefined' ? undefined : ${entry}`;
  const [, holder, method] = /^([\w$]+)\.([\w$]+)$/.exec(entry) ?? [];
  const made = `(typeof ${entry} === 'function' ? ${holder} : new ${holder}())`;
  if (holder) return `(...sodakd) => ${made}.${method}(...sodakd)`;
  return `(...sodakd) => ${entry.replace(/^(\w+)\(\)\./, 'new $1().')}(...sodakd)`;
}

const wordsOf = (text) => new Set(text.match(/(?<![\w$])[A-Za-z_$][\w$]*/g));

// `load` is the `require` of programs, `folder` where they run.
function loader(load, folder) {
  const base = pathToFileURL(`${folder}/program.mjs`);

  // A module whose values are there: those of its keys, and of `words` that it has beside them.
  async function given(value, words = []) {
    const object = value !== null && (typeof value === 'object' || typeof value === 'function');
    const names = new Set(object ? Object.keys(value) : []);
    for (const name of words) if (object && value[name] !== undefined) names.add(name);
    const whole = isModuleNamespaceObject(value);
    if (!whole) names.add('default');
    const made = new SyntheticModule([...names], function set() {
      for (const name of names) this.setExport(name, name === 'default' && !whole ? value : value[name]);
    });
    await made.link(() => {});
    await made.evaluate();
    return made;
  }

  async function imported(name) {
    if (/^(?:\.{0,2}\/|file:|data:)/.test(name)) return given(await import(new URL(name, base)));
    try {
      return await given(load(name));
    } catch (error) {
      if (error?.code !== 'ERR_REQUIRE_ESM') throw error;
      return given(await import(pathToFileURL(require.resolve(name))));
    }
  }

  const known = new Map();
  const module = (name) => {
    if (!known.has(name)) known.set(name, imported(name));
    return known.get(name);
  };

  function made(text, identifier) {
    return new SourceTextModule(text, {
      identifier,
      importModuleDynamically: module,
      initializeImportMeta: (meta) => {
        Object.assign(meta, { url: base.href, filename: `${folder}/program.mjs`, dirname: folder });
      },
    });
  }

  const ours = (text, say) => new SourceTextModule(text, { initializeImportMeta: (meta) => { meta.say = say; } });

  // The program where it is a module: with what the call of `entry` or the tests' words are to find.
  // Where `common`, it may ask for modules as CommonJS does, which node's modules may not.
  function ofProgram(text, entry, words, asked, common) {
    const hidden = common ? [] : COMMON.filter((name) => wordsOf(text).has(name) && !declares(text, name));
    const shared = [...words.map((name) => `${name} as sodakd_${name}`), ...asked];
    return made([
      text,
      ...(hidden.length ? [`;var ${hidden.join(', ')};`] : []),
      ...(entry ? [`;export const sodakd = ${called(entry)};`] : []),
      ...(shared.length ? [`;export { ${shared.join(', ')} };`] : []),
    ].join('\n'), 'program.js');
  }

  function ofTests(text, words) {
    const shared = words.map((name) => `sodakd_${name} as ${name}`);
    const taken = shared.length ? `import { ${shared.join(', ')} } from '${PROGRAM}'; ` : '';
    return made(`import '${BEGAN}'; ${taken}${text}`, 'tests.js');
  }

  // Run a program and its tests, one of them at least a module: they hold its `text`; a program that
  // is a script holds how to `start` it. `done` is called with what the program exports.
  async function run({ program, tests, entry, common, notFound, began, done }) {
    const shared = [], asked = [];
    if (!program.start && tests !== null) {
      const own = wordsOf(program.text);
      for (const name of wordsOf(tests.text)) {
        if (!own.has(name) || !declares(program.text, name)) continue;
        if (!declares(tests.text, name)) shared.push(name);
        else if (exporting(program.text, name)) asked.push(name);
      }
    }
    const parts = new Map();
    if (program.start) {
      program.start();
      parts.set(PROGRAM, await given(program.solution(), tests === null ? [] : wordsOf(tests.text)));
    } else {
      parts.set(PROGRAM, ofProgram(program.text, tests === null ? entry : '', shared, asked, common));
    }
    parts.set(BEGAN, ours(`import * as own from '${PROGRAM}'; import.meta.say(own);`, began));
    if (tests !== null) parts.set(TESTS, ofTests(tests.text, shared));
    const imports = [...parts.keys()].map((name, at) => `import * as part${at} from '${name}';`);
    const main = ours(`${imports.join('')}import.meta.say(part0);`, done);
    await apply(link, main, [async (name, from) => {
      const tested = from === parts.get(TESTS);
      const part = from !== parts.get(PROGRAM) && parts.get(tested && isProgram(name) ? PROGRAM : name);
      if (part) return part;
      try {
        return await module(name);
      } catch (error) {
        if (tested) notFound(error, name);
        throw error;
      }
    }]);
    await apply(evaluate, main, []);
  }

  return { module, run };
}

module.exports = { COMMON, called, isModule, isProgram, loader };
