// One module and one style sheet out of src/ and ../shared; JupyterLab's own packages stay outside, the builder wires them.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const read = path => readFileSync(join(HERE, path), 'utf8');

/** tokens.css for our elements among JupyterLab's: light, and dark where Lab's theme is. */
function tokens() {
  const [, light, dark] = read('../shared/tokens.css').match(/:root \{([^}]*)\}\s*\[data-theme="dark"\] \{([^}]*)\}/);
  const [ring] = light.match(/--pb-ring:[^;]*;/);
  return `:is(.pb-panel, .pb-help) {${light.replace('light dark', 'light')}}\n[data-jp-theme-light="false"] .pb-panel, .pb-help[data-theme="dark"] {${dark}  ${ring}\n}\n`;
}

mkdirSync(join(HERE, 'lib'), { recursive: true });
await build({
  absWorkingDir: HERE, entryPoints: ['src/plugin.ts'], outfile: 'lib/index.js', bundle: true, format: 'esm', target: 'es2022',
  external: ['@jupyterlab/*', '@lumino/*'], charset: 'utf8', legalComments: 'none', loader: { '.svg': 'text' },
});
writeFileSync(join(HERE, 'lib/style.css'), tokens() + read('../shared/help.css') + read('../shared/handin.css') + read('style/panel.css'));
writeFileSync(join(HERE, 'lib/style.js'), "import './style.css';\n");
