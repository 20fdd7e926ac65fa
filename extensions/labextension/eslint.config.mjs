// The rules of all front ends, for this folder, which has types of its own.
import { defineConfig } from 'eslint/config';
import rules from '../eslint.config.mjs';

export default defineConfig(
  { ignores: ['lib', '**/*.mjs'] },
  ...rules.filter(({ ignores, ...rest }) => !ignores || Object.keys(rest).length > 0),
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
);
