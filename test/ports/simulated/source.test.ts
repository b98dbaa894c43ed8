import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import {
  SIMULATED_LABELS,
  SimulatedSource,
  parseSimulated
} from '../../../src-main/ports/simulated/source.ts'

function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('no fault')
}

describe('simulated devices by name', () => {
  it('are found by every label that is listed', () => {
    expect(SIMULATED_LABELS).toEqual([
      'sim:echo',
      'sim:gps',
      'sim:modbus',
      'sim:modbus-ascii',
      'sim:noise:RATE'
    ])
    for (const listed of SIMULATED_LABELS) {
      const label = listed.replace('RATE', '1000')
      expect(parseSimulated(label).label).toBe(label)
    }
  })

  it('keep their label and take their options', () => {
    const device = parseSimulated('sim:echo?baud=250000&line=5O1.5&paced=1')
    expect(device.label).toBe('sim:echo?baud=250000&line=5O1.5&paced=1')
    expect(device.paced).toBe(true)
    expect(device.settings).toEqual({
      baudRate: 250_000,
      dataBits: 5,
      parity: 'odd',
      stopBits: 1.5,
      flowControl: 'none'
    })
    expect(new SimulatedSource(device.label).label).toBe(device.label)
  })

  it.each(['sim:', 'sim:printer', 'sim:echo2', 'gps', '/dev/ttyUSB0', 'sim:constructor'])(
    'are missing for %j',
    (label) => {
      const fault = faultOf(() => parseSimulated(label))
      expect(fault.code).toBe('device-missing')
      expect(fault.message).toContain('sim:echo, sim:gps')
    }
  )

  it.each([
    ['sim:echo?baud=0', /baud rate "0"/],
    ['sim:echo?baud', /baud rate ""/],
    ['sim:echo?baud=fast', /baud rate "fast"/],
    ['sim:echo?line=9N1', /line "9N1"/],
    ['sim:echo?paced=yes', /paced="yes"/],
    ['sim:echo?rate=2', /no option "rate".*baud, line, paced/],
    ['sim:gps?rate=0', /rate is "0"/],
    ['sim:gps?rate=11&baud=115200', /rate is "11"/],
    ['sim:gps?baud=300', /300 bit\/s cannot carry 1 fix/],
    ['sim:echo?baud=9600&baud=4800', /baud twice/],
    ['sim:echo:1000', /"1000".*Write sim:echo\./],
    ['sim:echo:', /Write sim:echo\./],
    ['sim:modbus:7', /"7".*Write sim:modbus\./],
    ['sim:noise:', /rate is "".*sim:noise:1000, or max/],
    ['sim:noise:0', /rate is "0"/],
    ['sim:noise:fast', /rate is "fast"/],
    ['sim:noise:1.5', /rate is "1.5"/],
    ['sim:noise:11521', /115200 bit\/s carries 11520 bytes.*add \?baud=115210\./],
    ['sim:noise:100?errors=51', /errors is "51".*0 to 50/],
    ['sim:noise:100?seed=-1', /seed is "-1"/],
    ['sim:noise:100?seed=4294967296', /0 to 4294967295/]
  ])('refuse %s', (label, message) => {
    const fault = faultOf(() => parseSimulated(label))
    expect(fault.code).toBe('bad-settings')
    expect(fault.message).toMatch(message)
  })

  it('do not open for somebody who gave up', async () => {
    const source = new SimulatedSource('sim:echo')
    await expect(source.open({}, AbortSignal.abort(new Error('gave up')))).rejects.toThrow('gave up')
  })
})
