import { chmodSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin, type Rolldown } from 'vite'
import { notices } from './scripts/notices.ts'

/** Natives stay outside the bundle: they find their binaries beside themselves. */
const NATIVES = ['koffi']

/** What the desktop app has beside it: Electron is what runs it. */
const BESIDE = [...NATIVES, 'electron']

/** They are in no script, but in what is shipped. */
const FONTS = ['@fontsource-variable/inter']

/** The page's folder is Vite's root, so that its index.html comes out at the top; all else is named in full. */
const top = (path: string): string => join(import.meta.dirname, path)

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** npm sets the mode of a command when it links it, once: a later build would leave "permission denied". */
const executable: Plugin = {
  name: 'executable',
  applyToEnvironment: ({ name }) => name === 'main',
  writeBundle({ dir = '' }) {
    chmodSync(`${dir}/farport.js`, 0o755)
  }
}

/** Of each file that Node runs. A single `…`, in a comment or a text, makes V8 keep the whole file at two bytes a character. */
const OUTPUT = {
  charset: 'ascii',
  comments: { legal: true, annotation: false, jsdoc: false }
} as const

/** Answers whether a module is this one, or one that it imports at once, by whatever way. */
function neededBy(
  root: string
): (id: string, graph: Pick<Rolldown.ChunkingContext, 'getModuleInfo'>) => boolean {
  const known = new Map<string, boolean>()
  const isNeeded: ReturnType<typeof neededBy> = (id, graph) => {
    const before = known.get(id)
    if (before !== undefined) return before
    const module = graph.getModuleInfo(id)
    const found = module !== null && (id === root || module.importers.some((each) => isNeeded(each, graph)))
    known.set(id, found)
    return found
  }
  return isNeeded
}

/** What farport.js loads once it can take a signal. */
const isNeededAtStart = neededBy(top('src-main/hosts/cli/run.ts'))

/** What the first client waits for. */
const isNeededToOpen = neededBy(top('src-main/ports/hardware.ts'))

export default defineConfig({
  root: top('src-renderer'),
  publicDir: false,
  define: { __FARPORT_VERSION__: JSON.stringify(version) },
  plugins: [
    svelte({ configFile: false }),
    notices({ main: NATIVES, electron: NATIVES, client: FONTS }),
    executable
  ],
  builder: {
    async buildApp(builder) {
      for (const name of ['main', 'electron', 'preload', 'client']) {
        const environment = builder.environments[name]
        if (environment) await builder.build(environment)
      }
    }
  },
  environments: {
    client: {
      build: {
        outDir: top('dist/ui'),
        target: 'chrome120',
        emptyOutDir: true,
        // An inline script would need a hole in the policy that the page is served with.
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0,
        rolldownOptions: { input: top('src-renderer/index.html') }
      }
    },
    main: {
      consumer: 'server',
      resolve: { noExternal: true, external: NATIVES, builtins: [...builtinModules, /^node:/] },
      build: {
        outDir: top('dist/main'),
        target: 'node20',
        minify: false,
        sourcemap: true,
        emptyOutDir: true,
        rolldownOptions: {
          input: { farport: top('src-main/hosts/cli/farport.ts') },
          external: NATIVES,
          // What is imported on demand by one command and at once by another is in the shared file: that is meant.
          checks: { ineffectiveDynamicImport: false },
          output: {
            banner: '#!/usr/bin/env node',
            format: 'es',
            ...OUTPUT,
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name]-[hash].js',
            // One file for what several commands need: Node resolves each file's path anew, which wakes its optimizing compiler
            // (4 MB), and takes its time at the start.
            // What commands load for themselves stands in another: every start would read it for nothing.
            codeSplitting: {
              groups: [
                {
                  name: (id, graph) => (isNeededAtStart(id, graph) ? 'start' : null),
                  priority: 2
                },
                { name: (id, graph) => (isNeededToOpen(id, graph) ? 'device' : null), priority: 1 },
                { name: 'shared', minShareCount: 2 }
              ]
            }
          }
        }
      }
    },
    // The desktop app. A build of its own: the files of the command stay as they are, and start as fast.
    electron: {
      consumer: 'server',
      resolve: { noExternal: true, external: BESIDE, builtins: [...builtinModules, /^node:/] },
      build: {
        outDir: top('dist/electron'),
        target: 'node24',
        minify: false,
        sourcemap: true,
        emptyOutDir: true,
        rolldownOptions: {
          input: { main: top('src-main/hosts/electron/main.ts') },
          external: BESIDE,
          // The core loads on demand for the command; here it is all needed anyway.
          checks: { ineffectiveDynamicImport: false },
          output: {
            ...OUTPUT,
            format: 'es',
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name]-[hash].js'
          }
        }
      }
    },
    // Runs sandboxed, where there is no other module but Electron's and no ESM.
    preload: {
      consumer: 'server',
      resolve: { noExternal: true, external: ['electron'] },
      build: {
        outDir: top('dist/electron'),
        target: 'chrome140',
        minify: false,
        emptyOutDir: false,
        rolldownOptions: {
          input: { preload: top('src-main/hosts/electron/preload.ts') },
          external: ['electron'],
          output: { ...OUTPUT, format: 'cjs', entryFileNames: '[name].cjs' }
        }
      }
    }
  }
})
