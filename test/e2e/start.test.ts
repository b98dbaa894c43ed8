import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { FARPORT, Program, portOf } from './cli.ts'
import { InstanceHome } from './instance.ts'
import { lacks } from '../peers/need.ts'

/** On a machine that does other things besides, in ms. */
const START_MS = 40_000

/** Of its own: what this user has stays as it is. */
async function started(home: InstanceHome, ...args: string[]): Promise<{ npm: Program; urls: string[] }> {
  const env = { ...home.env, CI: '', DISPLAY: '', WAYLAND_DISPLAY: '' }
  const npm = new Program('npm', ['start', '--', ...args], { env })
  // It may have to build first.
  await npm.printed(/npx farport connect/, 'stdout', START_MS)
  const urls = [...npm.stdout.matchAll(/8N1 +(rfc2217:\S+)$/gm)].map((match) => match[1]!)
  expect(urls).toHaveLength(2)
  for (const url of urls) expect(await accepts(portOf(url))).toBe(true)
  return { npm, urls }
}

async function ended({ npm, urls }: { npm: Program; urls: readonly string[] }): Promise<void> {
  npm.process.kill('SIGTERM')
  await vi.waitFor(async () => {
    for (const url of urls) expect(await accepts(portOf(url))).toBe(false)
  }, 10_000)
}

describe('npm start', { timeout: 3 * START_MS }, () => {
  it('-- --demo shares two simulated devices and lets go of everything when npm is ended', async () => {
    const run = await started(new InstanceHome(), '--demo')
    expect(run.npm.stdout).not.toContain('page http')
    await ended(run)
  })

  it('says why there is no window, and shows the same devices in a browser', async () => {
    const home = new InstanceHome()
    const run = await started(home)
    expect(run.npm.stdout).toMatch(/^No window: there is no display here .*\n\npage http/m)
    const [, page = ''] = await run.npm.printed(/^page (\S+)$/m)
    const { status, headers } = await fetch(page, { redirect: 'manual' })
    expect(status).toBe(303)
    const [cookie = ''] = headers.get('set-cookie')?.split(';') ?? []
    const { stdout } = await home.farport('list', '--json').ended
    expect(JSON.parse(stdout)).toMatchObject({ bridges: [{ name: 'gps' }, { name: 'echo' }] })
    // The settings of this user are none of its business.
    expect(existsSync(home.settings)).toBe(false)
    await ended({ ...run, urls: [...run.urls, new URL(page).origin] })

    const again = await started(home, '--headless')
    expect(again.npm.stdout).not.toContain('No window')
    const [, other = ''] = await again.npm.printed(/^page (\S+)$/m)
    // The cookie is of that port: where another Farport took 7373 first, it is another one.
    if (new URL(other).port === new URL(page).port)
      expect((await fetch(new URL('/session', other), { headers: { cookie } })).status).toBe(204)
    await ended(again)
  })
})

describe.skipIf(lacks.linux('a stand-in of Electron and a display'))(
  'the window of npm start',
  { timeout: 3 * START_MS },
  () => {
    /** A stand-in of Electron that does this, and a display as far as anybody looks. */
    function withElectron(script: string): { home: InstanceHome; env: NodeJS.ProcessEnv } {
      const home = new InstanceHome()
      const path = join(home.folder, 'electron')
      writeFileSync(path, `#!/bin/sh\n${script}\n`)
      chmodSync(path, 0o755)
      const env = { ...home.env, CI: '', DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: home.folder }
      return { home, env }
    }

    it('shows the Farport of this run, and is what the run ends with', async () => {
      const { home, env } = withElectron(
        `echo "$@" "$FARPORT_SOCKET" > "$XDG_RUNTIME_DIR/opened"; read wait < "$XDG_RUNTIME_DIR/closed"`
      )
      const closed = join(home.runtime, 'closed')
      expect(spawnSync('mkfifo', [closed]).status).toBe(0)
      const npm = new Program('npm', ['start'], { env })
      await npm.printed(/npx farport connect/, 'stdout', START_MS)
      const opened = await vi.waitFor(() => readFileSync(join(home.runtime, 'opened'), 'utf8'), 10_000)
      const [, socket = ''] = /dist\/electron\/main\.js --trial (\S+)\n/.exec(opened) ?? []
      const list = new Program(process.execPath, [FARPORT, 'list', '--json'], {
        env: { FARPORT_SOCKET: socket }
      })
      expect(JSON.parse((await list.ended).stdout)).toMatchObject({
        bridges: [{ name: 'gps' }, { name: 'echo' }]
      })
      expect(npm.stdout).not.toContain('No window')
      writeFileSync(closed, 'now\n')
      expect(await npm.ended).toMatchObject({ code: 0 })
      expect(existsSync(socket)).toBe(false)
    })

    it('is a page in a browser where Electron ends by itself, with its last words', async () => {
      const { env } = withElectron('echo "cannot open shared object file: libnss3.so" >&2; exit 127')
      const npm = new Program('npm', ['start'], { env })
      await npm.printed(/No window: Electron ended .*libnss3\.so.* in a browser/, 'stdout', START_MS)
      const [, page = ''] = await npm.printed(/^page (\S+)$/m)
      expect((await fetch(page, { redirect: 'manual' })).status).toBe(303)
    })
  }
)

describe('npx farport', () => {
  it('runs the command of this clone, and lets go of everything when npx is ended', async () => {
    const npx = new Program('npx', ['farport', 'share', 'sim:echo', '--listen', 'raw://127.0.0.1:0'])
    const [, url] = await npx.printed(/^listening (\S+)$/m)
    expect(await accepts(portOf(url!))).toBe(true)
    npx.process.kill('SIGTERM')
    await vi.waitFor(async () => expect(await accepts(portOf(url!))).toBe(false), 10_000)
  })
})

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
