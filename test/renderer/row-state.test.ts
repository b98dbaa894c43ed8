import { describe, expect, it } from 'vitest'
import type { FaultCode } from '../../src-main/contract/faults.ts'
import { DEFAULT_SETTINGS, UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { adviceFor, adviceOf } from '../../src-renderer/model/advice.ts'
import { lineOf } from '../../src-renderer/model/row-line.ts'
import { stateOf } from '../../src-renderer/model/row-state.ts'
import { rowsOf } from '../../src-renderer/model/rows.ts'
import { bridgeOf, portOf, sessionOf, treeOf } from './states.ts'

const OPEN = {
  type: 'open',
  settings: { ...DEFAULT_SETTINGS, baudRate: 9600 },
  lines: { dtr: true, rts: false, break: false },
  modem: UNKNOWN_MODEM_STATE
} as const

const waiting = (code: FaultCode): BridgeState['state'] => ({
  type: 'waiting',
  fault: { code, kind: 'device', message: 'what stands in the way' }
})

const said = (share: Partial<BridgeState>): string =>
  rowsOf(treeOf([portOf('/dev/ttyS0')], [bridgeOf('a', { portId: 'ttyS0', ...share })])).map(
    (row) => stateOf(row).text
  )[0] ?? ''

describe('how a port stands', () => {
  it.each<[Partial<BridgeState>, string]>([
    [{ enabled: false }, 'Not shared'],
    [{}, 'Shared'],
    [{ state: { type: 'opening' } }, 'Opening …'],
    [{ state: OPEN, sessions: [sessionOf(1, 'workshop-pc', { writer: true })] }, 'In use by workshop-pc'],
    [
      { state: OPEN, sessions: [sessionOf(1, 'a'), sessionOf(2, 'b', { writer: true }), sessionOf(3, 'c')] },
      'In use by b and 2 others'
    ],
    [{ state: OPEN, sessions: [sessionOf(1, 'a'), sessionOf(2, 'b')] }, 'Watched by a and 1 other'],
    [{ state: OPEN, blocked: { since: 0, by: 'cts', bytes: 9 } }, 'Waiting for CTS'],
    [{ state: waiting('device-unplugged') }, 'Device unplugged, waiting'],
    [{ state: waiting('device-busy') }, 'Open in another program'],
    [{ state: waiting('device-permission') }, 'No permission'],
    [{ state: waiting('bug') }, 'Waiting, something is wrong']
  ])('is told in words', (share, text) => expect(said(share)).toBe(text))

  it('keeps the fault where it says more than the words', () => {
    const faultOf = (code: FaultCode): string | undefined =>
      stateOf({ ...rowsOf(treeOf([], [bridgeOf('a', { state: waiting(code) })]))[0]! }).fault?.code
    expect(faultOf('device-busy')).toBe('device-busy')
    expect(faultOf('device-unplugged')).toBeUndefined()
  })

  it('is unplugged also where nobody tried to open it', () => {
    const away = bridgeOf('a', { port: '/dev/serial/by-id/usb-FTDI' })
    const typed = bridgeOf('b', { port: '/tmp/ttyRemote' })
    expect(rowsOf(treeOf([], [away, typed])).map((row) => stateOf(row).text)).toEqual([
      'Device unplugged, waiting',
      'Shared'
    ])
  })

  it('names the program that has a port open', () => {
    const port = portOf('/dev/ttyS0', { users: [{ pid: 7, command: 'minicom' }] })
    expect(stateOf(rowsOf(treeOf([port], []))[0]!).text).toBe('Open in minicom')
  })
})

describe('advice', () => {
  it('has the command to copy and what else is to do', () => {
    const message =
      'You may not open /dev/ttyUSB0 (root:dialout): run `sudo usermod -aG dialout $USER`, then sign out and in'
    expect(adviceOf({ message })).toEqual({
      text: 'You may not open /dev/ttyUSB0 (root:dialout).',
      command: 'sudo usermod -aG dialout $USER',
      hint: 'Then sign out and in'
    })
    expect(adviceOf({ message: 'It is in use by `cat`.' })).toEqual({ text: 'It is in use by cat.' })
    expect(
      adviceOf({
        message: 'ModemManager is probing this adapter.',
        fix: 'sudo cp a b, then plug the adapter out and in'
      })
    ).toEqual({
      text: 'ModemManager is probing this adapter.',
      command: 'sudo cp a b',
      hint: 'sudo cp a b, then plug the adapter out and in'
    })
    expect(adviceOf({ message: 'In the way.', fix: 'Restart it.' })).toEqual({
      text: 'In the way.',
      hint: 'Restart it.'
    })
  })

  it('does not say again who has the port open', () => {
    const finding = { level: 'warning', subject: '/dev/ttyS0', message: 'It is open.' } as const
    const port = portOf('/dev/ttyS0', {
      findings: [
        { ...finding, code: 'in-use' },
        { ...finding, code: 'locked', message: 'Locked.' }
      ]
    })
    expect(adviceFor({ port })?.text).toBe('Locked.')
    expect(adviceFor({})).toBeUndefined()
  })
})

describe('the line of a row', () => {
  it('is its own while it is closed, and that of the port while it is open', () => {
    expect(lineOf({ share: bridgeOf('a', { own: { baudRate: 4800 } }) })).toEqual({
      settings: { ...DEFAULT_SETTINGS, baudRate: 4800 }
    })
    const open = bridgeOf('a', {
      state: OPEN,
      setBy: { type: 'session', session: 1, label: 'lab' },
      carried: { settings: ['baudRate'], control: ['dtr'], modem: [] }
    })
    expect(lineOf({ share: open })).toMatchObject({
      settings: OPEN.settings,
      lines: OPEN.lines,
      setBy: 'lab'
    })
    expect(lineOf({ share: open }).capabilities?.control).toEqual(new Set(['dtr']))
    expect(lineOf({})).toEqual({ settings: DEFAULT_SETTINGS })
  })
})
