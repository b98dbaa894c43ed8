/** What is proven in the virtual machine: name → check. Each starts with the adapter plugged in as /dev/ttyUSB0 and leaves it so. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Rfc2217Client } from './rfc2217-client.mjs'
import { until } from './wait.mjs'

/** Where shares of the guest listen, reachable from here. */
export const SHARE_PORT = 7000

const DEVICE = '/dev/ttyUSB0'
export const SERIAL = 'FARPORT1'
const NOBODY = 65534
const NOGROUP = 65534
const BLOCK = 64 * 1024

export const CHECKS = {
  async 'list: the facts of the real sysfs and of udev'(machine) {
    await plugged(machine)
    const { code, stdout, stderr } = await machine.run(machine.farport('list', '--json'))
    assert.equal(code, 0, stderr)
    const { users, physicalPath, byPath, ...port } = JSON.parse(stdout).ports.find(
      ({ path }) => path === DEVICE
    )
    assert.deepEqual(port, {
      path: DEVICE,
      manufacturer: 'QEMU',
      product: 'QEMU USB SERIAL',
      serialNumber: SERIAL,
      vendorId: '0403',
      productId: '6001',
      interfaceNumber: 0,
      driver: 'ftdi_sio',
      byId: [`/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_${SERIAL}-if00-port0`]
    })
    assert.deepEqual(users, [])
    assert.match(physicalPath, /^usb-\d+-1:1\.0$/)
    assert.equal(byPath.length, 1)
    assert.match(byPath[0], /^\/dev\/serial\/by-path\/pci-.*-usb-0:1:1\.0-port0$/)
    const listed = await machine.run(['ls', '/dev/serial/by-path'])
    assert.equal(`/dev/serial/by-path/${listed.stdout.trim()}`, byPath[0])
  },

  async 'list: who has the port open'(machine, { after }) {
    const { share } = await shared(machine, after)
    const { stdout } = await machine.run(machine.farport('list', '--json'))
    const port = JSON.parse(stdout).ports.find(({ path }) => path === DEVICE)
    assert.equal(port.users.length, 1)
    assert.equal(port.users[0].pid, share.pid)
  },

  async 'share: 64 KiB both ways byte for byte'(machine, { after }) {
    const { client } = await shared(machine, after)
    machine.device.forget()
    const [there, back] = [randomBytes(BLOCK), randomBytes(BLOCK)]
    client.write(there)
    await until('64 KiB at the device', () => machine.device.got.length >= BLOCK, 20_000)
    machine.device.say(back)
    await until('64 KiB at the client', () => client.data.length >= BLOCK, 20_000)
    assert.equal(digest(machine.device.got), digest(there))
    assert.equal(digest(client.data), digest(back))
  },

  async 'share: both ways at once'(machine, { after }) {
    const { client } = await shared(machine, after)
    machine.device.forget()
    const [there, back] = [randomBytes(BLOCK), randomBytes(BLOCK)]
    client.write(there)
    machine.device.say(back)
    const done = () => machine.device.got.length >= BLOCK && client.data.length >= BLOCK
    await until('64 KiB at both ends', done, 20_000)
    assert.equal(digest(machine.device.got), digest(there))
    assert.equal(digest(client.data), digest(back))
  },

  async 'settings: in place, as the client asked, nothing reopened'(machine, { after }) {
    const { client } = await shared(machine, after, '-b', '9600')
    const since = machine.trace()
    assert.equal(await client.baud(0), 9600)
    for (const rate of [115200, 74880, 250000]) {
      assert.equal(await client.baud(rate), rate)
      await toldRate(since, rate)
    }
    assert.equal(await client.line('7E2'), '7E2')
    await told(since, /set_data .*parity E, data bits 7, stop bits 2$/)
    assert.equal(await client.line('8O1'), '8O1')
    await told(since, /set_data .*parity O, data bits 8, stop bits 1$/)
    assert.deepEqual(await client.ask(5, 3), [3]) // RTS/CTS
    await told(since, /set_flow_control .* 1$/)
    assert.deepEqual(await client.ask(5, 2), [2]) // XON/XOFF
    await told(since, /set_xonxoff .*xon 0x11 xoff 0x13/)
    assert.deepEqual(await client.ask(5, 1), [1])
    assert.equal(await client.line('8N1'), '8N1')
    assert.deepEqual(reopened(since()), [], 'the adapter was reset or its lines were dropped')
    machine.device.forget()
    client.write('still there')
    await until('the text at the device', () => machine.device.got.includes('still there'))
  },

  async 'settings: what the adapter cannot do is answered with what it does'(machine, { after }) {
    const { client } = await shared(machine, after)
    // An FT232B has 7 and 8 data bits (the driver puts back what it had before) and at most 3 Mbit/s.
    assert.deepEqual(await client.ask(2, 7), [7])
    assert.deepEqual(await client.ask(2, 6), [7])
    const rate = await client.baud(12_000_000)
    assert.ok(rate <= 3_000_000, `answered ${rate} bit/s`)
  },

  async 'lines: DTR, RTS and break reach the adapter'(machine, { after }) {
    const { client } = await shared(machine, after)
    const since = machine.trace()
    assert.deepEqual(await client.ask(5, 9), [9]) // DTR off
    await told(since, /control 0x4001, value 0x100$/)
    assert.deepEqual(await client.ask(5, 8), [8])
    await told(since, /control 0x4001, value 0x101$/)
    assert.deepEqual(await client.ask(5, 12), [12]) // RTS off
    await told(since, /control 0x4001, value 0x200$/)
    assert.deepEqual(await client.ask(5, 11), [11])
    await told(since, /control 0x4001, value 0x202$/)
    assert.deepEqual(await client.ask(5, 5), [5]) // break
    await told(since, /control 0x4004, value 0x4[0-7]08$/)
    assert.deepEqual(await client.ask(5, 6), [6])
    await told(since, /control 0x4004, value 0x8$/)
  },

  async 'lines: modem state as the adapter gives it'(machine, { after }) {
    const { client } = await shared(machine, after)
    // QEMU's adapter without a real port behind it: CTS, DSR and DCD are on, RI is off.
    await until('the modem state', () => client.modemState)
    assert.deepEqual(client.modemState, { cts: true, dsr: true, dcd: true, ri: false })
  },

  async 'options: hang-up, initial lines, low latency, RS-485'(machine) {
    await plugged(machine)
    let since = machine.trace()
    await sent(machine, '--dtr', 'off', '--rts', 'off')
    await told(since, /control 0x4001, value 0x300$/)
    since = machine.trace()
    await sent(machine)
    assert.deepEqual(dropped(since()), [], 'closing dropped a line')
    since = machine.trace()
    await sent(machine, '--hang-up')
    assert.notDeepEqual(dropped(since()), [], 'closing dropped no line')
    since = machine.trace()
    await sent(machine, '--low-latency')
    await told(since, /control 0x4009, value 0x1$/)
    const { code, stderr } = await machine.run(machine.farport('send', DEVICE, 'x', '--rs485'))
    assert.equal(code, 2, stderr)
    assert.match(stderr, /no RS-485 mode/)
  },

  async 'send: what was sent left the adapter before the port was closed'(machine) {
    await plugged(machine)
    machine.device.forget()
    const text = randomBytes(4000).toString('hex')
    const { code, stderr } = await machine.run(machine.farport('send', DEVICE, text, '-b', '3000000'))
    assert.equal(code, 0, stderr)
    assert.equal(machine.device.got.toString(), text)
  },

  async 'busy: a second program is told who has it'(machine, { after }) {
    const { share, client } = await shared(machine, after)
    const again = machine.farport('send', DEVICE, 'x')
    const asRoot = await machine.run(again)
    assert.equal(asRoot.code, 3)
    assert.match(asRoot.stderr, new RegExp(`${DEVICE} is in use by .*\\b${share.pid}\\b`))
    const group = Number((await machine.run(['stat', '-c', '%g', DEVICE])).stdout)
    const asUser = await machine.run(again, { uid: NOBODY, gid: group })
    assert.equal(asUser.code, 3)
    assert.match(asUser.stderr, new RegExp(`${DEVICE} is in use by .*\\b${share.pid}\\b`))
    // Without the lock file flock and TIOCEXCL still say no.
    await machine.run(['rm', '/var/lock/LCK..ttyUSB0'])
    const unlocked = await machine.run(again)
    assert.equal(unlocked.code, 3)
    assert.match(unlocked.stderr, new RegExp(`${DEVICE} is in use by .*\\b${share.pid}\\b`))
    const flock = await machine.run(['flock', '-n', DEVICE, 'true'])
    assert.notEqual(flock.code, 0, 'flock was to be had')
    const open = await machine.run(['sh', '-c', `: <${DEVICE}`], { uid: NOBODY, gid: group })
    assert.match(open.stderr, /busy/i)
    machine.device.forget()
    client.write('mine')
    await until('the text at the device', () => machine.device.got.toString() === 'mine')
  },

  async 'busy: released with the last client'(machine, { after }) {
    const { client, share } = await shared(machine, after)
    client.end()
    await until('the lock file to go', async () => (await machine.run(['ls', '/var/lock'])).stdout === '')
    await sent(machine)
    assert.equal(share.exit, undefined)
  },

  async 'rights: another user is told what to do'(machine) {
    await plugged(machine)
    const { code, stderr } = await machine.run(machine.farport('send', DEVICE, 'x'), {
      uid: NOBODY,
      gid: NOGROUP
    })
    assert.equal(code, 3)
    assert.match(stderr, /dialout/)
  },

  async 'unplug: noticed at once, the client stays; replug: open again within 1 s'(machine, { after, note }) {
    const { share, client } = await shared(machine, after)
    let from = share.said
    await machine.unplug()
    const gone = await noNode(machine)
    const notice = await share.printed(/unplugged or hung up/, { from })
    note(`noticed ${ms(notice.atMs - gone)} after the node went`)
    assert.ok(notice.atMs - gone < 500)
    assert.equal(client.closed, false)
    from = share.said
    await machine.plug(SERIAL)
    const came = await node(machine, 'ttyUSB0')
    await backTo(machine, client)
    note(`open ${ms(await openedAfter(share, from, came))} after it came`)
    assert.equal(client.closed, false)
  },

  async 'unplug: while data flows both ways'(machine, { after }) {
    const { share, client } = await shared(machine, after)
    const flow = setInterval(() => {
      client.write(randomBytes(2048))
      machine.device.say(randomBytes(256))
    }, 2)
    after(() => clearInterval(flow))
    for (let round = 0; round < 3; round++) {
      const from = share.said
      await machine.unplug()
      await noNode(machine)
      await share.printed(/unplugged or hung up|does not answer/, { from })
      const back = share.said
      await machine.plug(SERIAL)
      await share.printed(/port open/, { from: back })
      assert.equal(client.closed, false)
    }
    clearInterval(flow)
  },

  async 'replug: into another socket'(machine, { after, note }) {
    const { share, client } = await shared(machine, after)
    for (const socket of [3, 1]) {
      await machine.unplug()
      await noNode(machine)
      const from = share.said
      await machine.plug(SERIAL, socket)
      const came = await node(machine, 'ttyUSB0')
      note(`open ${ms(await openedAfter(share, from, came))} after it came`)
      await backTo(machine, client)
    }
  },

  async 'replug: under another name, as somebody holds the old one'(machine, { after, note }) {
    const { share, client } = await shared(machine, after)
    const holder = machine.start(['sh', '-c', `exec 3<>${DEVICE}; echo held; exec sleep 100`])
    after(() => holder.stop('SIGKILL'))
    await holder.printed(/held/)
    const from = share.said
    await machine.unplug()
    await noNode(machine)
    await machine.plug(SERIAL)
    const came = await node(machine, 'ttyUSB1')
    await backTo(machine, client)
    note(`open ${ms(await openedAfter(share, from, came))} after it came`)
    await holder.stop('SIGKILL')
    await machine.unplug()
    await noNode(machine)
    await machine.plug(SERIAL)
    await node(machine, 'ttyUSB0')
    await backTo(machine, client)
  },

  async 'replug: another device of the same name is not opened'(machine, { after }) {
    const { share, client } = await shared(machine, after)
    await machine.unplug()
    await noNode(machine)
    const from = share.said
    const since = machine.trace()
    await machine.plug('STRANGER')
    await node(machine, 'ttyUSB0')
    await share.printed(/is another device now .*STRANGER.*FARPORT1/, { from })
    // The bus resets whatever is plugged in; an open tells more.
    const told = reopened(since()).filter((line) => !/usb_serial_reset/.test(line))
    assert.deepEqual(told, [], 'the stranger was opened')
    assert.equal(client.closed, false)
    await machine.unplug()
    await noNode(machine)
    await machine.plug(SERIAL)
    await node(machine, 'ttyUSB0')
    await backTo(machine, client)
  },

  async 'settings: what the client set is there again after a replug'(machine, { after, note }) {
    const { share, client } = await shared(machine, after)
    assert.equal(await client.baud(19200), 19200)
    assert.equal(await client.line('7E1'), '7E1')
    await machine.unplug()
    await noNode(machine)
    const since = machine.trace()
    const from = share.said
    await machine.plug(SERIAL)
    const came = await node(machine, 'ttyUSB0')
    note(`open ${ms(await openedAfter(share, from, came))} after it came`)
    await backTo(machine, client)
    await toldRate(since, 19200)
    await told(since, /set_data .*parity E, data bits 7, stop bits 1$/)
    assert.equal(await client.baud(0), 19200)
  },

  async 'idle: a share with a client costs next to nothing'(machine, { after, note }) {
    const { share } = await shared(machine, after)
    // No clients of /proc in the way: two readings, the guest's clock ticks 100 times a second.
    const ticks = async () => {
      const { stdout } = await machine.run(['cat', `/proc/${share.pid}/stat`, '/proc/uptime'])
      const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(/\s+/)
      return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, at: Number(fields.at(-3)) }
    }
    const part = async (windowMs) => {
      const before = await ticks()
      await new Promise((resolve) => setTimeout(resolve, windowMs))
      const then = await ticks()
      return (then.cpu - before.cpu) / (then.at - before.at)
    }
    const inPercent = (share) => `${(share * 100).toFixed(1)} %`
    // The start goes on behind "ready": compilers and collectors, which take seconds without KVM. Told, not judged.
    const first = await part(5000)
    const idle = await part(10_000)
    note(`${inPercent(idle)} of a core, ${inPercent(first)} in the 5 s behind the start`)
    // Twenty times what it takes on a real processor: QEMU without KVM is that slow.
    assert.ok(
      idle < (machine.accelerator === 'kvm' ? 0.05 : 0.2),
      `${inPercent(idle)} of a core, ${inPercent(first)} in the 5 s behind the start`
    )
  }
}

/** The adapter is there under its first name. */
export async function plugged(machine) {
  if (machine.nodes.includes('ttyUSB0') && machine.plugged === SERIAL) return
  // A check before failed half way.
  if (machine.plugged !== undefined) {
    await machine.unplug()
    await noNode(machine)
  }
  await machine.plug(SERIAL)
  await node(machine, 'ttyUSB0')
  // udev gives it its group and its links.
  await until('udev', async () => (await machine.run(['ls', `/dev/serial/by-path`])).code === 0)
}

/** A share of the adapter and a client of it, with the device open. */
async function shared(machine, after, ...options) {
  await plugged(machine)
  const listen = `rfc2217://0.0.0.0:${SHARE_PORT}`
  const share = machine.start(
    machine.farport('share', DEVICE, '-b', '3000000', ...options, '--listen', listen, '--allow', 'anyone')
  )
  after(() => share.stop())
  await share.printed(/listening/, { limitMs: 30_000 })
  const since = machine.trace()
  const client = await Rfc2217Client.to(machine.port(SHARE_PORT))
  after(() => client.end())
  await told(since, /control 0x4001/)
  await client.baud(0)
  return { share, client }
}

/** `farport send` of a byte, with these options. */
async function sent(machine, ...options) {
  const { code, stderr } = await machine.run(machine.farport('send', DEVICE, 'x', ...options))
  assert.equal(code, 0, stderr)
}

/** A line of the trace that matches comes, or came since then. */
export function told(since, pattern, limitMs = 3000) {
  return until(
    `${pattern} in the trace:\n${since().join('\n')}`,
    () => since().find((line) => pattern.test(line)),
    limitMs
  )
}

/** The adapter was given that rate, as near as its divisors come (0.2 %). */
export function toldRate(since, rate, limitMs = 3000) {
  const near = (line) => Math.abs(Number(/set_baud .* (\d+)$/.exec(line)?.[1]) - rate) < rate / 200
  return until(`${rate} bit/s in the trace:\n${since().join('\n')}`, () => since().some(near), limitMs)
}

const RESET = /usb_serial_reset|control 0x4000, value 0x0/
const LINE_DROPPED = /control 0x4001, value 0x[1-3]0[0-2]$/

/** What only an open (or a close) tells the adapter. */
function reopened(lines) {
  return lines.filter((line) => RESET.test(line) || /control 0x4001/.test(line))
}

function dropped(lines) {
  return lines.filter((line) => LINE_DROPPED.test(line))
}

/** Resolves when the guest has no adapter any more: since when, by its clock. */
export async function noNode(machine) {
  await until('the node to go', () => machine.nodes.length === 0)
  return machine.nodesAtMs
}

async function node(machine, name) {
  await until(`/dev/${name}`, () => machine.nodes.includes(name))
  return machine.nodesAtMs
}

/** Data flows again, both ways. */
async function backTo(machine, client) {
  machine.device.forget()
  client.forget()
  const hello = setInterval(() => client.write('here?'), 20)
  try {
    await until('data at the device', () => machine.device.got.includes('here?'))
  } finally {
    clearInterval(hello)
  }
  machine.device.say('here!')
  await until('data at the client', () => client.data.includes('here!'))
}

/** How long after the node came the share had it open, by the guest's clock; that has to be within 1 s. */
async function openedAfter(share, from, cameAtMs) {
  const took = (await share.printed(/port open/, { from })).atMs - cameAtMs
  assert.ok(took < 1000, `open ${ms(took)} after the node came`)
  return took
}

const ms = (time) => `${Math.round(time)} ms`
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')
