/**
 * The virtual machine: QEMU with two serial ports and one USB serial adapter, which the guest's kernel drives with ftdi_sio as a real
 * one. Plugs adapters in and out by QMP, plays the device behind them, reads in QEMU's trace what the driver told the adapter, and starts
 * programs in the guest. Called by run.mjs. Every wait is bounded; `end` ends QEMU by its pid.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AGENT_PORT } from './guest-agent.mjs'
import { Agent } from './guest.mjs'
import { initramfs, QEMU } from './packages.mjs'
import { Qmp } from './qmp.mjs'
import { open, until, waitsEnd } from './wait.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
export const TOP = join(HERE, '../..')
export const FARPORT = join(TOP, 'dist/main/farport.js')

/** The guest's first words come after 1 s with KVM, 4 s without; on a machine that is itself virtual KVM may get nowhere. */
const KVM_MS = 6_000
const BOOT_MS = 90_000
const LISTENING = 'host=127.0.0.1,port=0,server=on,wait=off'
const DIRECTORY = 0o040755
const PROGRAM = 0o100755

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
        ...['-chardev', `socket,id=second,${LISTENING},telnet=on`, '-serial', 'chardev:second'],
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
    waitsEnd(undefined)
    this.#qemu.on('error', waitsEnd)
    this.#qemu.on('exit', (code, signal) =>
      waitsEnd(new Error(`QEMU ended (${code ?? signal}): ${said.trim()}`))
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

  /**
   * Lets QEMU listen for who wants to be at the guest's console (ttyS0), as a TCP or a Unix socket; what it says is still kept
   * here. Answers HOST:PORT, or the path.
   */
  async offerConsole({ telnet, unix = false }) {
    const path = join(this.#folder, 'console.sock')
    const addr = unix
      ? { type: 'unix', data: { path } }
      : { type: 'inet', data: { host: '127.0.0.1', port: '0' } }
    const log = { logfile: join(this.#folder, 'console'), logappend: true }
    const data = { addr, server: true, wait: false, telnet, ...log }
    await this.#qmp.command('chardev-change', { id: 'console', backend: { type: 'socket', data } })
    return unix ? path : this.#addressOf('console')
  }

  /** Nobody can be there any more. */
  async keepConsole() {
    const data = { out: join(this.#folder, 'console'), append: true }
    await this.#qmp.command('chardev-change', { id: 'console', backend: { type: 'file', data } })
  }

  /** Where the other end of the guest's ttyS1 listens, with telnet: HOST:PORT. */
  secondSerial() {
    return this.#addressOf('second')
  }

  async #addressOf(chardev) {
    const all = await this.#qmp.command('query-chardev')
    const { filename } = all.find(({ label }) => label === chardev)
    return /(127\.0\.0\.1:\d+),server/.exec(filename)[1]
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
