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
const PROGRAM = 'sodakd-program';

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

// Whether a module has a name of its own at its outermost level: the parser says so.
function declares(text, name) {
  try {
    new SourceTextModule(`${text}\n;export { ${name} as sodakd_has };`);
    return true;
  } catch {
    return false;
  }
}

const wordsOf = (text) => new Set(text.match(/(?<![\w$])[A-Za-z_$][\w$]*/g));

// `load` is the `require` of programs, `folder` where they run.
function loader(load, folder) {
  const base = pathToFileURL(`${folder}/program.mjs`);

  // It has its values before the program's first instruction.
  async function given(value) {
    const object = value !== null && (typeof value === 'object' || typeof value === 'function');
    const names = new Set(object ? Object.keys(value) : []);
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

  // The program where it is a module: with what the call of `entry` or the tests' words are to find.
  // Where `common`, it may ask for modules as CommonJS does, which node's modules may not.
  function ofProgram(text, entry, words, common) {
    const hidden = common ? [] : COMMON.filter((name) => wordsOf(text).has(name) && !declares(text, name));
    const shared = words.map((name) => `${name} as sodakd_${name}`);
    return made([
      text,
      ...(hidden.length ? [`;var ${hidden.join(', ')};`] : []),
      ...(entry ? [`;export const sodakd = typeof ${entry} === 'undefined' ? undefined : ${entry};`] : []),
      ...(shared.length ? [`;export { ${shared.join(', ')} };`] : []),
    ].join('\n'), 'program.js');
  }

  function ofTests(text, words) {
    const shared = words.map((name) => `sodakd_${name} as ${name}`);
    return made(`${shared.length ? `import { ${shared.join(', ')} } from '${PROGRAM}'; ` : ''}${text}`, 'tests.js');
  }

  // Run a program and its tests, one of them at least a module: they hold its `text`; a program that
  // is a script holds how to `start` it. `done` is called with what the program exports.
  async function run({ program, tests, entry, common, done }) {
    const shared = [];
    if (!program.start && tests !== null) {
      const own = wordsOf(program.text);
      for (const name of wordsOf(tests.text)) {
        if (own.has(name) && declares(program.text, name) && !declares(tests.text, name)) shared.push(name);
      }
    }
    const parts = new Map([[PROGRAM, program.start
      ? new SyntheticModule([], program.start)
      : ofProgram(program.text, tests === null ? entry : '', shared, common)]]);
    if (tests !== null) parts.set('sodakd-tests', ofTests(tests.text, shared));
    const imports = [...parts.keys()].map((name, at) => `import * as part${at} from '${name}';`);
    const main = new SourceTextModule(`${imports.join('')}import.meta.done(part0);`, {
      identifier: 'main.js',
      initializeImportMeta: (meta) => { meta.done = done; },
    });
    const ours = new Set([main, parts.get('sodakd-tests')]);
    await apply(link, main, [(name, from) => (ours.has(from) && parts.get(name)) || module(name)]);
    await apply(evaluate, main, []);
  }

  return { module, run };
}

module.exports = { isModule, loader };
