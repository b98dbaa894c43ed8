/**
 * The guest's own serial ports: its console through Farport, with the magic SysRq by a break, and a share of a real 8250 in it:
 * name → check. Farport runs here but for the last check; QEMU's telnet chardev makes a break of IAC BRK.
 *
 * What QEMU 7.2 cannot: a break over its raw sockets; telnet where it dials itself (it takes the bytes as they are); a break that
 * the guest sends, over any socket; a break that a terminal of the host receives, which it reads as a 0.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { SHARE_PORT } from './checks.mjs'
import { FARPORT } from './machine.mjs'
import { Rfc2217Client } from './rfc2217-client.mjs'
import { until } from './wait.mjs'

/** What the kernel says to SysRq h. */
const HELP = 'sysrq: HELP : loglevel(0-9)'
const BREAK = 0x10
/** Debian's pyserial. */
const PYTHON = '/usr/bin/python3'
const PYSERIAL = '/usr/lib/python3/dist-packages/serial'
const [TELNET, SCRIPT] = ['/usr/bin/telnet', '/usr/bin/script']
const SEND_BREAK = `
import serial, sys
port = serial.serial_for_url(sys.argv[1], timeout=5)
port.send_break(0.25)
port.write(b'h')
port.read_until(b'loglevel(0-9)')
port.close()`

export const CONSOLE_CHECKS = {
  async 'console: SysRq by a break, dialled by telnet over TCP and a Unix socket'(machine, { after }) {
    after(() => machine.keepConsole())
    const overTcp = `telnet://${await machine.offerConsole({ telnet: true })}`
    await helped(machine, () => send(after, overTcp, '--break', 'h', '--wait', HELP))
    const overUnix = `telnet+unix://${await machine.offerConsole({ telnet: true, unix: true })}`
    await helped(machine, () => send(after, overUnix, '--break', 'h', '--wait', HELP))
  },

  async 'console: without a break h is a letter'(machine, { after }) {
    after(() => machine.keepConsole())
    const url = `telnet://${await machine.offerConsole({ telnet: true })}`
    const before = machine.console().length
    // The terminal of the console echoes it.
    await send(after, url, 'h', '--wait', 'h')
    assert.equal(machine.console().slice(before), 'h')
  },

  async 'console: raw carries no break, and Farport says so'(machine, { after }) {
    after(() => machine.keepConsole())
    const url = `raw://${await machine.offerConsole({ telnet: false })}`
    const before = machine.console().length
    const { code, stderr } = await here(after, [process.execPath, FARPORT, 'send', url, '--break', 'h']).ended
    assert.equal(code, 2, stderr)
    assert.match(stderr, /carries no break/)
    assert.equal(machine.console().slice(before), '')
  },

  async 'console: SysRq through a share of it, by whatever can send a break'(machine, { after, note }) {
    after(() => machine.keepConsole())
    const console = `telnet://${await machine.offerConsole({ telnet: true })}`
    const listeners = ['rfc2217', 'telnet', 'raw'].flatMap((each) => ['--listen', `${each}://127.0.0.1:0`])
    const share = here(after, [
      ...[process.execPath, FARPORT, 'share', console, '--writers', 'all', '--standalone', ...listeners]
    ])
    const addressOf = async (protocol) => {
      const listening = new RegExp(`${protocol}://(127\\.0\\.0\\.1:\\d+)`)
      await until(`${protocol} to listen`, () => listening.test(share.stdout))
      return listening.exec(share.stdout)[1]
    }
    const watcher = await watching(after, await addressOf('raw'))
    const rfc2217 = `rfc2217://${await addressOf('rfc2217')}`
    await helped(machine, () => send(after, rfc2217, '--break', 'h', '--wait', HELP))
    const withTelnet = async () => {
      const telnet = `${TELNET} ${(await addressOf('telnet')).replace(':', ' ')}`
      const client = here(after, [SCRIPT, '-qec', telnet, '/dev/null'], { TERM: 'dumb' })
      await until('telnet', () => client.stdout.includes('Escape character'))
      client.type('\x1d')
      await until('its prompt', () => client.stdout.includes('telnet> '))
      client.type('send brk\n')
      // What is typed while it leaves its prompt is lost.
      const typing = setInterval(() => client.type('h'), 100)
      after(() => clearInterval(typing))
      await until('the help', () => client.stdout.includes(HELP))
      clearInterval(typing)
    }
    const withPyserial = async () => {
      const { code, stderr } = await here(after, [PYTHON, '-c', SEND_BREAK, rfc2217]).ended
      assert.equal(code, 0, stderr)
    }
    let helps = 1
    for (const [name, needs, act] of [
      ['telnet', [TELNET, SCRIPT], withTelnet],
      ['pyserial', [PYTHON, PYSERIAL], withPyserial]
    ])
      if (needs.every((path) => existsSync(path))) {
        await helped(machine, act)
        helps++
      } else note(`without ${name}, which is not installed`)
    await until('all of it at the watcher', () => watcher.got.split(HELP).length === helps + 1)
  },

  async 'serial: a break that a real UART receives is told to the client'(machine, { after }) {
    const listen = `rfc2217://0.0.0.0:${SHARE_PORT}`
    const share = machine.start(
      machine.farport('share', '/dev/ttyS1', '-b', '115200', '--listen', listen, '--allow', 'anyone')
    )
    after(() => share.stop())
    await share.printed(/listening/, { limitMs: 30_000 })
    const client = await Rfc2217Client.to(machine.port(SHARE_PORT))
    after(() => client.end())
    assert.deepEqual(await client.ask(10, BREAK), [BREAK])
    await share.printed(/port open/)
    await send(after, `telnet://${await machine.secondSerial()}`, '--break', 'x')
    await until('the byte behind the break', () => client.data.includes('x'))
    await until('the break', () => client.lineStates.some((state) => state & BREAK))
    // Linux puts a 0 where the break was.
    assert.equal(client.data.toString(), '\0x')
  }
}

/** `act` makes the guest say its help once, not more. */
async function helped(machine, act) {
  const before = machine.console().length
  await act()
  await until('the help', () => machine.console().slice(before).includes(HELP))
  assert.equal(machine.console().slice(before).split(HELP).length, 2)
}

async function send(after, url, ...args) {
  const { code, stderr } = await here(after, [process.execPath, FARPORT, 'send', url, ...args]).ended
  assert.equal(code, 0, stderr)
}

/** A program on this computer: {stdout, stderr, type, ended: {code, stderr}}. */
function here(after, [program, ...args], env = {}) {
  // No Farport that runs here shall do it.
  const child = spawn(program, args, { env: { ...process.env, FARPORT_SOCKET: '/dev/null/none', ...env } })
  const running = { stdout: '', stderr: '', type: (text) => child.stdin.write(text) }
  child.stdout.setEncoding('utf8').on('data', (text) => (running.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (running.stderr += text))
  running.ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr: running.stderr }))
  })
  after(async () => {
    child.kill()
    await running.ended
  })
  return running
}

/** Who only reads. */
async function watching(after, address) {
  const [host, port] = address.split(':')
  const socket = connect({ host, port })
  const watcher = { got: '' }
  socket.setEncoding('latin1').on('data', (text) => (watcher.got += text))
  after(() => socket.destroy())
  await until('the watcher to be connected', () => socket.readyState === 'open')
  return watcher
}
