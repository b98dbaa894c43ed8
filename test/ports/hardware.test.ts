import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import type { LineState, LineWish, ModemState } from '../../src-main/contract/line.ts'
import { flock } from '../../src-main/os/libc.ts'
import type { HardwareOptions } from '../../src-main/ports/hardware.ts'
import { openHardware } from '../../src-main/ports/hardware.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks, PYTHON } from '../peers/need.ts'
import { describeWithShim, makeShimmedPair } from '../shim/shim.ts'
import type { ShimmedPair } from '../shim/shim.ts'

const live = new AbortController().signal

let pair: ShimmedPair
let lockDirectory: string
let ports: Port[]

beforeEach(async () => {
  pair = await makeShimmedPair()
  lockDirectory = mkdtempSync(join(tmpdir(), 'locks-'))
  ports = []
})
afterEach(async () => {
  for (const port of ports) await port.close(DONE, 0)
  await pair.dispose()
  rmSync(lockDirectory, { recursive: true, force: true })
})

async function open(options: HardwareOptions = {}, wish: LineWish = {}): Promise<Port> {
  const port = await openHardware(pair.a.path, { lockDirectory, ...options }, wish, live)
  ports.push(port)
  return port
}

/** What stty, another program, reads. */
function stty(): string {
  const stdio = [pair.a.fd, 'pipe', 'pipe'] as const
  return spawnSync('stty', ['-a'], { encoding: 'utf8', env: pair.env, stdio: [...stdio] }).stdout
}

function calls(name?: string): string[] {
  const all = pair.log().filter(({ pid, end }) => pid === process.pid && end === 'a')
  return all.map(({ call }) => call).filter((call) => name === undefined || call === name)
}

function opens(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === pair.a.device
    } catch {
      return false // the directory's own descriptor, gone by now
    }
  }).length
}

/** Opens the far end, keeps it for the test. */
function farEnd(): { send(bytes: Uint8Array | string): void; receive(): Buffer; close(): void } {
  const fd = openSync(pair.b.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(65536)
  return {
    send: (bytes) => void writeSync(fd, Buffer.from(bytes)),
    receive() {
      try {
        return Buffer.from(buffer.subarray(0, readSync(fd, buffer)))
      } catch {
        return Buffer.alloc(0) // EAGAIN: nothing there yet
      }
    },
    close: () => closeSync(fd)
  }
}

describeWithShim('a hardware port', () => {
  it('changes every setting in place, and the device is never opened again', async () => {
    const port = await open({}, { baudRate: 9600 })
    expect(port.settings).toEqual({
      baudRate: 9600,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none'
    })
    const opened = calls('open').length
    const table: [LineWish, RegExp, object][] = [
      [{ baudRate: 115200 }, /speed 115200 baud/, {}],
      [{ baudRate: 250000 }, /^/, {}],
      [{ baudRate: 74880, dataBits: 7 }, /cs7/, { dataBits: 7 }],
      [{ dataBits: 6 }, /cs6/, { dataBits: 6 }],
      [{ dataBits: 5 }, /cs5/, { dataBits: 5 }],
      [{ stopBits: 1.5 }, /[^-]cstopb/, {}],
      [{ dataBits: 8, stopBits: 1 }, /-cstopb/, {}],
      [{ stopBits: 2 }, /[^-]cstopb/, {}],
      [{ parity: 'odd' }, /[^-]parenb [^-]*parodd/, { parity: 'odd' }],
      [{ parity: 'even' }, /[^-]parenb -parodd/, { parity: 'even' }],
      [{ parity: 'mark' }, /[^-]parenb [^-]*parodd [^-]*cmspar/, { parity: 'mark' }],
      [{ parity: 'space' }, /[^-]parenb -parodd [^-]*cmspar/, { parity: 'space' }],
      [{ parity: 'none' }, /-parenb/, { parity: 'none' }],
      [{ flowControl: 'rtscts' }, /[^-]crtscts/, {}],
      [{ flowControl: 'xonxoff' }, /-crtscts[^]*[^-]ixon [^-]*ixoff/, {}],
      [{ flowControl: 'none' }, /-crtscts[^]*-ixon -ixoff/, {}]
    ]
    let expected = port.settings
    for (const [wish, text, state] of table) {
      expected = { ...expected, ...wish }
      expect(await port.apply(wish, live)).toEqual(expected)
      expect(port.settings).toEqual(expected)
      expect(stty()).toMatch(text)
      expect(pair.a.state.seen).toMatchObject(state)
    }
    expect(opened).toBe(2) // ours, and libuv's
    expect(calls('open')).toHaveLength(opened)
    expect(calls('TCSETS2')).toHaveLength(table.length + 2) // raw, then the wish, when it was opened
    expect(calls('TCSETS')).toEqual([])
  })

  it('answers what the device made of a wish', async () => {
    pair.a.state.refuse('markSpace')
    const port = await open()
    expect(await port.apply({ dataBits: 8, stopBits: 1.5 }, live)).toMatchObject({ stopBits: 2 })
    expect(await port.apply({ parity: 'mark' }, live)).toMatchObject({ parity: 'odd' })
  })

  it('passes every byte as it is, both ways, and does not echo', async () => {
    const far = farEnd()
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
    far.send('before')
    const port = await open()
    const received: Uint8Array[] = []
    port.onData((chunk) => received.push(chunk))
    far.send(all)
    port.resume()
    await vi.waitFor(() =>
      expect(Buffer.concat(received)).toEqual(Buffer.concat([Buffer.from('before'), all]))
    )
    port.write(all)
    const arrived: Buffer[] = []
    await vi.waitFor(() => {
      arrived.push(far.receive())
      expect(Buffer.concat(arrived)).toEqual(all)
    })
    far.close()
  })

  it('is paused until it is resumed, and again', async () => {
    const far = farEnd()
    const port = await open()
    const received: string[] = []
    port.onData((chunk) => received.push(Buffer.from(chunk).toString()))
    port.resume()
    far.send('one')
    await vi.waitFor(() => expect(received).toEqual(['one']))
    port.pause()
    far.send('two')
    // The echo of something later proves that the earlier had its chance.
    port.write(Buffer.from('x'))
    await vi.waitFor(() => expect(far.receive().toString()).toBe('x'))
    expect(received).toEqual(['one'])
    port.resume()
    await vi.waitFor(() => expect(received).toEqual(['one', 'two']))
    far.close()
  })

  it('drives DTR, RTS and break without touching the other', async () => {
    const port = await open()
    expect(port.lines).toEqual({ dtr: true, rts: true, break: false }) // as Linux raises them
    expect(await port.control({ dtr: false })).toEqual({ dtr: false, rts: true, break: false })
    expect(pair.a.state.seen).toMatchObject({ dtr: false, rts: true })
    expect(await port.control({ rts: false, break: true })).toEqual({ dtr: false, rts: false, break: true })
    expect(pair.a.state.seen).toMatchObject({ dtr: false, rts: false, sendingBreak: true })
    expect(await port.control({ dtr: true, break: false })).toEqual({ dtr: true, rts: false, break: false })
    expect(calls('TIOCMSET')).toEqual([])
    expect(await port.control({})).toEqual(port.lines)
  })

  it.skipIf(lacks('python3'))('ends a break that a killed program left on the line', async () => {
    const TIOCSBRK = 0x5427
    const holder = [
      'import fcntl, os, signal, sys',
      `fcntl.ioctl(0, ${TIOCSBRK})`,
      'os.kill(os.getpid(), signal.SIGKILL)'
    ].join('\n')
    spawnSync(PYTHON, ['-c', holder], { env: pair.env, stdio: [pair.a.fd, 'ignore', 'inherit'] })
    expect(pair.a.state.seen).toMatchObject({ sendingBreak: true })
    await open()
    expect(pair.a.state.seen).toMatchObject({ sendingBreak: false })
  })

  it.each([
    [{ initialDtr: false }, false, true],
    [{ initialRts: false }, true, false],
    [{ initialDtr: false, initialRts: false }, false, false]
  ])('opens with %j', async (options, dtr, rts) => {
    const port = await open(options)
    expect(pair.a.state.seen).toMatchObject({ dtr, rts })
    expect(port.lines).toMatchObject({ dtr, rts })
  })

  it('leaves DTR and RTS alone unless asked', async () => {
    await (await open()).close(DONE, 0)
    expect(calls().filter((call) => call.startsWith('TIOCM'))).toEqual([])
    expect(pair.a.state.seen).toMatchObject({ dtr: true, rts: true })
  })

  it('tells of modem lines, and of a ring between two looks', async () => {
    pair.a.state.setModem({ cts: true })
    const clock = new FakeClock()
    const port = await open({ clock })
    expect(port.modemState).toEqual({ cts: true, dsr: false, dcd: false, ri: false })
    const states: ModemState[] = []
    port.onModemState((state) => states.push(state))
    await clock.advance(100)
    expect(states).toEqual([])
    pair.a.state.setModem({ dcd: true, dsr: true })
    await clock.advance(50)
    expect(states.splice(0)).toEqual([{ cts: true, dsr: true, dcd: true, ri: false }])
    pair.a.state.setModem({ ri: true })
    await clock.advance(50)
    pair.a.state.setModem({ ri: false })
    await clock.advance(50)
    expect(states.splice(0).map(({ ri }) => ri)).toEqual([true, false])
    pair.a.state.ring()
    await clock.advance(50)
    expect(states.map(({ ri }) => ri)).toEqual([true, false])
    expect(port.modemState.ri).toBe(false)
  })

  it('counts errors and breaks since the last report, not those before it was opened', async () => {
    pair.a.state.count({ framing: 5 })
    const clock = new FakeClock()
    const port = await open({ clock })
    const reports: LineState[] = []
    port.onLineState((state) => reports.push(state))
    await clock.advance(100)
    expect(reports).toEqual([])
    pair.a.state.count({ framing: 1, parity: 2, overrun: 3, break: 4 })
    await clock.advance(50)
    pair.a.state.count({ break: 1 })
    await clock.advance(50)
    expect(reports).toEqual([
      { framing: 1, parity: 2, overrun: 3, break: 4 },
      { framing: 0, parity: 0, overrun: 0, break: 1 }
    ])
  })

  it('asks an adapter that answers slowly less often, but at once when its counters moved', async () => {
    /** Each look at the time costs 5 ms: so does reading the lines. */
    class SlowClock extends FakeClock {
      #spentMs = 0
      override nowMs(): number {
        this.#spentMs += 5
        return super.nowMs() + this.#spentMs
      }
    }
    for (const counters of [true, false]) {
      pair.a.state.refuse(...(counters ? [] : (['counters'] as const)))
      const clock = new SlowClock()
      const port = await open({ clock })
      let changes = 0
      port.onModemState(() => changes++)
      await clock.advance(30)
      pair.a.state.setModem({ cts: counters })
      await clock.advance(30)
      expect(changes).toBe(counters ? 1 : 0)
      await clock.advance(300)
      expect(changes).toBe(1)
      port.abort(DONE)
    }
  })

  it('tells of modem lines also where the driver keeps no counters', async () => {
    pair.a.state.refuse('counters')
    const clock = new FakeClock()
    const port = await open({ clock })
    const next = once(port.onModemState)
    pair.a.state.setModem({ dsr: true })
    await clock.advance(50)
    expect(await next).toMatchObject({ dsr: true })
  })

  it('sends a break of the length asked for; overlapping ones end with the last', async () => {
    const clock = new FakeClock()
    const port = await open({ clock })
    const ended: string[] = []
    void port.sendBreak(100).then(() => ended.push('first'))
    void port.sendBreak(300).then(() => ended.push('second'))
    await clock.advance(99)
    expect([ended, pair.a.state.sendingBreak]).toEqual([[], true])
    await clock.advance(2)
    expect([ended, pair.a.state.sendingBreak]).toEqual([['first'], true])
    await clock.advance(200)
    expect([ended, pair.a.state.sendingBreak]).toEqual([['first', 'second'], false])
    const last = port.sendBreak(1000)
    port.abort(DONE)
    await last
    expect(pair.a.state.sendingBreak).toBe(false)
  })

  it('takes a rate where another program left the terminal at baud 0', async () => {
    spawnSync('stty', ['-F', pair.a.path, '0'], { env: pair.env })
    expect((await open()).settings.baudRate).toBe(9600)
    expect(pair.a.state.dtr).toBe(true)
  })

  it.each([
    [{}, /-hupcl[^]*[^-]clocal/],
    [{ hangUpOnClose: true, local: false }, /[^-]hupcl[^]*-clocal/]
  ])('sets hang-up and carrier with %j', async (options, text) => {
    await open(options)
    expect(stty()).toMatch(text)
  })

  it('asks for low latency and RS-485', async () => {
    await open({ lowLatency: true, rs485: { delayBeforeSendMs: 2, delayAfterSendMs: 3 } })
    expect(pair.a.state.serialFlags & 0x2000).toBe(0x2000)
    expect(pair.a.state.rs485).toEqual([3, 2, 3]) // enabled, RTS on send
  })

  it('warns where low latency is refused, and fails where RS-485 is', async () => {
    pair.a.state.refuse('lowLatency', 'rs485')
    const warnings: string[] = []
    await open({ lowLatency: true, onWarning: (message) => warnings.push(message) })
    expect(warnings).toEqual([expect.stringContaining('EPERM')])
    await ports.pop()?.close(DONE, 0)
    await expect(open({ rs485: {} })).rejects.toMatchObject({ code: 'unsupported' })
    expect(opens()).toBe(1) // the pair's own
    await open()
  })

  it('opens a board whose firmware knows no break', async () => {
    pair.a.state.refuse('break')
    const port = await open()
    expect(await port.control({ break: true })).toMatchObject({ dtr: true, rts: true })
    expect(await port.control({ dtr: false })).toMatchObject({ dtr: false })
  })

  it('has unknown lines where the device has none, and remembers what it was told', async () => {
    pair.a.state.refuse('modem')
    const port = await open({ initialDtr: false })
    expect(port.modemState).toEqual({ cts: 'unknown', dsr: 'unknown', dcd: 'unknown', ri: 'unknown' })
    expect(port.lines).toMatchObject({ dtr: false, rts: true })
    expect(await port.control({ rts: false })).toEqual({ dtr: false, rts: false, break: false })
    expect(port.capabilities.modem.size + port.capabilities.control.size).toBe(0)
    expect(await port.apply({ parity: 'even', dataBits: 7 }, live)).toMatchObject({
      parity: 'even',
      dataBits: 7
    })
  })
})

describeWithShim('opening and closing', () => {
  it('refuses a second opener, names the first, and touches nothing', async () => {
    const port = await open({}, { baudRate: 19200 })
    const before = calls('TCSETS2').length
    await expect(open({}, { baudRate: 300 })).rejects.toMatchObject({ code: 'device-busy' })
    rmSync(join(lockDirectory, readdirSync(lockDirectory)[0]!))
    rmSync(join(lockDirectory, readdirSync(lockDirectory)[0]!))
    await expect(open({ whoHolds: () => Promise.resolve('minicom') })).rejects.toMatchObject({
      code: 'device-busy',
      message: `${pair.a.path} is in use by minicom: end that first`
    })
    await expect(open()).rejects.toThrow('in use by this program itself')
    expect(calls('TCSETS2')).toHaveLength(before)
    expect(port.settings.baudRate).toBe(19200)
    await port.close(DONE, 0)
    await open()
  })

  it('heeds the lock of another program, whatever its kind', async () => {
    const fd = openSync(pair.a.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    flock(fd, 2 | 4)
    await expect(open()).rejects.toMatchObject({ code: 'device-busy' })
    expect(calls('TCSETS2')).toEqual([])
    expect(readdirSync(lockDirectory)).toEqual([])
    closeSync(fd)
    writeFileSync(join(lockDirectory, `LCK..pts_${pair.a.device.slice(9)}`), `${process.ppid}\n`)
    await expect(open()).rejects.toThrow(`process ${process.ppid}`)
    await open({ lock: false })
  })

  it('holds flock, the kernel mark and the lock file while it is open, and nothing after', async () => {
    const fd = openSync(pair.a.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    const port = await open()
    expect(() => flock(fd, 2 | 4)).toThrow('flock')
    expect(readdirSync(lockDirectory)).toContain(`LCK..pts_${pair.a.device.slice(9)}`)
    expect(calls().filter((call) => /EXCL|NXCL/.test(call))).toEqual(['TIOCEXCL'])
    await port.close(DONE, 0)
    flock(fd, 2 | 4)
    closeSync(fd)
    expect(calls().filter((call) => /EXCL|NXCL/.test(call))).toEqual(['TIOCEXCL', 'TIOCNXCL'])
    expect(readdirSync(lockDirectory)).toEqual([])
    expect(opens()).toBe(1)
  })

  it('leaves nothing open or locked when opening is aborted, at any moment', async () => {
    for (const moment of ['before the locks', 'with the locks taken']) {
      let aborted = false
      while (!aborted) {
        const stop = new AbortController()
        const state = { settled: false }
        const opening = openHardware(pair.a.path, { lockDirectory }, {}, stop.signal)
        const outcome = opening.then(
          async (port) => {
            state.settled = true
            await port.close(DONE, 0)
            return 'opened'
          },
          (error: unknown) => error
        )
        const locked = moment === 'with the locks taken'
        while (locked && !state.settled && readdirSync(lockDirectory).length === 0) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        // Opened before we could look: then it is no try.
        aborted = !state.settled
        stop.abort('changed my mind')
        expect(await outcome).toBe(aborted ? 'changed my mind' : 'opened')
        expect(opens()).toBe(1)
        expect(readdirSync(lockDirectory)).toEqual([])
      }
    }
    await expect(openHardware(pair.a.path, { lockDirectory }, {}, AbortSignal.abort('no'))).rejects.toBe('no')
  })

  it.each([
    ['/dev/does-not-exist', 'device-missing'],
    ['/dev', 'device-not-serial'],
    ['/etc/passwd', 'device-not-serial'],
    ['/etc/passwd/x', 'device-missing']
  ])('says of %s: %s', async (path, code) => {
    await expect(openHardware(path, { lockDirectory }, {}, live)).rejects.toMatchObject({ code })
    expect(readdirSync(lockDirectory)).toEqual([])
  })

  it.each(['reading', 'paused'])('notices an unplug at once while %s, and says so once', async (state) => {
    const port = await open()
    if (state === 'reading') port.resume()
    const reasons: CloseReason[] = []
    port.onClose((reason) => reasons.push(reason))
    const closed = once(port.onClose)
    const start = performance.now()
    await pair.unplug()
    expect(await closed).toMatchObject({ code: 'unplugged' })
    expect(performance.now() - start).toBeLessThan(500)
    port.abort(DONE)
    expect(await port.close(DONE, 1000)).toBe(0)
    expect(port.write(Buffer.from('x'))).toBe(true)
    expect(reasons).toHaveLength(1)
    await expect(port.apply({ baudRate: 300 }, live)).rejects.toMatchObject({ code: 'device-unplugged' })
    await expect(port.control({ dtr: true })).rejects.toMatchObject({ code: 'device-unplugged' })
    expect(opens()).toBe(0)
    expect(readdirSync(lockDirectory)).toEqual([])
  })

  it('drains before it closes, and gives the line back', async () => {
    const port = await open()
    pair.freeze()
    const sent = Buffer.alloc(300_000, 'farport ')
    for (let offset = 0; offset < sent.length; offset += 4096)
      port.write(sent.subarray(offset, offset + 4096))
    expect(port.queued).toBeGreaterThan(0)
    const closing = port.close(DONE, 10_000)
    const again = port.close(DONE, 10_000)
    port.write(Buffer.from('too late'))
    pair.thaw()
    const far = farEnd()
    const arrived: Buffer[] = []
    await vi.waitFor(
      () => {
        arrived.push(far.receive())
        expect(arrived.reduce((sum, each) => sum + each.length, 0)).toBe(sent.length)
      },
      { interval: 1, timeout: 5000 }
    )
    expect(Buffer.concat(arrived).equals(sent)).toBe(true)
    expect([await closing, await again]).toEqual([0, 0])
    far.close()
  })

  it('gives up draining at the limit and says what was left', async () => {
    const clock = new FakeClock()
    const port = await open({ clock })
    pair.freeze()
    while (port.write(Buffer.alloc(4096)));
    const { queued } = port
    let lost: number | undefined
    void port.close(DONE, 2000).then((bytes) => (lost = bytes))
    await clock.advance(1999)
    expect(lost).toBeUndefined()
    const closed = once(port.onClose)
    await clock.advance(10)
    expect(await closed).toEqual(DONE)
    await vi.waitFor(() => expect(lost).toBe(queued))
    expect(calls('TCFLSH')).toEqual([]) // it would discard what the far end has not read
  })

  it('says false above the mark, fires onDrain once below it, and keeps order', async () => {
    const port = await open()
    pair.freeze()
    const chunk = Buffer.alloc(1000, 1)
    let written = 0
    do written += chunk.length
    while (port.write(chunk))
    expect(port.queued).toBeGreaterThan(4096)
    expect(port.queued).toBeLessThanOrEqual(4096 + chunk.length)
    port.write(Buffer.alloc(1, 2))
    let drains = 0
    port.onDrain(() => drains++)
    const drained = once(port.onDrain)
    pair.thaw()
    const far = farEnd()
    const arrived: Buffer[] = []
    await vi.waitFor(
      () => {
        arrived.push(far.receive())
        expect(arrived.reduce((sum, each) => sum + each.length, 0)).toBe(written + 1)
      },
      { interval: 1, timeout: 5000 }
    )
    await drained
    expect(drains).toBe(1)
    expect(Buffer.concat(arrived).indexOf(2)).toBe(written)
    expect(port.queued).toBe(0)
    expect(port.write(chunk)).toBe(true)
    far.close()
  })

  it('forgets what waits when the transmit side is purged', async () => {
    const port = await open()
    pair.freeze()
    while (port.write(Buffer.alloc(64 * 1024)));
    const drained = once(port.onDrain)
    port.purge('transmit')
    await drained
    expect(port.queued).toBeLessThanOrEqual(16) // what libuv waits with
    pair.thaw()
    await vi.waitFor(() => expect(port.queued).toBe(0))
  })

  it('applies new settings after the bytes before them, but waits no longer than 1 s', async () => {
    const clock = new FakeClock()
    const port = await open({ clock })
    pair.freeze()
    while (port.write(Buffer.alloc(4096)));
    let answered = false
    const applied = port.apply({ baudRate: 4800 }, live).then((settings) => {
      answered = true
      return settings
    })
    await clock.advance(990)
    expect(answered).toBe(false)
    await clock.advance(20)
    expect(await applied).toMatchObject({ baudRate: 4800 })
    const stop = new AbortController()
    const aborted = port.apply({ baudRate: 300 }, stop.signal)
    stop.abort(new Error('no more'))
    await expect(aborted).rejects.toThrow('no more')
    expect(port.settings.baudRate).toBe(4800)
  })
})
