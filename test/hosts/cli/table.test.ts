import { describe, expect, it } from 'vitest'
import { table } from '../../../src-main/hosts/cli/table.ts'

describe('table', () => {
  it('pads columns, and leaves nothing behind the last', () => {
    expect(
      table([
        ['A', 'LONG', 'C'],
        ['one', 'x', '']
      ])
    ).toEqual(['A    LONG  C', 'one  x'])
  })

  it('counts places of a terminal, not code units', () => {
    expect(
      table([
        ['端末', 'x'],
        ['e\u0301te\u0301', 'x'],
        ['🙂', 'x'],
        ['abcd', 'x']
      ])
    ).toEqual(['端末  x', 'e\u0301te\u0301   x', '🙂    x', 'abcd  x'])
  })

  it('fits a terminal: the widest columns give way, evenly, and never the last', () => {
    const row = ['a'.repeat(30), 'short', 'b'.repeat(20), 'raw://127.0.0.1:7000']
    const [line = ''] = table([row], 60)
    expect(line).toBe(`${'a'.repeat(13)}…  short  ${'b'.repeat(14)}…  raw://127.0.0.1:7000`)
    expect(line).toHaveLength(60)
    // Where even that is too little, it is the terminal that breaks the line.
    expect(table([row], 20)).toEqual([`aaaaaaa…  short  bbbbbbb…  raw://127.0.0.1:7000`])
    expect(table([['端末端末端末端末', 'x']], 12)).toEqual(['端末端末…  x'])
  })

  it('cuts a path in front, since its end tells it from others', () => {
    const byPath = (hub: number): string => `/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.${hub}:1.0-port0`
    expect(
      table(
        [
          [byPath(1), 'x'],
          [byPath(2), 'y']
        ],
        24
      )
    ).toEqual(['…-usb-0:1.1:1.0-port0  x', '…-usb-0:1.2:1.0-port0  y'])
    expect(table([['/端末端末端末端末', 'x']], 12)).toEqual(['…端末端末  x'])
  })
})
