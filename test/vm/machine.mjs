/**
 * The virtual machine: QEMU with one USB serial adapter, which the guest's kernel drives with ftdi_sio as a real one. Plugs
 * adapters in and out by QMP, plays the device behind them, reads in QEMU's trace what the driver told the adapter, and starts
 * programs in the guest. Called by run.mjs. Every wait is bounded; `end` ends QEMU by its pid.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  appendFileSync,
  constants,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AGENT_PORT } from './guest-agent.mjs'
import { initramfs, QEMU } from './packages.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
export const TOP = join(HERE, '../..')
export const FARPORT = join(TOP, 'dist/main/farport.js')

/** The guest's first words come after 1 s with KVM, 4 s without; on a machine that is itself virtual KVM may get nowhere. */
const KVM_MS = 6_000
const BOOT_MS = 90_000
const DIRECTORY = 0o040755
const PROGRAM = 0o100755

/** Why nothing more is to be expected: QEMU ended. */
let over

/** Resolves with what `probe` answers as soon as that is true; rejects after `limitMs` with what was awaited, or when QEMU ended. */
export async function until(what, probe, limitMs = 10_000) {
  const end = performance.now() + limitMs
  for (;;) {
    const result = await probe()
    if (result) return result
    if (over) throw over
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Boots. `forwards`: TCP ports of the guest that shall be reachable from here. */
export async function boot(parts, forwards) {
  if (mayUse('/dev/kvm')) {
    try {
      return await bootWith('kvm', parts, forwards)
    } catch (error) {
      console.log(`No start with KVM (${error.message.split('\n')[0]}); without it then.`)
    }
  }
  return bootWith('tcg', parts, forwards)
}

async function bootWith(accelerator, parts, forwards) {
  const folder = mkdtempSync(join(tmpdir(), 'farport-vm-'))
  const machine = new Machine(folder, accelerator)
  try {
    await machine.boot(parts, forwards)
    return machine
  } catch (error) {
    const said = machine.console().slice(-2000)
    await machine.end()
    throw new Error(`${error.message}\n${said}`, { cause: error })
  }
}

function mayUse(path) {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false // not there, or not ours
  }
}

class Machine {
  #folder
  #qemu
  #qmp
  #agent
  #ports = new Map()
  /** What is behind the adapter: what came out of it, and a way to put something in. */
  device
  /** The serial number of the adapter that is plugged in. */
  plugged

  /** `accelerator`: kvm, or tcg, which is the processor in software. */
  constructor(folder, accelerator) {
    this.#folder = folder
    this.accelerator = accelerator
  }

  async boot(parts, forwards) {
    const at = (name) => join(this.#folder, name)
    const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`
    const settings = { TOP, NODE: process.execPath, LAYER: parts.layer, AGENT: 'guest-agent.mjs' }
    const names = parts.modules.map((path) => path.slice(path.lastIndexOf('/') + 1))
    const folders = ['bin', 'dev', 'proc', 'host', 'memory', 'root', 'modules']
    initramfs(at('initramfs'), {
      ...Object.fromEntries(folders.map((name) => [name, { mode: DIRECTORY }])),
      'bin/busybox': { mode: PROGRAM, bytes: readFileSync(parts.busybox) },
      ...Object.fromEntries(
        ['sh', 'mount', 'mkdir', 'cp', 'insmod', 'ifconfig', 'poweroff'].map((name) => [
          `bin/${name}`,
          { mode: 0o120777, bytes: Buffer.from('busybox') }
        ])
      ),
      ...Object.fromEntries(
        parts.modules.map((path, i) => [`modules/${names[i]}`, { mode: PROGRAM, bytes: readFileSync(path) }])
      ),
      'modules/order': { mode: PROGRAM, bytes: Buffer.from(names.map((name) => `${name}\n`).join('')) },
      settings: {
        mode: PROGRAM,
        bytes: Buffer.from(
          Object.entries(settings)
            .map(([name, value]) => `${name}=${quote(value)}\n`)
            .join('')
        )
      },
      init: { mode: PROGRAM, bytes: readFileSync(join(HERE, 'guest-init')) }
    })
    writeFileSync(at('trace'), '')
    writeFileSync(at('console'), '')
    const hostForwards = [AGENT_PORT, ...forwards].map((port) => `hostfwd=tcp:127.0.0.1:0-:${port}`).join(',')
    this.#qemu = spawn(
      QEMU,
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', 'q35'],
        // Without that bit: a KVM inside another one may announce it and then refuse it, and QEMU aborts.
        ...[
          '-accel',
          this.accelerator,
          '-cpu',
          this.accelerator === 'kvm' ? 'max,arch-capabilities=off' : 'max'
        ],
        ...['-smp', '2', '-m', '1024'],
        ...['-kernel', parts.kernel, '-initrd', at('initramfs')],
        ...['-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on'],
        ...['-chardev', `file,id=console,path=${at('console')}`, '-serial', 'chardev:console'],
        ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
        ...['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
        ...[
          '-netdev',
          `user,id=net,restrict=on,${hostForwards}`,
          '-device',
          'virtio-net-pci,netdev=net,romfile='
        ],
        ...['-qmp', `unix:${at('qmp')},server=on,wait=off`],
        ...['-chardev', `socket,id=line,path=${at('line')},server=on,wait=off`],
        ...['-device', 'pci-ohci,id=usb,num-ports=4'],
        ...['-trace', 'usb_serial_*', '-D', at('trace'), '-msg', 'timestamp=on']
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] }
    )
    let said = ''
    this.#qemu.stderr.setEncoding('utf8').on('data', (text) => (said += text))
    over = undefined
    this.#qemu.on('error', (error) => (over = error))
    this.#qemu.on(
      'exit',
      (code, signal) => (over = new Error(`QEMU ended (${code ?? signal}): ${said.trim()}`))
    )
    this.#qmp = await Qmp.to(at('qmp'))
    this.device = new Device(at('line'))
    const network = await this.#qmp.command('human-monitor-command', { 'command-line': 'info usernet' })
    for (const [, host, guest] of network.matchAll(
      /HOST_FORWARD\]\s+\S+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)/g
    ))
      this.#ports.set(Number(guest), Number(host))
    const firstMs = this.accelerator === 'kvm' ? KVM_MS : BOOT_MS
    await until('the kernel to start', () => this.console().includes('guest-init: '), firstMs)
    await until('the guest to start', () => this.console().includes('guest-agent: ready'), BOOT_MS)
    this.#agent = await Agent.to(this.port(AGENT_PORT))
  }

  /** The port here that leads to that one of the guest. */
  port(guestPort) {
    return this.#ports.get(guestPort)
  }

  console() {
    return readFileSync(join(this.#folder, 'console'), 'utf8')
  }

  /** Plugs an adapter in, into this socket of the controller. */
  async plug(serialNumber, socket = 1) {
    await this.#qmp.command('device_add', {
      driver: 'usb-serial',
      id: 'adapter',
      chardev: 'line',
      'always-plugged': true,
      bus: 'usb.0',
      port: String(socket),
      serial: serialNumber
    })
    this.plugged = serialNumber
    await this.device.connect()
  }

  /** Pulls it out; resolves when it is gone from the bus. */
  async unplug() {
    // First the device's side: QEMU 7.2 crashes when bytes come for an adapter that is just going.
    this.device.end()
    await until('QEMU to let the device go', async () => {
      const all = await this.#qmp.command('query-chardev')
      return all.find(({ label }) => label === 'line').filename.startsWith('disconnected')
    })
    const gone = this.#qmp.event('DEVICE_DELETED', ({ device }) => device === 'adapter')
    await Promise.all([gone, this.#qmp.command('device_del', { id: 'adapter' })])
    this.plugged = undefined
  }

  /** Names in the guest's /dev, as of now; `nodesAtMs`: since when, by the guest's clock. */
  get nodes() {
    return this.#agent.nodes
  }

  get nodesAtMs() {
    return this.#agent.nodesAtMs
  }

  /** Starts a program in the guest. `as`: {uid, gid}. */
  start(command, as = {}) {
    return this.#agent.start(command, as)
  }

  /** Runs one to its end: {code, stdout, stderr}. */
  async run(command, as = {}) {
    const program = this.start(command, as)
    const code = await program.ended()
    return { code, stdout: program.stdout, stderr: program.stderr }
  }

  farport(...args) {
    return [process.execPath, FARPORT, ...args]
  }

  /** What the driver told the adapter since then: `const since = machine.trace(); …; since()` answers lines. */
  trace() {
    const read = () => readFileSync(join(this.#folder, 'trace'), 'utf8')
    const from = read().length
    return () =>
      read()
        .slice(from)
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace(/^.*?(?=usb_serial)/, ''))
  }

  async end() {
    this.#agent?.end()
    this.device?.end()
    this.#qmp?.end()
    if (this.#qemu?.pid !== undefined && this.#qemu.exitCode === null && this.#qemu.signalCode === null) {
      const exited = once(this.#qemu, 'exit')
      this.#qemu.kill('SIGKILL')
      await exited
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function open(to) {
  return until(`a connection to ${JSON.stringify(to)}`, async () => {
    const socket = connect(to)
    try {
      await once(socket, 'connect')
    } catch {
      return undefined // QEMU is not that far yet
    }
    socket.on('error', () => undefined)
    return socket
  })
}

function eachLine(socket, take) {
  let rest = ''
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    lines.forEach(take)
  })
}

/** QEMU's commands and events. */
class Qmp {
  #socket
  #id = 0
  #answers = new Map()
  #listeners = new Set()

  static async to(path) {
    const qmp = new Qmp(await open(path))
    await qmp.command('qmp_capabilities')
    return qmp
  }

  constructor(socket) {
    this.#socket = socket
    eachLine(socket, (line) => {
      const message = JSON.parse(line)
      this.#answers.get(message.id)?.(message)
      if (message.event) for (const listener of this.#listeners) listener(message)
    })
  }

  async command(execute, args) {
    const id = ++this.#id
    let answer
    this.#answers.set(id, (message) => (answer = message))
    this.#socket.write(`${JSON.stringify({ execute, arguments: args, id })}\n`)
    await until(`QEMU's answer to ${execute}`, () => answer)
    if (answer.error) throw new Error(`QEMU refuses ${execute}: ${answer.error.desc}`)
    return answer.return
  }

  async event(name, matches) {
    let seen = false
    const listener = ({ event, data }) => (seen ||= event === name && matches(data))
    this.#listeners.add(listener)
    await until(name, () => seen)
    this.#listeners.delete(listener)
  }

  end() {
    this.#socket.destroy()
  }
}

/** What hangs on the far side of the adapter. */
class Device {
  #path
  #socket
  #chunks = []

  constructor(path) {
    this.#path = path
  }

  async connect() {
    this.#socket = await open(this.#path)
    this.#socket.on('data', (chunk) => this.#chunks.push(chunk))
  }

  get got() {
    return Buffer.concat(this.#chunks)
  }

  forget() {
    this.#chunks = []
  }

  /** Nothing while the adapter is pulled out. */
  say(bytes) {
    if (this.#socket?.destroyed === false) this.#socket.write(bytes)
  }

  end() {
    this.#socket?.destroy()
  }
}

/** The agent in the guest. */
class Agent {
  nodes = []
  nodesAtMs = 0
  #socket
  #programs = new Map()
  #id = 0

  static async to(port) {
    const agent = new Agent(await open({ port, host: '127.0.0.1', noDelay: true }))
    await until('the agent', () => agent.nodesAtMs)
    return agent
  }

  constructor(socket) {
    this.#socket = socket
    eachLine(socket, (line) => {
      const message = JSON.parse(line)
      if (message.nodes) {
        this.nodes = message.nodes
        this.nodesAtMs = message.atMs
      } else this.#programs.get(message.id)?.take(message)
    })
  }

  start(command, as) {
    const id = ++this.#id
    const say = (message) => this.#socket.write(`${JSON.stringify({ id, ...message })}\n`)
    const program = new GuestProgram(command, say)
    this.#programs.set(id, program)
    say({ start: command, ...as })
    return program
  }

  end() {
    this.#socket.destroy()
  }
}

class GuestProgram {
  stdout = ''
  stderr = ''
  pid
  exit
  #name
  #say
  /** {text, atMs} of each piece of output. */
  #said = []

  constructor(command, say) {
    this.#name = command.slice(1).join(' ')
    this.#say = say
  }

  take({ out = '', err = '', atMs, pid, exit }) {
    this.stdout += out
    this.stderr += err
    if (out || err) {
      this.#said.push({ text: out + err, atMs })
      if (process.env.FARPORT_VM_LOG) appendFileSync(process.env.FARPORT_VM_LOG, out + err)
    }
    this.pid ??= pid
    this.exit ??= exit
  }

  /** Waits for output that matches; answers {match, atMs} of the first such piece from `from` on. */
  async printed(pattern, { from = 0, limitMs = 10_000 } = {}) {
    const find = () => {
      for (const { text, atMs } of this.#said.slice(from)) {
        const match = pattern.exec(text)
        if (match) return { match, atMs }
      }
      if (this.exit !== undefined) throw new Error(`${this.#name} ended (${this.exit}): ${this.stderr}`)
      return undefined
    }
    try {
      return await until(`${pattern}`, find, limitMs)
    } catch (error) {
      throw new Error(`${error.message}; ${this.#name} said: ${this.stdout}${this.stderr}`, { cause: error })
    }
  }

  /** How many pieces it said so far: for `from`. */
  get said() {
    return this.#said.length
  }

  /** The exit code, or the signal. */
  async ended(limitMs = 20_000) {
    await until(`the end of ${this.#name}`, () => this.exit !== undefined, limitMs)
    return this.exit
  }

  async stop(signal = 'SIGTERM') {
    if (this.exit === undefined) this.#say({ kill: signal })
    return this.ended()
  }
}
