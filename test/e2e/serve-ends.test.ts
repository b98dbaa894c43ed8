import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Pty } from '../../src-main/os/pty.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../peers/free-port.ts'
import { Client, FARPORT, Program } from './cli.ts'
import { instance, InstanceHome, type GivenSettings } from './instance.ts'
import { owner, Talker, watched } from './serve-traffic.ts'

function share(id: string, port: number, more: object = {}): GivenSettings {
  return {
    shares: [{ id, name: id, port: { target: 'sim:echo' }, listen: [`raw://127.0.0.1:${port}`], ...more }]
  }
}

describe('farport serve that is told to end', () => {
  it('ends within 2 s under traffic, with 0, and says what was lost', async () => {
    const port = await freePort()
    // A program that never reads: what its pipe does not hold waits here.
    const { home, program } = await instance(share('desk', port, { port: { target: 'exec:sleep 1000' } }))
    const state = watched(await owner(home))
    new Client(port).socket.write(Buffer.alloc(1_000_000))
    await eventually(() => expect(state().bridges.desk?.bytesToDevice).toBeGreaterThan(60_000))
    const before = performance.now()
    program.process.kill('SIGTERM')
    const { code, stderr } = await program.ended
    expect(code).toBe(0)
    expect(performance.now() - before).toBeLessThan(2800)
    expect(stderr).toMatch(/warning +\d+ bytes could not be delivered before the end\.\n.*stopped\n$/)
  })

  it('ends at once where nothing is under way, also while it starts', async () => {
    const port = await freePort()
    const { home, program } = await instance(share('desk', port))
    const before = performance.now()
    await program.stop()
    expect(performance.now() - before).toBeLessThan(1500)
    const early = home.farport('serve')
    // As soon as it can take a signal, which is before its settings are read.
    await eventually(() => {
      const { stdout } = spawnSync('cat', [`/proc/${early.process.pid}/comm`], { encoding: 'utf8' })
      expect(stdout).toBe('farport\n')
    }, 10_000)
    early.process.kill('SIGTERM')
    expect((await early.ended).code).toBe(0)
    // And nothing is held by then.
    await home.serve()
    await Talker.begin(port)
  })

  it('ends as well where it is told to before most of it is loaded', () => {
    // Tells it to at the moment at which it looks for the first of its other files.
    const hook = `let told = false
      export function resolve(name, context, next) {
        if (!told && name.includes('chunks/')) process.kill(process.pid, 'SIGTERM')
        told ||= name.includes('chunks/')
        return next(name, context)
      }`
    const asUrl = (code: string): string =>
      `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
    const preload = asUrl(`import { register } from 'node:module'; register('${asUrl(hook)}')`)
    const { env } = new InstanceHome()
    const { status, signal, stdout } = spawnSync(process.execPath, ['--import', preload, FARPORT, 'serve'], {
      env: { ...process.env, ...env },
      encoding: 'utf8'
    })
    expect([status, signal, stdout]).toEqual([0, null, ''])
  })

  it('ends with the terminal that it began in, though SIGHUP asks it to reload else', async () => {
    const port = await freePort()
    const home = new InstanceHome()
    home.write(share('desk', port))
    const window = Pty.open({ baudRate: 38_400, stopBits: 1, flowControl: 'none' })
    const fd = openSync(window.slave, constants.O_RDWR | constants.O_NOCTTY)
    const child = spawn('setsid', ['-c', process.execPath, FARPORT, 'serve'], {
      stdio: [fd, fd, fd],
      env: { ...process.env, ...home.env }
    })
    closeSync(fd)
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))
    const talker = await eventually(() => Talker.begin(port))
    child.kill('SIGHUP')
    await talker.goesOn(1000)
    window.close()
    expect(await ended).toBe(0)
    expect(talker.trouble).toBe('closed')
  })
})

describe('the log of farport serve', () => {
  it('is one line for each thing, at the level that is wished at the time', async () => {
    const port = await freePort()
    const { home, program } = await instance(share('desk', port))
    const client = await owner(home)
    const guest = new Client(port)
    await program.printed(/desk: client 1 connected/, 'stderr')
    guest.socket.destroy()
    await program.printed(/desk: client 1 left/, 'stderr')
    const lines = program.stderr.trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (info|warning) +\S/)
    expect(lines[0]).toMatch(/desk: ready at raw:\/\/127\.0\.0\.1:\d+$/)
    expect(program.stderr).toMatch(/Farport \S+ as \S+, settings in .*settings\.json\n/)
    await client.call('preferences.change', { logLevel: 'warning' })
    const quiet = program.stderr
    await (await Talker.begin(port)).goesOn()
    await client.call('entry.enable', { id: 'desk', enabled: false })
    expect(program.stderr).toBe(quiet)
    await client.call('preferences.change', { logLevel: 'info' })
    await client.call('entry.enable', { id: 'desk', enabled: true })
    new Client(port)
    await program.printed(/client \d connected: [^]*client \d connected: /, 'stderr')
  })

  it('is as quiet as the settings say from the first line on', async () => {
    const port = await freePort()
    const settings = share('desk', port)
    const { program } = await instance({
      ...settings,
      preferences: { listen: { enabled: false }, logLevel: 'warning' }
    })
    await program.stop()
    expect(program.stderr).toBe('')
  })

  it('is JSON where that was asked for, and carries no escape sequences of anybody', async () => {
    const port = await freePort()
    const home = new InstanceHome()
    home.write(share('desk', port, { port: { target: '/dev/tty\u001b[31m\u0007red' }, openAtStart: true }))
    const program = await home.serve('--json')
    await program.printed(/red/, 'stderr')
    program.process.kill('SIGTERM')
    const { stdout, stderr } = await program.ended
    expect(JSON.parse(stdout)).toEqual({ ready: home.socket })
    for (const line of stderr.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.any(String) as string,
        text: expect.any(String) as string
      })

      expect(JSON.stringify(JSON.parse(line))).not.toMatch(/[\u0000-\u001f\u007f]|\\u00/)
    }
  })

  it('is as journald reads it where it leads there', async () => {
    const home = new InstanceHome()
    home.write({})
    // What systemd sets: device and inode of what standard error is.
    const script = 'exec 2>"$1"; export JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2); exec "$2" "$3" serve'
    const file = `${home.folder}/journal`
    const program = new Program('sh', ['-c', script, 'sh', file, process.execPath, FARPORT], {
      env: home.env
    })
    await program.printed(/ready/)
    await program.stop()
    const { stdout } = spawnSync('cat', [file], { encoding: 'utf8' })
    expect(stdout).toMatch(/^<6>Farport .*\n<6>stopped\n$/)
  })
})
