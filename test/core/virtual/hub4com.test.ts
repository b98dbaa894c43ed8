import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import { DEFAULT_SETTINGS, type ControlWish, type LineWish } from '../../../src-main/contract/line.ts'
import { com2tcp, findHub4com, hub4comMaker, hub4comOn } from '../../../src-main/core/virtual/hub4com.ts'
import { OUR_FAR, OUR_NEAR } from '../../../src-main/os/win32/com0com-driver.ts'
import { Hub4comSource } from '../../../src-main/sessions/hub4com-source.ts'
import type { Session, SessionSource } from '../../../src-main/sessions/session.ts'
import { FakeClock } from '../../fake-clock.ts'
import { Com0comWindows, type WindowsOptions } from '../../os/win32/com0com-windows.ts'
import { Com0comPair } from '../../sessions/com0com-pair.ts'

const STAND_IN = fileURLToPath(new URL('./hub4com-stand-in.mjs', import.meta.url))
const open: SessionSource[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.close(DONE)))
})

function maker(options: WindowsOptions = {}, program: readonly [string, ...string[]] | undefined = ['x']) {
  const windows = new Com0comWindows(options)
  const pair = new Com0comPair()
  return {
    windows,
    pair,
    maker: hub4comOn(() =>
      Promise.resolve({
        registry: windows.registry,
        setupc: () => windows.setupc,
        open: pair.open,
        clock: new FakeClock(),
        hub4com: () => Promise.resolve(program)
      })
    )
  }
}

const wish = { name: 'gps', at: '', far: 'gps on pi', identity: 'x', settings: {} }
const context = { report: () => undefined }

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A session, and what it asked for. */
function listen(source: SessionSource): { sessions: Session[]; heard: (LineWish | ControlWish | string)[] } {
  const sessions: Session[] = []
  const heard: (LineWish | ControlWish | string)[] = []
  source.onSession((session) => {
    sessions.push(session)
    session.onApply((request) => {
      heard.push(request.wish)
      request.answer({ ...DEFAULT_SETTINGS, ...request.wish })
    })
    session.onControl((request) => {
      heard.push(request.wish)
      request.answer({ dtr: true, rts: true, break: false, ...request.wish })
    })
    session.onData((bytes) => heard.push(Buffer.from(bytes).toString('latin1')))
    session.resume()
  })
  return { sessions, heard }
}

describe('hub4com on this computer', () => {
  it('is nothing on other systems', async () => {
    expect(await hub4comMaker.look()).toMatchObject({
      state: 'never',
      why: 'hub4com is a program of Windows.'
    })
    await expect(hub4comMaker.make(wish, context)).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('needs com0com, a driver that runs, itself, and a pair', async () => {
    const missing = await maker({ isInstalled: false }).maker.look()
    expect(missing).toMatchObject({
      state: 'install',
      why: expect.stringContaining('needs com0com') as string
    })
    const refused = maker({ isRefused: true })
    refused.windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    expect((await refused.maker.look()).why).toContain('error 52')
    const without = hub4comOn(() =>
      Promise.resolve({
        registry: new Com0comWindows().registry,
        setupc: () => expect.fail(),
        open: () => expect.fail(),
        clock: new FakeClock(),
        hub4com: () => Promise.resolve(undefined)
      })
    )
    expect(await without.look()).toMatchObject({ state: 'install', install: { elevation: false } })
    await expect(without.make(wish, context)).rejects.toThrow('hub4com is not installed here.')
    expect((await maker().maker.look()).state).toBe('rights')
    const ready = maker()
    ready.windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    expect((await ready.maker.look()).state).toBe('ready')
  })

  it('is found where its own scripts find it, or beside com0com', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farport-hub4com-'))
    const path = join(folder, 'hub4com.exe')
    writeFileSync(path, '')
    expect(await findHub4com('/nowhere', {})).toBeUndefined()
    expect(await findHub4com(folder, {})).toEqual([path])
    expect(await findHub4com('/nowhere', { PATH: `/none:${folder}` })).toEqual([path])
    expect(await findHub4com('/nowhere', { HUB4COM: path })).toEqual([path])
    rmSync(folder, { recursive: true })
  })

  it('is run as com2tcp-rfc2217 runs it', () => {
    const path = '\\\\.\\CNCB0'
    expect(com2tcp({ path, presence: 'lines' }, 7000)).toEqual([
      '--create-filter=escparse,com,parse',
      '--create-filter=pinmap,com,pinmap:--rts=cts --dtr=dsr',
      '--create-filter=linectl,com,lc:--br=local --lc=local',
      '--add-filters=0:com',
      '--create-filter=telnet,tcp,telnet:--comport=client',
      '--create-filter=pinmap,tcp,pinmap:--rts=cts --dtr=dsr --break=break',
      '--create-filter=linectl,tcp,lc:--br=remote --lc=remote',
      '--add-filters=1:tcp',
      '--octs=off',
      path,
      '--use-driver=tcp',
      '*127.0.0.1:7000'
    ])
    const ours = com2tcp({ path, presence: 'dcd' }, 7000)
    expect(ours).toContain('--create-filter=pin2con,com,connect:--connect=dcd')
    expect(ours).toContain('--create-filter=pinmap,com,pinmap:--rts=cts --dtr=dsr --out1=dcd --out2=ring')
    expect(ours.at(-1)).toBe('127.0.0.1:7000')
  })
})

describe('a COM port by hub4com', () => {
  it('carries what its program sets before anything was negotiated, and bytes both ways', async () => {
    const { windows, maker: made, pair } = maker({}, [process.execPath, STAND_IN])
    windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    const source = await made.make(wish, context)
    open.push(source)
    expect(source.address).toBe('COM7')
    // Our end was looked at, and left to hub4com.
    expect([pair.opened, pair.programOpens()]).toEqual([1, false])
    const { sessions, heard } = listen(source)
    await vi.waitFor(
      () => expect(heard.filter((each) => typeof each === 'string').join('')).toContain('ready\u00ff'),
      10_000
    )
    const asked = heard.filter((each) => typeof each !== 'string' && Object.keys(each).length > 0)
    expect(asked).toEqual([
      { baudRate: 57_600 },
      { dataBits: 7 },
      { parity: 'even' },
      { stopBits: 2 },
      { dtr: true },
      { rts: true }
    ])
    sessions[0]!.write(Buffer.from('abc'))
    await vi.waitFor(() => expect(heard.at(-1)).toMatch(/abc$/), 10_000)
  })

  it('is for hub4com alone', async () => {
    let port = 0
    const source = await Hub4comSource.open({
      address: 'COM7',
      command: (at) => {
        port = at
        return [process.execPath, STAND_IN, '--comport=client', '\\\\.\\CNCB0', `127.0.0.1:${at}`]
      }
    })
    open.push(source)
    const { sessions } = listen(source)
    await vi.waitFor(() => expect(sessions).toHaveLength(1), 10_000)
    const stranger = connect(port, '127.0.0.1')
    stranger.on('error', () => undefined).resume()
    await new Promise((resolve) => stranger.on('close', resolve))
    expect(sessions).toHaveLength(1)
  })

  it('is started again when it ends, and that is told once; it ends with its link', async () => {
    const clock = new FakeClock()
    const source = await Hub4comSource.open({
      address: 'COM7',
      clock,
      command: (port) => [process.execPath, STAND_IN, '--comport=client', '\\\\.\\CNCB0', `127.0.0.1:${port}`]
    })
    open.push(source)
    const faults: string[] = []
    source.onFault(({ message }) => faults.push(message))
    const { sessions } = listen(source)
    await vi.waitFor(() => expect(sessions).toHaveLength(1), 10_000)
    const first = source.pid!
    sessions[0]!.write(Buffer.from('!'))
    await vi.waitFor(() => expect(faults).toHaveLength(1), 10_000)
    expect(faults[0]).toBe(
      'hub4com, which makes COM7, ended with 7: \\\\.\\CNCB0 ERROR: the port is gone. It is started again.'
    )
    expect(isAlive(first)).toBe(false)
    await clock.advance(500)
    await vi.waitFor(() => expect(sessions).toHaveLength(2), 10_000)
    const second = source.pid!
    await source.close(DONE)
    expect(isAlive(second)).toBe(false)
    expect(faults).toHaveLength(1)
  })

  it('that cannot run is tried after longer and longer times, and told once', async () => {
    const clock = new FakeClock()
    const source = await Hub4comSource.open({
      address: 'COM7',
      clock,
      command: () => ['/nowhere/hub4com.exe']
    })
    open.push(source)
    const faults: string[] = []
    source.onFault(({ message }) => faults.push(message))
    await vi.waitFor(() => expect(faults).toHaveLength(1), 10_000)
    expect(faults[0]).toContain('could not be started')
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    await clock.advance(500)
    await vi.waitFor(() => expect(clock.pending).toBe(1), 10_000)
    expect(faults).toHaveLength(1)
  })
})
