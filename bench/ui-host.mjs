/** The Farports that `node bench/ui.mjs` opens: the built one, and test/page/crowd-host.ts with the state of a thousand ports. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'

const TOP = join(import.meta.dirname, '..')
const FARPORT = join(TOP, 'dist/main/farport.js')

/** A program that prints links to its page; in a folder of its own. */
class Host {
  #child
  #lines
  #folder
  #another

  constructor(folder, args, env, another) {
    this.#folder = folder
    this.#another = another
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit']
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  get pid() {
    return this.#child.pid
  }

  /** The next one: each is good for one browser. */
  async link() {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error('The host of the page ended.')
      const [, url] = /^page (\S+)$/.exec(value) ?? []
      if (url) return url
    }
  }

  another() {
    return this.#another(this.#child)
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const ownFolder = () => mkdtempSync(join(tmpdir(), 'farport-bench-ui-'))

/** The built `farport serve` with so many simulated devices, all of them open and sending. */
export function realHost(ports) {
  const folder = ownFolder()
  const [config, runtime] = [join(folder, 'config'), join(folder, 'run')]
  for (const each of [config, runtime, join(config, 'farport')]) mkdirSync(each, { mode: 0o700 })
  const shares = Array.from({ length: ports }, (_, at) => ({
    id: `share-${at}`,
    name: `rack${1 + Math.floor(at / 20)}-${String(1 + (at % 20)).padStart(2, '0')}`,
    port: { target: 'sim:noise:100' },
    openAtStart: true
  }))
  const preferences = {
    logLevel: 'warning',
    listen: { enabled: false },
    discovery: { announce: false, browse: false }
  }
  const settings = { version: 1, preferences, shares }
  writeFileSync(join(config, 'farport/settings.json'), JSON.stringify(settings), { mode: 0o600 })
  const env = {
    XDG_CONFIG_HOME: config,
    XDG_RUNTIME_DIR: runtime,
    FARPORT_SOCKET: join(runtime, 'farport.sock')
  }
  return new Host(folder, [FARPORT, 'serve', '--http', '127.0.0.1:0'], env, async () => {
    const child = spawn(process.execPath, [FARPORT, 'page'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let said = ''
    for await (const chunk of child.stdout) said += chunk
    return /http:\S+/.exec(said)[0]
  })
}

/** A made up state of so many ports and computers. */
export async function crowdHost({ ports, peers, portsOfPeer, hz }) {
  const folder = ownFolder()
  const program = await bundled()
  const args = [program, folder, join(TOP, 'dist/ui'), ports, peers, portsOfPeer, hz].map(String)
  const host = new Host(folder, args, {}, (child) => {
    child.stdin.write('\n')
    return host.link()
  })
  return host
}

const CROWD = join(TOP, 'node_modules/.cache/bench-ui', String(process.pid))
let isBundled

async function bundled() {
  isBundled ??= build({
    configFile: false,
    root: TOP,
    logLevel: 'warn',
    define: { __FARPORT_VERSION__: '"bench"' },
    ssr: { noExternal: true, external: ['koffi'] },
    build: {
      ...{ ssr: true, outDir: CROWD, emptyOutDir: true, target: 'node20', minify: false },
      rolldownOptions: {
        input: { host: join(TOP, 'test/page/crowd-host.ts') },
        external: ['koffi'],
        output: { format: 'es', entryFileNames: '[name].mjs' }
      }
    }
  })
  await isBundled
  return join(CROWD, 'host.mjs')
}

export function clearBundle() {
  rmSync(CROWD, { recursive: true, force: true })
}
