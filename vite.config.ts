import { chmodSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig, type Plugin } from 'vite'
import { notices } from './scripts/notices.ts'

/** Natives stay outside the bundle: they find their binaries beside themselves. */
const NATIVES = ['koffi']

/** What it takes to talk to a running Farport, or to another computer's. */
const ATTACHED =
  /\/src-main\/(rpc|peers|store|hosts\/cli\/attached)\/|@msgpack|\/protocol\/(frames|farport-hello)\.ts/

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** npm sets the mode of a command when it links it, once: a later build would leave "permission denied". */
const executable: Plugin = {
  name: 'executable',
  writeBundle({ dir = '' }) {
    chmodSync(`${dir}/farport.js`, 0o755)
  }
}

export default defineConfig({
  define: { __FARPORT_VERSION__: JSON.stringify(version) },
  plugins: [notices(NATIVES), executable],
  builder: {
    async buildApp(builder) {
      const main = builder.environments.main
      if (main) await builder.build(main)
    }
  },
  environments: {
    main: {
      consumer: 'server',
      resolve: { noExternal: true, external: NATIVES, builtins: [...builtinModules, /^node:/] },
      build: {
        outDir: 'dist/main',
        target: 'node20',
        minify: false,
        sourcemap: true,
        emptyOutDir: true,
        rolldownOptions: {
          input: { farport: 'src-main/hosts/cli/farport.ts' },
          external: NATIVES,
          // What is imported on demand by one command and at once by another is in the shared file: that is meant.
          checks: { ineffectiveDynamicImport: false },
          output: {
            banner: '#!/usr/bin/env node',
            format: 'es',
            // A single `…`, in a comment or a text, makes V8 keep the whole file at two bytes a character.
            charset: 'ascii',
            comments: { legal: true, annotation: false, jsdoc: false },
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name]-[hash].js',
            // One file for what several commands need: Node resolves each file's path anew, which wakes its optimizing compiler
            // (4 MB), and takes its time at the start.
            // What only talks to a running Farport, or is one, stands in another: a share alone does without.
            codeSplitting: {
              groups: [
                { name: 'shared', minShareCount: 2, test: (id) => !ATTACHED.test(id), priority: 1 },
                { name: 'attached', minShareCount: 2 }
              ]
            }
          }
        }
      }
    }
  }
})
