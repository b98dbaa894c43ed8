import { describe, expect, it } from 'vitest'
import type { BridgeState, LocalPortState, StateTree } from '../../src-main/contract/state.ts'
import { kindOf, RowList, rowsOf } from '../../src-renderer/model/rows.ts'
import { bridgeOf, portOf, treeOf } from './states.ts'

const names = (tree: StateTree): string[] => rowsOf(tree).map(({ name }) => name)

describe('the rows of this computer', () => {
  it('are a row for each port, with what is plugged in, and its stable name for a share', () => {
    const ftdi = portOf('/dev/ttyUSB0', {
      byId: ['/dev/serial/by-id/usb-FTDI_FT232R'],
      vendorId: '0403',
      manufacturer: 'FTDI',
      product: 'FT232R',
      serialNumber: 'A50285BI'
    })
    const [row] = rowsOf(treeOf([ftdi], []))
    expect(row).toMatchObject({
      key: 'ttyUSB0',
      kind: 'usb',
      name: 'FT232R',
      detail: 'FTDI FT232R · A50285BI · ttyUSB0',
      target: '/dev/serial/by-id/usb-FTDI_FT232R'
    })
  })

  it('do not say the manufacturer twice', () => {
    const port = portOf('/dev/ttyACM0', { vendorId: '2341', manufacturer: 'Arduino', product: 'Arduino Uno' })
    expect(rowsOf(treeOf([port], []))[0]?.detail).toBe('Arduino Uno · ttyACM0')
  })

  it('join a share with its port, and keep what is missing, simulated or a program', () => {
    const tree = treeOf(
      [portOf('/dev/ttyS10'), portOf('/dev/ttyS9')],
      [
        bridgeOf('a', { name: 'printer', port: '/dev/ttyS9', portId: 'ttyS9' }),
        bridgeOf('b', { name: 'gps', port: 'sim:gps' }),
        bridgeOf('c', {
          name: 'lost',
          port: '/dev/serial/by-id/usb-x',
          usb: { vendorId: '0403', product: 'FT232R' }
        }),
        bridgeOf('d', { name: 'a link', kind: 'link' }),
        bridgeOf('e', { name: 'of a terminal', passing: true })
      ]
    )
    expect(names(tree)).toEqual(['printer', 'ttyS10', 'gps', 'lost'])
    expect(rowsOf(tree).map(({ kind }) => kind)).toEqual(['built-in', 'built-in', 'simulated', 'usb'])
    expect(rowsOf(tree)[3]?.detail).toBe('FT232R')
  })

  it('are two where two shares use one port; that which is on stands for it', () => {
    const off = bridgeOf('off', { name: 'off', portId: 'ttyS0', enabled: false })
    const on = bridgeOf('on', { name: 'on', portId: 'ttyS0' })
    for (const shares of [
      [off, on],
      [on, off]
    ]) {
      const rows = rowsOf(treeOf([portOf('/dev/ttyS0')], shares))
      expect(rows.map(({ place, name }) => [place, name])).toEqual([
        ['ttyS0', 'on'],
        ['off', 'off']
      ])
    }
  })

  it('are the same objects where nothing changed', () => {
    const [list, ports] = [new RowList(), [portOf('/dev/ttyS0'), portOf('/dev/ttyS1')]]
    const shares = [bridgeOf('a', { portId: 'ttyS0' }), bridgeOf('b', { port: 'sim:gps' })]
    const before = list.next(treeOf(ports, shares))
    const changed = bridgeOf('b', { port: 'sim:gps', bytesToDevice: 1 })
    const after = list.next(treeOf(ports, [shares[0]!, changed]))
    expect(after.map((row, at) => row === before[at])).toEqual([true, true, false])
  })

  it('wait for the first look at the ports, and after a restart stay as they were until the next one', () => {
    const list = new RowList()
    const [ports, share] = [[portOf('/dev/ttyS0'), portOf('/dev/ttyS1')], bridgeOf('a', { portId: 'ttyS1' })]
    const notLooked = { ...treeOf([], [bridgeOf('a')]), ports: undefined }
    expect(list.next(notLooked)).toEqual([])
    const rows = list.next(treeOf(ports, [share]))
    expect(rows.map(({ key }) => key)).toEqual(['ttyS0', 'a'])
    expect(list.next(notLooked)).toEqual(rows)
    expect(list.next(treeOf([], [])).map(({ key }) => key)).toEqual([])
  })

  it('stay where they are when they are unplugged and come back', () => {
    const list = new RowList()
    const [first, second] = [portOf('/dev/ttyUSB0'), portOf('/dev/ttyUSB1')]
    const shared = (portId?: string): BridgeState =>
      bridgeOf('a', { name: 'mine', ...(portId && { portId }) })
    const order = (ports: readonly LocalPortState[], share: BridgeState): string[] =>
      list.next(treeOf(ports, [share])).map(({ name }) => name)
    expect(order([first, second], shared('ttyUSB0'))).toEqual(['mine', 'ttyUSB1'])
    expect(order([second], shared())).toEqual(['mine', 'ttyUSB1'])
    expect(order([first, second, portOf('/dev/ttyACM0')], shared('ttyUSB0'))).toEqual([
      'mine',
      'ttyUSB1',
      'ttyACM0'
    ])
  })

  it.each([
    ['sim:gps?baud=9600', 'simulated'],
    ['exec:ssh box', 'program'],
    ['exec+pty:login', 'program'],
    ['rfc2217://box:7000', 'network'],
    ['/dev/ttyUSB3', 'usb'],
    ['/dev/ttyS0', 'built-in'],
    ['/dev/serial/by-id/usb-FTDI', 'usb']
  ])('of %s are %s', (target, kind) => expect(kindOf(target)).toBe(kind))
})
