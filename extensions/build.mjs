// Builds what browsers get, and the proxy: exercises, the lesson page, tokens and fonts, the JupyterLab extension, CHP.
import { build } from 'esbuild';
import { po } from 'gettext-parser';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const MODULES = join(HERE, 'node_modules');
const OUT = {
  widgets: join(ROOT, 'proboost_kernel/widgets/static'),
  lesson: join(HERE, 'proboost_lab/static'),
  platform: join(ROOT, 'proboost/web/static/built'),
  proxy: join(ROOT, 'hub_config/chp'),
};
const FONTS = ['golos-text:latin', 'golos-text:cyrillic', 'jetbrains-mono:latin', 'jetbrains-mono:cyrillic'];
const read = path => readFileSync(path, 'utf8');

/** Writes a folder's files and removes what is no longer made; an unchanged file keeps its time, so that caches stay warm. */
class Folder {
  #kept = new Set();
  constructor(path) {
    this.path = path;
  }
  write(name, content) {
    const path = join(this.path, name);
    const bytes = Buffer.from(content);
    this.#kept.add(path);
    if (existsSync(path) && readFileSync(path).equals(bytes)) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  copy(name, from) {
    this.write(name, readFileSync(from));
  }
  bundle({ outputFiles }) {
    for (const file of outputFiles) this.write(relative(this.path, file.path), file.contents);
  }
  close() {
    if (!existsSync(this.path)) return;
    for (const entry of readdirSync(this.path, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !this.#kept.has(path)) rmSync(path);
    }
  }
}

/** gettext catalogues as JSON, in the shape that tools/translate.py `set` takes: {msgid: text | [one form, second, third]}. */
function catalogues() {
  for (const language of ['ru']) {
    const { translations } = po.parse(readFileSync(join(HERE, 'locale', `${language}.po`)));
    const texts = Object.values(translations[''] ?? {})
      .filter(({ msgid, msgstr }) => msgid && msgstr.every(Boolean))
      .map(({ msgid, msgid_plural, msgstr }) => [msgid, msgid_plural === undefined ? msgstr[0] : msgstr]);
    new Folder(join(HERE, 'locale')).write(`${language}.json`, `${JSON.stringify(Object.fromEntries(texts), null, 1)}\n`);
  }
}

// Fonts that readers have, as wide as Golos Text over Russian and English prose (advances of both, in percent): a line that was
// laid out before Golos is there keeps its words when it comes, and nothing below it moves.
const LIKE_GOLOS = { Arial: 106.9, Roboto: 105.8, 'Noto Sans': 100.8 };
const METRICS = { ascent: 98, descent: 22 };
const fontFile = font => font.replace(/(.+):(.+)/, '$1-$2-wght-normal.woff2');

/** @font-face rules of the subsets that are shipped, as fontsource writes them, and of what stands in for them meanwhile. */
function fontFaces() {
  const shipped = FONTS.map(font => {
    const [family, subset] = font.split(':');
    const css = read(join(MODULES, `@fontsource-variable/${family}/index.css`));
    const rule = css.match(new RegExp(`/\\* ${family}-${subset}-wght-normal \\*/\\s*(@font-face \\{[^}]*\\})`))[1];
    return rule.replace(/url\([^)]*\)/, `url(fonts/${fontFile(font)})`).replaceAll("'", '"');
  });
  const meanwhile = Object.entries(LIKE_GOLOS).map(([name, width]) => {
    const of = value => `${((100 * value) / width).toFixed(1)}%`;
    return `@font-face { font-family: "Golos like ${name}"; src: local("${name}"); font-weight: 400 900; size-adjust: ${width}%; ascent-override: ${of(METRICS.ascent)}; descent-override: ${of(METRICS.descent)}; line-gap-override: 0%; }`;
  });
  return [...shipped, ...meanwhile].join('\n');
}

function fonts(folder) {
  for (const font of FONTS) {
    folder.copy(`fonts/${fontFile(font)}`, join(MODULES, '@fontsource-variable', font.split(':')[0], 'files', fontFile(font)));
  }
  folder.copy('fonts/LICENSE-golos-text.txt', join(MODULES, '@fontsource-variable/golos-text/LICENSE'));
  folder.copy('fonts/LICENSE-jetbrains-mono.txt', join(MODULES, '@fontsource-variable/jetbrains-mono/LICENSE'));
}

/** The two blocks of tokens.css: light (with the scales) and dark. */
function tokenBlocks() {
  const [, light, dark] = read(join(HERE, 'shared/tokens.css')).match(/:root \{([^}]*)\}\s*\[data-theme="dark"\] \{([^}]*)\}/);
  const [ring] = light.match(/--pb-ring:[^;]*;/); // computed from the accent where it is declared: said again where the accent changes
  return { light, dark: `${dark}  ${ring}\n` };
}

/** tokens.css for a page of ours: as it is, and dark by the system's wish where the page says data-theme-auto; paper is never dark. */
function pageTokens() {
  const { dark } = tokenBlocks();
  const auto = `@media screen and (prefers-color-scheme: dark) {\n  [data-theme-auto]:not([data-theme]) {${dark}  }\n}`;
  return `${read(join(HERE, 'shared/tokens.css'))}${auto}\n`;
}

/** tokens.css for a page that is not ours (JupyterLab, Notebook): the same variables, seen by our elements only. */
function guestTokens() {
  const { light, dark } = tokenBlocks();
  return `.pb-ex, .pb-help {${light}}\n.pb-ex[data-theme="dark"], .pb-help[data-theme="dark"], [data-theme="dark"] :is(.pb-ex, .pb-help) {${dark}}
:is(.pb-ex, .pb-help)[data-theme="light"] { color-scheme: light; }
@media screen and (prefers-color-scheme: dark) {\n  [data-theme-auto]:not([data-theme]) :is(.pb-ex, .pb-help) {${dark}  }\n}\n`;
}

const VIRTUAL = { 'proboost:page-tokens': pageTokens, 'proboost:guest-tokens': guestTokens, 'proboost:fonts': fontFaces };
const tokens = {
  name: 'tokens',
  setup(it) {
    it.onResolve({ filter: /^proboost:/ }, ({ path }) => ({ path, namespace: 'proboost' }));
    it.onLoad({ filter: /.*/, namespace: 'proboost' }, ({ path }) => ({ contents: VIRTUAL[path](), loader: 'css' }));
    it.onResolve({ filter: /^fonts\// }, ({ path }) => ({ path, external: true }));
  },
};

/** The licences of everything that went into a bundle, as they ask to be passed on. */
function licences(metafile) {
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap(path => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/)?.[1] ?? []),
  );
  return [...packages].sort().map(name => {
    const folder = join(MODULES, name);
    const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
    const { version, license } = JSON.parse(read(join(folder, 'package.json')));
    return `${name} ${version} (${license})\n\n${file ? read(join(folder, file)).trim() : ''}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

const SMALL = 1000; // bytes that are not worth packing

async function front(outdir, entryPoints, also) {
  const result = await build({
    absWorkingDir: HERE, entryPoints, outdir, bundle: true, splitting: true, format: 'esm', target: 'es2022', minify: true,
    chunkNames: '[name]-[hash]', metafile: true, write: false, legalComments: 'none', charset: 'utf8', plugins: [tokens],
  });
  const folder = new Folder(outdir);
  folder.bundle(result);
  for (const { path, contents } of result.outputFiles) {
    if (contents.length > SMALL) folder.write(`${relative(outdir, path)}.gz`, gzipSync(contents, { level: 9 })); // proboost_lab serves it
  }
  folder.write('licenses.txt', licences(result.metafile));
  also?.(folder);
  folder.close();
}

function platform() {
  const folder = new Folder(OUT.platform);
  folder.write('tokens.css', `${fontFaces()}\n${pageTokens()}`);
  fonts(folder);
  folder.close();
}

/** configurable-http-proxy in one file, beside the package.json and the error pages that it reads from where it lies. */
async function proxy() {
  const home = join(MODULES, 'configurable-http-proxy');
  const result = await build({
    absWorkingDir: HERE, entryPoints: { 'bin/chp': join(home, 'bin/configurable-http-proxy') }, outdir: OUT.proxy, outExtension: { '.js': '.mjs' },
    loader: { '': 'js' }, bundle: true, platform: 'node', format: 'esm', target: 'node24', minify: true, metafile: true, write: false, legalComments: 'none',
    banner: { js: 'import{createRequire}from"module";const require=createRequire(import.meta.url);' },
  });
  const folder = new Folder(OUT.proxy);
  folder.bundle(result);
  const { name, version } = JSON.parse(read(join(home, 'package.json')));
  folder.write('package.json', `${JSON.stringify({ name, version, private: true, type: 'module' })}\n`);
  for (const page of readdirSync(join(home, 'lib/error'))) folder.copy(`bin/error/${page}`, join(home, 'lib/error', page));
  folder.write('licenses.txt', licences(result.metafile));
  folder.close();
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'lib', 'static'].includes(entry.name) || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (!entry.name.endsWith('.tsbuildinfo')) yield path;
  }
}

/** The JupyterLab extension has a builder of its own, which takes seconds: it runs when one of its sources changed. */
function labextension() {
  const home = join(HERE, 'labextension');
  if (!existsSync(join(home, 'package.json'))) return;
  const hash = createHash('sha256');
  for (const folder of [home, join(HERE, 'shared'), join(HERE, 'locale')]) for (const path of [...sources(folder)].sort()) hash.update(path).update(readFileSync(path));
  const digest = hash.digest('hex');
  const stamp = join(MODULES, '.cache/labextension');
  const made = join(HERE, 'proboost_lab/labextension/package.json');
  if (existsSync(made) && existsSync(stamp) && read(stamp) === digest) return;
  const done = spawnSync(process.env.npm_node_execpath ?? process.execPath, [process.env.npm_execpath, 'run', '--silent', 'build'], { cwd: home, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

function sizes() {
  for (const [name, folder] of Object.entries(OUT)) {
    const files = readdirSync(folder, { recursive: true }).filter(file => statSync(join(folder, file)).isFile() && !/licen/i.test(file));
    console.log(`${name.padEnd(9)} ${files.map(file => `${file} ${(statSync(join(folder, file)).size / 1024).toFixed(1)}`).join(' · ')} (KiB)`);
  }
}

catalogues();
if (process.argv.includes('--catalogues')) process.exit(0);
await Promise.all([
  front(OUT.widgets, ['widgets/exercise.ts', 'widgets/exercise.css'].map(path => ({ in: path, out: path.replace(/^.*\/|\.\w+$/g, '') }))),
  front(OUT.lesson, ['lesson/lesson.ts', 'lesson/page.css'].map(path => ({ in: path, out: 'lesson' })), folder => {
    fonts(folder);
    folder.write('fonts.css', fontFaces()); // for exercises in JupyterLab
  }),
  proxy(),
]);
platform();
labextension();
if (process.argv.includes('--sizes')) sizes();
