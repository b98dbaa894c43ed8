import { builtinModules } from 'node:module'
import { defineConfig } from 'vite'

/** Natives stay outside the bundle: they find their binaries beside themselves. */
const NATIVES = ['koffi']

export default defineConfig({
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
          output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
        }
      }
    }
  }
})
