/**
 * `npm run soak [-- --minutes N --ports N --seed S]`: random faults on many ports, and where every byte went. Bundles the soak
 * and the core that it tests, and starts it. Plain JavaScript.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
// Of its own for each run, so that two may run at once.
const folder = join(top, 'node_modules/.cache/soak', String(process.pid))

await build({
  configFile: false,
  root: top,
  logLevel: 'warn',
  ssr: { noExternal: true, external: ['koffi'] },
  build: {
    ssr: true,
    outDir: folder,
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      input: { soak: join(top, 'test/soak/soak.ts'), host: join(top, 'test/soak/host.ts') },
      external: ['koffi', 'vite'],
      output: { format: 'es', entryFileNames: '[name].mjs' }
    }
  }
})
const child = spawn(process.execPath, [join(folder, 'soak.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit'
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = code ?? 1
})
