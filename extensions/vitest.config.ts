// Unit tests of the front ends run in jsdom; whole pages are driven in a real browser by tests/e2e.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    pool: 'threads',
    isolate: false, // jsdom costs seconds; tests clean up after themselves
    environmentOptions: { jsdom: { url: 'http://lea.localhost:8000/user/lea/' } },
    include: ['{shared,widgets,lesson,labextension/src}/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
