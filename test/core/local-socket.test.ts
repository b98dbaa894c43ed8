import { spawn, spawnSync } from 'node:child_process'
import { once as event } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { instancePaths, prepareInstance, type LocalSocket } from '../../src-main/core/instance-paths.ts'
import { attach, listenLocal } from '../../src-main/core/local-socket.ts'
import type { Refusal } from '../../src-main/net/carrier.ts'
import type { Listener } from '../../src-main/net/connection.ts'
import { eventually } from '../eventually.ts'
import { lacks, PYTHON } from '../peers/need.ts'

function folder(mode = 0o700): string {
  const path = mkdtempSync(join(tmpdir(), 'farport-local-'))
  chmodSync(path, mode)
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const socketAt = (path: string, more: Partial<LocalSocket> = {}): LocalSocket => ({
  path,
  mode: 0o600,
  group: undefined,
  directory: undefined,
  secret: undefined,
  ...more
})

async function listening(socket: LocalSocket, onRefused?: (refusal: Refusal) => void): Promise<Listener> {
  const listener = await listenLocal(socket, onRefused && { onRefused })
  onTestFinished(() => listener.close(DONE))
  return listener
}

/** Connects as another user, and says what came of it: `open`, `closed` at once, or the error. */
const CONNECT = `
import socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(sys.argv[1])
    s.settimeout(0.3)
    print('closed' if s.recv(1) == b'' else 'open')
except TimeoutError:
    print('open')
except OSError as e:
    print(e.strerror)
`

const NOBODY = 65_534

describe('where an instance keeps what is its own', () => {
  const home = '/home/ada'
  it.each([
    ['linux', {}, '/home/ada/.config/farport'],
    ['linux', { XDG_CONFIG_HOME: '/elsewhere' }, '/elsewhere/farport'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/farport'],
    // A service around us that is not Farport's.
    [
      'linux',
      { STATE_DIRECTORY: '/var/lib/other', RUNTIME_DIRECTORY: '/run/other' },
      '/home/ada/.config/farport'
    ],
    ['darwin', {}, '/home/ada/Library/Application Support/Farport'],
    [
      'win32',
      { APPDATA: String.raw`C:\Users\ada\AppData\Roaming` },
      String.raw`C:\Users\ada\AppData\Roaming\Farport`
    ]
  ] as const)('a user of %s with %j: %s', (platform, environment, directory) => {
    const paths = instancePaths('user', { platform, environment, home })
    const separator = platform === 'win32' ? '\\' : '/'
    expect(paths).toMatchObject({
      kind: 'user',
      directory,
      settings: `${directory}${separator}settings.json`,
      lock: `${directory}${separator}farport.lock`
    })
  })

  it.each([
    ['linux', {}, '/var/lib/farport', '/run/farport/farport.sock'],
    [
      'linux',
      { STATE_DIRECTORY: '/var/lib/private/farport:/var/lib/x', RUNTIME_DIRECTORY: '/run/farport:/run/x' },
      '/var/lib/private/farport',
      '/run/farport/farport.sock'
    ],
    ['darwin', {}, '/Library/Application Support/Farport', '/var/run/farport/farport.sock']
  ] as const)('the system on %s with %j: %s', (platform, environment, directory, path) => {
    expect(instancePaths('system', { platform, environment, home })).toMatchObject({
      directory,
      socket: { path, mode: 0o660, group: 'farport' }
    })
  })

  it('has no system instance on Windows, and a pipe for each user', () => {
    expect(() => instancePaths('system', { platform: 'win32', environment: {}, home })).toThrow(/Windows/)
    const { socket } = instancePaths('user', {
      platform: 'win32',
      environment: {},
      home,
      userName: 'Ada L\\x'
    })
    expect(socket.path).toBe(String.raw`\\.\pipe\farport-ada_l_x`)
  })

  it.skipIf(lacks.unix('users by number'))('is reached in the runtime directory of its user', () => {
    const runtime = folder()
    const socketOf = (environment: NodeJS.ProcessEnv): LocalSocket =>
      instancePaths('user', { platform: 'linux', environment, home }).socket
    expect(socketOf({ XDG_RUNTIME_DIR: runtime })).toEqual(socketAt(join(runtime, 'farport.sock')))
    const { uid } = userInfo()
    const fallback = join(tmpdir(), `farport-${uid}`)
    expect(socketOf({})).toEqual(socketAt(join(fallback, 'farport.sock'), { directory: fallback }))
    expect(socketOf({ FARPORT_SOCKET: '/x/y', XDG_RUNTIME_DIR: runtime })).toEqual(socketAt('/x/y'))
  })

  it.skipIf(lacks.unix('modes of files'))(
    'is made for its user alone, and refused where others may look in',
    () => {
      const environment = { XDG_CONFIG_HOME: join(folder(), 'not/there'), XDG_RUNTIME_DIR: folder() }
      const paths = instancePaths('user', { environment, platform: 'linux' })
      prepareInstance(paths)
      expect(statSync(paths.directory).mode & 0o777).toBe(0o700)
      prepareInstance(paths)
      chmodSync(paths.directory, 0o750)
      expect(() => prepareInstance(paths)).toThrow(`chmod 700 ${paths.directory}`)
      const state = join(folder(), 'state')
      const run = join(folder(), 'run')
      const system = { STATE_DIRECTORY: state, RUNTIME_DIRECTORY: run }
      prepareInstance(instancePaths('system', { environment: system, platform: 'linux' }))
      expect([statSync(state).mode & 0o777, statSync(run).isDirectory()]).toEqual([0o700, true])
      const blocked = instancePaths('user', {
        environment: { XDG_CONFIG_HOME: '/dev/null' },
        platform: 'linux'
      })
      expect(() => prepareInstance(blocked)).toThrow(/^Cannot make \/dev\/null\/farport/)
    }
  )
})

describe.skipIf(lacks.unix('Unix sockets'))('the local socket', () => {
  it('carries bytes between the instance and who finds it', async () => {
    const runtime = folder()
    const environment = { XDG_RUNTIME_DIR: runtime }
    expect(await attach({ environment })).toBeUndefined()
    const { socket } = instancePaths('user', { environment })
    const listener = await listening(socket)
    expect(statSync(socket.path).mode & 0o777).toBe(0o600)
    const accepted = once(listener.onConnection)
    const near = await attach({ environment })
    const far = await accepted
    const got = once(far.onData)
    far.resume()
    near?.write(Buffer.from('hello'))
    expect(Buffer.from(await got).toString()).toBe('hello')
    near?.abort(DONE)
    await listener.close(DONE)
    expect(existsSync(socket.path)).toBe(false)
    expect(await attach({ environment })).toBeUndefined()
  })

  it.skipIf(lacks('python3'))('takes the place of a dead instance, which nobody finds', async () => {
    const runtime = folder()
    const path = join(runtime, 'farport.sock')
    const bind = `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`
    expect(spawnSync(PYTHON, ['-c', bind]).status).toBe(0)
    const environment = { XDG_RUNTIME_DIR: runtime }
    expect(await attach({ environment })).toBeUndefined()
    await listening(socketAt(path))
    const found = await attach({ environment })
    expect(found).toBeDefined()
    found?.abort(DONE)
  })

  it('leaves alone what is no socket, and an instance that lives', async () => {
    const path = join(folder(), 'farport.sock')
    writeFileSync(path, 'precious')
    await expect(listenLocal(socketAt(path))).rejects.toMatchObject({ code: 'path-taken' })
    rmSync(path)
    await listening(socketAt(path))
    await expect(listenLocal(socketAt(path))).rejects.toMatchObject({ code: 'address-in-use' })
  })

  it('is not looked for where somebody else may have put it', async () => {
    const { directory } = instancePaths('user', { environment: {} }).socket
    expect(directory).toBeDefined()
    const temporary = folder()
    const given = process.env.TMPDIR
    process.env.TMPDIR = temporary
    onTestFinished(() => {
      if (given === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = given
    })
    const environment = {}
    expect(await attach({ environment })).toBeUndefined()
    const own = instancePaths('user', { environment }).socket.directory!
    expect(existsSync(own)).toBe(false)
    mkdirSync(own, { mode: 0o755 })
    await expect(attach({ environment })).rejects.toMatchObject({ code: 'usage' })
  })

  describe.skipIf(lacks('python3', 'setpriv') || lacks.root('to become another user'))(
    'and other users (needs root, to become one)',
    () => {
      const comes = (path: string, ...who: string[]): string =>
        spawnSync('setpriv', [...who, PYTHON, '-c', CONNECT, path], { encoding: 'utf8' }).stdout.trim()
      /** The same without holding up this thread, which has to let it in. */
      const comesLater = async (path: string, who: readonly string[]): Promise<string> => {
        const program = spawn('setpriv', [...who, PYTHON, '-c', CONNECT, path])
        let said = ''
        program.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
        await event(program, 'close')
        return said.trim()
      }
      const nobody = ['--reuid', String(NOBODY), '--regid', String(NOBODY)]

      it('are kept out by the rights of the file', async () => {
        const path = join(folder(0o755), 'farport.sock')
        await listening(socketAt(path))
        expect(comes(path, ...nobody, '--clear-groups')).toBe('Permission denied')
      })

      it('are kept out by who they are where the rights were given away', async () => {
        const path = join(folder(0o755), 'farport.sock')
        const refused: string[] = []
        await listening(socketAt(path), ({ why }) => refused.push(why))
        chmodSync(path, 0o666)
        const coming = comesLater(path, [...nobody, '--clear-groups'])
        await eventually(() =>
          expect(refused).toEqual([`user ${NOBODY} is not the one this Farport belongs to`])
        )
        expect(await coming).toBe('closed')
      })

      it('are told that it is not theirs', async () => {
        const path = join(folder(0o755), 'farport.sock')
        await listening(socketAt(path))
        process.seteuid?.(NOBODY)
        try {
          await expect(attach({ environment: { FARPORT_SOCKET: path } })).rejects.toMatchObject({
            code: 'needs-rights',
            message: expect.stringContaining(path) as string
          })
        } finally {
          process.seteuid?.(0)
        }
      })

      it('come in by the group', async () => {
        const path = join(folder(0o755), 'farport.sock')
        const refused: string[] = []
        const listener = await listening(socketAt(path, { mode: 0o660, group: 'dialout' }), ({ why }) =>
          refused.push(why)
        )
        expect(statSync(path)).toMatchObject({ gid: 20 })
        listener.onConnection((connection) => connection.resume())
        expect(await comesLater(path, [...nobody, '--groups', '20'])).toBe('open')
        chmodSync(path, 0o666)
        expect(await comesLater(path, [...nobody, '--clear-groups'])).toBe('closed')
        expect(refused).toHaveLength(1)
      })
    }
  )
})
