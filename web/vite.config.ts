import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Below that, the answer's head weighs more than what is saved. */
const LEAST_BYTES = 1_000;

/** Puts a compressed copy beside every text that the pages load: the server has nothing to compress then. */
const compressedCopies: Plugin = {
  name: 'compressed-copies',
  generateBundle: {
    // After all that still changes what is written.
    order: 'post',
    handler(_options, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (!/\.(js|css|svg)$/.test(fileName)) continue;
        const content = Buffer.from(file.type === 'chunk' ? file.code : file.source);
        if (content.length < LEAST_BYTES) continue;
        const source = gzipSync(content, { level: 9 });
        this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source });
      }
    },
  },
};

/**
 * Builds the pages into dist/web, with everything they load: nothing in them is fetched from another host.
 * Each page is an HTML file named under `input`. npm runs scripts in the project's root, so `root` counts from there.
 */
export default defineConfig({
  root: 'web',
  // Pages are served at addresses of their own (/graphql), so assets are addressed from the root of the host.
  base: '/',
  publicDir: false,
  plugins: [compressedCopies],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // Small files stay files: the content security policy then needs no exception for them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The code editor is one large piece, loaded after the page; a warning that never changes is not read.
    chunkSizeWarningLimit: 4_000,
    rolldownOptions: {
      input: { app: 'index.html', graphiql: 'graphiql/index.html' },
      checks: {
        // React's libraries carry "use client" in hundreds of files; it means nothing in a browser bundle.
        moduleLevelDirective: false,
        // That the machine is busy is no fault of the build.
        pluginTimings: false,
      },
    },
  },
});
