/**
 * The 1200 bit/s touch on a board that leaves USB and comes back as another product, on Linux's own cdc_acm: name → check. The board
 * is usb-board.mjs; nothing of it is there before a check or after it.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { TOP } from './machine.mjs'
import { until } from './wait.mjs'

const PRODUCT = 0x8036
const BOOTLOADER = 0x0036
const [SERIAL, STRANGER] = ['BOARD1', 'BOARD2']

const COME_BACK = '/tmp/come-back'

export const BOARD_CHECKS = {
  async 'touch: the board comes back as another product in its socket'(machine, { after }) {
    // A bootloader without a serial number: its socket alone tells who it is.
    const board = await boarded(machine, after, {
      serial: SERIAL,
      back: { product: BOOTLOADER, serial: '', when: COME_BACK }
    })
    const before = board.stdout.length
    const reset = touched(machine, 'ttyACM0')
    await until('the board to go', () => machine.nodes.length === 0, 20_000)
    await machine.run(['touch', COME_BACK])
    await followedTo(machine, reset, 'ttyACM0')
    // 1200 bit/s, then DTR off with RTS on; nothing behind it, which would call the board back.
    assert.match(
      board.stdout.slice(before),
      /^(lines 1 1\n)*rate 1200\n(lines 1 1\n)*lines 0 1\nleft\nhere 0036\n/
    )
  },

  async 'touch: it comes back under another name, as somebody holds the old one'(machine, { after }) {
    await boarded(machine, after, { serial: SERIAL, back: { product: BOOTLOADER, when: '/' } })
    const holder = machine.start(['sh', '-c', 'exec 3<>/dev/ttyACM0; echo held; exec sleep 100'])
    after(() => holder.stop('SIGKILL'))
    await holder.printed(/held/)
    await followedTo(machine, touched(machine, 'ttyACM0'), 'ttyACM1')
  },

  async 'touch: it comes back in another socket, and a stranger before it'(machine, { after }) {
    await boarded(machine, after, {
      serial: SERIAL,
      back: { product: BOOTLOADER, socket: 3, when: COME_BACK }
    })
    const reset = touched(machine, 'ttyACM0')
    await until('the board to go', () => machine.nodes.length === 0, 20_000)
    // Of the same maker and even the bootloader's product.
    await boarded(machine, after, { socket: 5, product: BOOTLOADER, serial: STRANGER })
    await machine.run(['touch', COME_BACK])
    await followedTo(machine, reset, 'ttyACM1')
    assert.equal(await fact(machine, 'ttyACM1', 'serial'), SERIAL)
  },

  async 'touch: a board that stays is told from one that stays away'(machine, { after }) {
    const deaf = await boarded(machine, after, { serial: SERIAL })
    const stayed = await touched(machine, 'ttyACM0', 1)
    assert.equal(stayed.code, 3, stayed.stderr)
    assert.match(stayed.stderr, /\/dev\/ttyACM0 did not leave within 1 s/)
    await deaf.stop()
    await until('the node of the board to go', () => machine.nodes.length === 0)
    await boarded(machine, after, { serial: SERIAL, back: {} })
    const away = await touched(machine, 'ttyACM0', 1)
    assert.equal(away.code, 3, away.stderr)
    assert.match(away.stderr, /\/dev\/ttyACM0 left, and no serial port came back within 1 s/)
  }
}

/** A board that was plugged in, with its node and what udev makes of it there. */
async function boarded(machine, after, { socket = 0, product = PRODUCT, ...rest }) {
  if (machine.plugged !== undefined) await machine.unplug()
  await until('nothing else to be there', () => !machine.nodes.includes('ttyUSB0'))
  const before = machine.nodes.length
  const board = machine.start([
    process.execPath,
    join(TOP, 'test/vm/usb-board.mjs'),
    JSON.stringify({ socket, product, ...rest })
  ])
  after(async () => {
    const there = machine.nodes.length
    await board.stop()
    await machine.run(['rm', '-f', COME_BACK])
    if (there > 0) await until('the node of the board to go', () => machine.nodes.length < there)
  })
  await board.printed(/^here/, { limitMs: 20_000 })
  await until("the board's node", () => machine.nodes.length > before)
  await machine.run(['udevadm', 'settle'])
  return board
}

function touched(machine, name, timeout = 30) {
  return machine.run(
    machine.farport('reset', `/dev/${name}`, '--profile', '1200-touch', '--timeout', String(timeout))
  )
}

/** The reset ends with that name, which is the bootloader's. */
async function followedTo(machine, reset, name) {
  const { code, stdout, stderr } = await reset
  assert.equal(code, 0, stderr)
  assert.equal(stdout, `/dev/${name}\n`)
  assert.equal(await fact(machine, name, 'idProduct'), '0036')
}

/** What the kernel knows of the USB device behind that port. */
async function fact(machine, name, what) {
  return (await machine.run(['cat', `/sys/class/tty/${name}/device/../${what}`])).stdout.trim()
}
