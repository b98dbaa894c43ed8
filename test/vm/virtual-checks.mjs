/**
 * A remote port as a USB adapter of the guest: Farport, vhci_hcd and cdc_acm there, pyserial and avrdude at /dev/farport/NAME. The far port
 * is the FTDI adapter, shared by another Farport, so that QEMU's trace shows what arrived: name → check.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { plugged, SERIAL, told, toldRate } from './checks.mjs'
import { TOP } from './machine.mjs'
import { until } from './wait.mjs'

/** Debian's; what runs in the guest is the host's. */
const PYTHON = '/usr/bin/python3'
const PYSERIAL = '/usr/lib/python3/dist-packages/serial'
const AVRDUDE = '/usr/bin/avrdude'

const FAR = 'rfc2217://127.0.0.1:7001'
const ECHO = 'rfc2217://127.0.0.1:7002'
const STATUS = '/sys/devices/platform/vhci_hcd.0/status'
const NOBODY = 65534
/** A first use loads half the program, which takes its time without KVM on a busy computer. */
const LONG_MS = 40_000
const MEBIBYTE = 1 << 20

export const VIRTUAL_CHECKS = {
  async 'usb: a link is /dev/farport/NAME; settings, lines, breaks, avrdude; unplug and replug'(
    machine,
    { after, note }
  ) {
    await installed(machine)
    await plugged(machine)
    await shareOf(machine, after, '/dev/ttyUSB0', FAR)
    const { address, tookMs } = await linked(machine, after, FAR, 'gps')
    note(`there after ${seconds(tookMs)}`)
    assert.equal(address, '/dev/farport/gps')
    const node = (await machine.run(['readlink', '-f', address])).stdout.trim()
    assert.match(node, /^\/dev\/ttyACM\d$/)
    assert.equal((await machine.run(['stat', '-c', '%G %a', node])).stdout, 'dialout 660\n')
    const { stdout } = await machine.run(['udevadm', 'info', '-q', 'property', node])
    assert.match(stdout, /^ID_MM_PORT_IGNORE=1$/m)
    assert.match(stdout, /^DEVLINKS=.*\/dev\/serial\/by-id\/usb-farport\.localhost_/m)
    if (existsSync(PYSERIAL)) await pyserialSets(machine, after, address)
    else note('without pyserial, which is not installed')
    if (existsSync(AVRDUDE)) await avrdudeResets(machine, after, address)
    else note('without avrdude, which is not installed')
  },

  async 'usb: 1 MiB both ways byte for byte; kill -9 of Farport leaves nothing'(machine, { after, note }) {
    await installed(machine)
    await shareOf(machine, after, 'sim:echo?baud=3000000', ECHO)
    const { link, address } = await linked(machine, after, ECHO, 'echo')
    assert.equal(address, '/dev/farport/echo')
    if (existsSync(PYSERIAL)) {
      const program = machine.start([PYTHON, '-c', ECHOING, address, String(MEBIBYTE)])
      after(() => program.stop('SIGKILL'))
      const { match } = await program.printed(/same (.*)/, { limitMs: 120_000 })
      note(match[1])
    } else note('without pyserial, which is not installed')
    await link.stop('SIGKILL')
    await nothingLeft(machine)
    const again = await linked(machine, after, ECHO, 'echo')
    assert.equal(again.address, '/dev/farport/echo')
    assert.equal(await again.link.stop(), 0)
    await nothingLeft(machine)
  },

  async 'usb: without root by the helper, which plugs in nothing but serial adapters of Farport'(
    machine,
    { after, note }
  ) {
    await installed(machine)
    const group = Number((await machine.run(['getent', 'group', 'dialout'])).stdout.split(':')[2])
    const inetd = machine.start([process.execPath, join(TOP, 'test/vm/usb-inetd.mjs'), String(group)])
    after(() => inetd.stop('SIGKILL'))
    await inetd.printed(/listening/, { limitMs: 30_000 })
    const connect = machine.farport('connect', 'sim:echo', 'usb:mine', '--standalone')
    const stranger = machine.start(connect, { uid: NOBODY, gid: NOBODY })
    await stranger.ended(60_000)
    assert.match(stranger.stderr, /Only members of the group/)

    const { link, tookMs } = await linked(machine, after, 'sim:echo', 'mine', { uid: NOBODY, gid: group })
    note(`there after ${seconds(tookMs)}`)
    assert.match(link.stdout, /ready \/dev\/farport\/mine/)
    await inetd.printed(/helper ended with 0/, { limitMs: 30_000 })
    await link.stop()
    await nothingLeft(machine)

    // A board with a serial port, but of another maker: it gets no driver, and is unplugged.
    const board = JSON.stringify({ helper: '/run/farport-usb.sock', product: 0x8036, serial: 'OTHER' })
    const other = machine.start([process.execPath, join(TOP, 'test/vm/usb-board.mjs'), board])
    after(() => other.stop())
    await other.printed(/helper port \d+/, { limitMs: 30_000 })
    await inetd.printed(/unplugged what is not a serial adapter of Farport: its USB id/, { limitMs: 30_000 })
    await other.printed(/left/)
    assert.doesNotMatch(other.stdout, /rate|lines/, 'a driver had it')
    await nothingLeft(machine)
    const defaults = 'cat /sys/devices/platform/vhci_hcd.*/usb*/interface_authorized_default | sort -u'
    assert.equal((await machine.run(['sh', '-c', defaults])).stdout, '1\n')
  }
}

/** 57600 7E2, DTR, RTS, a break, data both ways; then the far device is unplugged, which is carrier lost, and comes back. */
async function pyserialSets(machine, after, address) {
  const since = machine.trace()
  machine.device.forget()
  const program = machine.start([PYTHON, '-c', SETTING, address])
  after(() => program.stop('SIGKILL'))
  await program.printed(/opened/, { limitMs: LONG_MS })
  await toldRate(since, 57600, LONG_MS)
  await told(since, /set_data .*parity E, data bits 7, stop bits 2$/, LONG_MS)
  await program.printed(/break off/, { limitMs: LONG_MS })
  for (const pattern of LINES) await told(since, pattern, LONG_MS)
  await until('what it wrote', () => machine.device.got.includes('hello'), LONG_MS)
  machine.device.say('there')
  await program.printed(/read b'there'/, { limitMs: LONG_MS })
  // QEMU's adapter drives DSR and DCD; CDC-ACM has no CTS, which Linux then takes for on.
  await program.printed(/dsr True dcd True ri False cts True/, { limitMs: LONG_MS })
  await machine.unplug()
  await program.printed(/dsr False dcd False/, { limitMs: LONG_MS })
  await machine.plug(SERIAL)
  await program.printed(/dsr True dcd True again/, { limitMs: LONG_MS })
  machine.device.forget()
  await program.printed(/wrote/, { limitMs: LONG_MS })
  await until('what it wrote then', () => machine.device.got.includes('back'), LONG_MS)
  assert.equal(await program.ended(), 0)
}

/** DTR off and on again, then the question of its protocol: STK_GET_SYNC, CRC_EOP. */
async function avrdudeResets(machine, after, address) {
  const since = machine.trace()
  machine.device.forget()
  const words = ['-c', 'arduino', '-p', 'm328p', '-b', '115200', '-P', address, '-n']
  const avrdude = machine.start([AVRDUDE, ...words])
  after(() => avrdude.stop('SIGKILL'))
  const value = (line) => /control 0x4001, value 0x(100|101)$/.exec(line)?.[1]
  const pulse = () => since().map(value).filter(Boolean).join(' ').includes('100 101')
  await until('DTR off and on', pulse, LONG_MS)
  await until('its question', () => machine.device.got.includes(Buffer.from([0x30, 0x20])), LONG_MS)
}

/** No adapter, no name, and every port of vhci-hcd free. */
async function nothingLeft(machine) {
  await until('the adapter to go', () => !machine.nodes.some((name) => name.startsWith('ttyACM')))
  await until('its name to go', async () => (await machine.run(['ls', '/dev/farport'])).stdout === '')
  const status = await machine.run(['cat', STATUS])
  assert.doesNotMatch(status.stdout, /^[hs]s +\d+ 00[567]/m)
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** As QEMU's FTDI adapter is told: DTR off and on, RTS off and on, a break (0x4000) and its end, at 7E2. */
const LINES = [
  /control 0x4001, value 0x100$/,
  /control 0x4001, value 0x101$/,
  /control 0x4001, value 0x200$/,
  /control 0x4001, value 0x202$/,
  /control 0x4004, value 0x5[0-7]07$/,
  /control 0x4004, value 0x1[0-7]07$/
]

const SETTING = `
import serial, sys, time
port = serial.Serial(sys.argv[1], 57600, bytesize=7, parity='E', stopbits=2, timeout=30)
print('opened', flush=True)
for line in ('dtr', 'rts'):
    for on in (False, True):
        setattr(port, line, on)
        time.sleep(0.1)
port.break_condition = True
time.sleep(0.1)
port.break_condition = False
print('break off', flush=True)
port.write(b'hello')
print('read', port.read(5), flush=True)
print('dsr', port.dsr, 'dcd', port.cd, 'ri', port.ri, 'cts', port.cts, flush=True)
while port.dsr or port.cd:
    time.sleep(0.05)
print('dsr', port.dsr, 'dcd', port.cd, flush=True)
while not (port.dsr and port.cd):
    time.sleep(0.05)
print('dsr', port.dsr, 'dcd', port.cd, 'again', flush=True)
port.write(b'back')
port.flush()
print('wrote', flush=True)
`

const ECHOING = `
import hashlib, os, serial, sys, threading, time
port = serial.Serial(sys.argv[1], 3000000, timeout=60)
there = os.urandom(int(sys.argv[2]))
port.write(b'?')
port.read(1)
began = time.time()
writer = threading.Thread(target=lambda: port.write(there))
writer.start()
back = port.read(len(there))
took = time.time() - began
writer.join()
assert back == there, 'other bytes came back: %d of %d' % (len(back), len(there))
laps = []
for _ in range(200):
    began = time.time()
    port.write(b'x')
    port.read(1)
    laps.append(time.time() - began)
print('same %.2f MB/s each way, a byte there and back in %.1f ms' % (len(there) / took / 1e6, sorted(laps)[100] * 1000), flush=True)
`

/** The udev rule and the helper as \`farport usb --install\` leaves them; the guest has no systemd and no modprobe of its own. */
async function installed(machine) {
  await machine.run([
    'sh',
    '-c',
    'mkdir -p /run/systemd/system /tmp/bin; for each in systemctl modprobe; do ln -sf /bin/true /tmp/bin/$each; done'
  ])
  const install = machine.start([
    'env',
    `PATH=/tmp/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...machine.farport('usb', '--install')
  ])
  assert.equal(await install.ended(LONG_MS), 0, install.stderr)
}

/** A share in the guest that listens. */
async function shareOf(machine, after, device, url) {
  const share = machine.start(machine.farport('share', device, '--standalone', '--listen', url))
  after(() => share.stop())
  await share.printed(/listening/, { limitMs: LONG_MS })
  return share
}

/** A link in the guest: where programs find it. */
async function linked(machine, after, far, name, as = {}) {
  const link = machine.start(machine.farport('connect', far, `usb:${name}`, '--standalone'), as)
  after(() => link.stop())
  const from = performance.now()
  const { match } = await link.printed(/ready (\S+)/, { limitMs: 60_000 })
  return { link, address: match[1], tookMs: performance.now() - from }
}
