import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks, lacksOwnMounts, OWN_MOUNTS, programPath, PYTHON } from '../peers/need.ts'
import { FARPORT, Program } from './cli.ts'
import { instance, InstanceHome, type GivenSettings } from './instance.ts'
import { owner, Talker, watched } from './serve-traffic.ts'

const at = (port: number): string => `raw://127.0.0.1:${port}`

function echo(port: number, more: object = {}): GivenSettings {
  return { shares: [{ id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen: [at(port)], ...more }] }
}

/** Speaks to a share for as long as it is told to, and comes again whenever it has to. */
const RECONNECTING = `
import sys, time, serial
while True:
    try:
        port = serial.serial_for_url(sys.argv[1], baudrate=115200, timeout=1)
        print('open', flush=True)
        while True:
            port.write(b'hello')
            if port.read(5) == b'hello':
                print('echo', flush=True)
                time.sleep(0.05)
    except (serial.SerialException, OSError):
        print('gone', flush=True)
        time.sleep(0.1)
`

describe('a Farport that was killed and starts again', () => {
  it.skipIf(lacks('pyserial'))(
    'has the same ports, links and settings, and those who use it come back (needs pyserial)',
    { timeout: 60_000 },
    async () => {
      const [port, other] = [await freePort(), await freePort()]
      const home = new InstanceHome()
      const path = join(home.folder, 'ttyDesk')
      home.write({
        shares: [
          { id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen: [`rfc2217://127.0.0.1:${port}`] },
          { id: 'shelf', name: 'shelf', port: { target: 'sim:echo' }, listen: [at(other)], writers: 'all' }
        ],
        links: [
          { id: 'local', name: 'local', port: { target: at(other) }, to: `pty:${path}` },
          { id: 'pair', name: 'pair', port: { target: `pty:${path}A` }, to: `pty:${path}B` }
        ]
      })
      const first = await home.serve()
      const settings = await (await owner(home)).call('settings.read', {})
      const client = new Program(PYTHON, ['-c', RECONNECTING, `rfc2217://127.0.0.1:${port}`])
      // Another Farport has a link to it; its port is held, so that it has to come again by itself.
      const far = join(home.folder, 'far')
      const link = new Program(process.execPath, [
        ...[FARPORT, 'connect', at(other), '--pty', far, '--hold', '--wait']
      ])
      await link.printed(/ready/)
      await client.printed(/echo/)
      await eventually(() => expect(readlinkSync(path)).toMatch(/^\/dev\/pts\//))
      const lock = join(home.config, 'farport/farport.lock')
      expect(readFileSync(lock, 'utf8')).toContain(String(first.process.pid))

      await first.stop('SIGKILL')
      await client.printed(/gone/)
      // What a dead one leaves behind: its socket, and links that lead nowhere.
      expect(lstatSync(home.socket).isSocket()).toBe(true)
      expect(lstatSync(path).isSymbolicLink()).toBe(true)
      const second = await home.serve()
      expect(second.stderr).not.toContain('warning')
      await client.printed(/gone[^]*open\n[^]*echo\necho\n/)
      for (const each of [path, `${path}A`, `${path}B`])
        await eventually(() => expect(statSync(each).isCharacterDevice()).toBe(true))
      const talker = await Talker.begin(other)
      await talker.goesOn()
      talker.socket.destroy()
      const anew = await owner(home)
      const state = watched(anew)
      expect(await anew.call('settings.read', {})).toEqual(settings)
      // The other Farport's link is back.
      await eventually(() => expect(state().bridges.shelf?.sessions.length).toBeGreaterThan(0), 20_000)
      expect(readFileSync(lock, 'utf8')).toContain(String(second.process.pid))
      await second.stop()
      expect((await second.ended).code).toBe(0)
      for (const each of [path, `${path}A`, home.socket]) expect(existsSync(each)).toBe(false)
    }
  )

  it('has the last good settings where the file is broken, and says so until something is changed', async () => {
    const port = await freePort()
    const { home, program } = await instance(echo(port))
    await program.stop('SIGKILL')
    writeFileSync(home.settings, '{"version": 1, "shares": [{"id": "de')
    const again = await home.serve()
    expect(again.stderr).toMatch(/warning .*settings\.json, line 1.*put aside as .*The last good settings/)
    await Talker.begin(port)
    const client = await owner(home)
    const state = watched(client)
    await eventually(() => expect(state().self?.faults).toMatchObject([{ code: 'settings-broken' }]))
    await client.call('preferences.change', { logLevel: 'warning' })
    await eventually(() => expect(state().self?.faults).toEqual([]))
    expect(home.read().shares).toMatchObject([{ id: 'desk' }])
  })

  it.each([
    ['newer', '{"version": 99}', /newer/],
    ['open to others', undefined, /chmod/]
  ])('is refused where the settings are %s, in one line', async (_, text, message) => {
    const home = new InstanceHome()
    home.write({})
    writeFileSync(home.settings, text ?? readFileSync(home.settings))
    if (text === undefined) spawnSync('chmod', ['666', home.settings])
    const { code, stderr, stdout } = await home.farport('serve').ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^farport: [^\n]+\n$/)
    expect(stderr).toMatch(message)
    const json = await home.farport('serve', '--json').ended
    expect(JSON.parse(json.stderr)).toMatchObject({ fault: { kind: 'config' } })
  })
})

describe('a second Farport', () => {
  it('says which one runs, and leaves it alone', async () => {
    const port = await freePort()
    const { home, program } = await instance(echo(port))
    const { code, stderr } = await home.farport('serve').ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      new RegExp(
        `^farport: Another Farport runs with these settings: farport serve, process ${program.process.pid}, since .*\n$`
      )
    )
    await Talker.begin(port)
    await owner(home)
  })

  it('of the system has its own place, with the modes that it should have', async () => {
    const home = new InstanceHome()
    const folder = join(home.folder, 'state')
    const system = (...args: string[]): Program =>
      new Program(process.execPath, [FARPORT, 'serve', '--system', ...args], {
        env: { ...home.env, STATE_DIRECTORY: folder }
      })
    const program = system()
    // The group may not exist here, or not be ours to give: then that is what it says.
    const ready = await Promise.race([
      program.printed(/ready/).then(() => true),
      program.ended.then(() => false)
    ])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'identity.pem')).mode & 0o777).toBe(0o600)
    if (!ready) {
      expect((await program.ended).stderr).toMatch(/group/)
      return
    }
    expect(statSync(home.socket).mode & 0o777).toBe(0o660)
    expect((await system().ended).stderr).toContain('farport serve --system, process')
  })
})

describe.skipIf(lacksOwnMounts() || lacks('nsenter'))(
  'a disk that takes nothing (needs a mount namespace of its own)',
  () => {
    const FILL = 'cat /dev/zero > "$1/fill" 2>/dev/null || true'

    /** Settings on a file system of its own, which becomes full or read-only while Farport serves. */
    async function onDisk(
      port: number,
      home = new InstanceHome(),
      first = 'true'
    ): Promise<{ home: InstanceHome; inside: (script: string) => void }> {
      if (first === 'true') home.write(echo(port))
      const script = `
      cp -a "$1" "$1.was" && mount -t tmpfs -o size=64k,mode=700 tmpfs "$1" && cp -a "$1.was/." "$1"
      ${first}
      exec "$2" "$3" serve`
      const [command, ...args] = OWN_MOUNTS
      const folder = join(home.config, 'farport')
      const program = new Program(
        command,
        [...args, 'sh', '-c', script, 'sh', folder, process.execPath, FARPORT],
        {
          env: home.env
        }
      )
      await program.printed(/ready/)
      const inside = (run: string): void => {
        const enter = ['--target', String(program.process.pid), '--mount', '--user', '--preserve-credentials']
        const root = process.getuid?.() === 0 ? enter.filter((each) => !/user|cred/.test(each)) : enter
        const ended = spawnSync(programPath('nsenter'), [...root, 'sh', '-c', run, 'sh', folder], {
          encoding: 'utf8'
        })
        if (ended.status !== 0) throw new Error(ended.stderr)
      }
      return { home, inside }
    }

    it('and is full as it starts: it starts, with what it has', async () => {
      const port = await freePort()
      const { home, program } = await instance(echo(port))
      await program.stop('SIGKILL')
      const again = await onDisk(port, home, FILL)
      await Talker.begin(port)
      await owner(again.home)
    })

    it.each([
      ['is full', FILL, 'rm "$1/fill"'],
      ['is read-only', 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', 'umount "$1"']
    ])('and %s: a command says so, what runs goes on, and later it is taken', async (_, spoil, mend) => {
      const port = await freePort()
      const { home, inside } = await onDisk(port)
      const client = await owner(home)
      const talker = await Talker.begin(port)
      inside(spoil)
      const wish = { port: { target: 'sim:gps' }, listen: [at(0)] }
      await expect(client.call('share.add', wish)).rejects.toMatchObject({ code: 'settings-unwritable' })
      await expect(client.call('entry.enable', { id: 'desk', enabled: false })).rejects.toMatchObject({
        code: 'settings-unwritable'
      })
      expect(await client.call('settings.read', {})).toMatchObject({
        shares: [{ id: 'desk', enabled: true }]
      })
      await talker.goesOn(1000)
      inside(mend)
      await client.call('share.add', wish)
      expect(await client.call('settings.read', {})).toMatchObject({
        shares: [{ id: 'desk' }, { name: 'gps' }]
      })
      await talker.goesOn(1000)
    })
  }
)
