/** The list of a monitor alone, built and served: test/renderer/monitor-stage. Called by monitor.mjs and by the list's tests. */
import { createServer } from 'node:http'
import { readFileSync, rmSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { build } from 'vite'

const TOP = join(import.meta.dirname, '..')
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

/** Resolves with its address; `close` ends it and removes what was built. */
export async function openStage() {
  const outDir = join(TOP, 'node_modules/.cache/monitor-stage', String(process.pid))
  await build({
    configFile: false,
    root: join(TOP, 'test/renderer/monitor-stage'),
    logLevel: 'warn',
    plugins: [svelte({ configFile: false })],
    build: { outDir, emptyOutDir: true, target: 'chrome120', modulePreload: { polyfill: false } }
  })
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://x').pathname)
    try {
      const file = readFileSync(join(outDir, path === '/' ? 'index.html' : path))
      response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] ?? 'text/plain' }).end(file)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(outDir, { recursive: true, force: true })
    }
  }
}
