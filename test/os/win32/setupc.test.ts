import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  findCom0com,
  freeComName,
  isFreeComName,
  OUR_FAR,
  OUR_NEAR
} from '../../../src-main/os/win32/com0com-driver.ts'
import { NotElevated } from '../../../src-main/os/win32/elevated.ts'
import { readNames, readPorts, setupcIn } from '../../../src-main/os/win32/setupc.ts'
import { REFUSED_BY_PERSON, standIn } from './elevated-stand-in.ts'
import { Com0comWindows } from './com0com-windows.ts'

const FOLDER = 'C:\\Program Files (x86)\\com0com'

const LISTED = `       CNCA0 PortName=COM#,RealPortName=COM3
       CNCB0 PortName=COM#,RealPortName=COM4
       CNCA12 PortName=COM7,EmuOverrun=no,PlugInMode=yes,dcd=rout1,ri=!on
       CNCB12 PortName=-,EmuOverrun=yes,ExclusiveMode=yes,EmuNoise=0.00001,dcd=ropen
`

describe('setupc', () => {
  it('lists ports with their parameters', () => {
    expect(readPorts(LISTED.replaceAll('\n', '\r\n'))).toEqual([
      { id: 'CNCA0', parameters: { PortName: 'COM#', RealPortName: 'COM3' } },
      { id: 'CNCB0', parameters: { PortName: 'COM#', RealPortName: 'COM4' } },
      {
        id: 'CNCA12',
        parameters: { PortName: 'COM7', EmuOverrun: 'no', PlugInMode: 'yes', dcd: 'rout1', ri: '!on' }
      },
      {
        id: 'CNCB12',
        parameters: {
          PortName: '-',
          EmuOverrun: 'yes',
          ExclusiveMode: 'yes',
          EmuNoise: '0.00001',
          dcd: 'ropen'
        }
      }
    ])
  })

  it('tells a port that it changed twice, and the last is how it is', () => {
    const said =
      '       CNCA0 PortName=COM7\n       CNCB0 PortName=-\nchange CNCA0 PortName=COM8\nRestarted CNCA0 com0com\\port \\Device\\com0com10\n'
    expect(readPorts(said)[0]).toEqual({ id: 'CNCA0', parameters: { PortName: 'COM8' } })
  })

  it('names what is in use', () => expect(readNames('COM1\r\nCOM10\r\n\r\n')).toEqual(['COM1', 'COM10']))

  it('makes a pair in its own folder, with one question, and answers its number', async () => {
    const { run, lines } = standIn(async (output) => {
      await writeFile(
        output,
        '       CNCA2 PortName=COM7,PlugInMode=yes\r\n       CNCB2 PortName=-\r\nComDB: COM7 - logged as "in use"\r\n'
      )
      return 0
    })
    expect(await setupcIn(FOLDER, run).install({ PortName: 'COM7', PlugInMode: 'yes' }, {})).toBe(2)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^\/d \/s \/c "cd \/d "C:\\Program Files \(x86\)\\com0com" && setupc\.exe --silent --wait 30 --output "?\S+output\.txt"? install PortName=COM7,PlugInMode=yes -"$/
    )
  })

  it('changes, removes and lists', async () => {
    const { run, lines } = standIn(async (output) => {
      await writeFile(output, LISTED)
      return 0
    })
    const setupc = setupcIn(FOLDER, run)
    await setupc.change({ CNCA0: { PortName: 'COM8' }, CNCB0: { EmuOverrun: 'yes' } })
    await setupc.remove(3)
    expect(await setupc.list()).toHaveLength(4)
    expect(
      lines.map((line) => line.replaceAll(/ --silent --wait 30 --output "?\S+?output\.txt"?/g, ''))
    ).toEqual(
      [['change CNCA0 PortName=COM8', 'change CNCB0 EmuOverrun=yes'], ['remove 3'], ['list']].map((all) =>
        [`/d /s /c "cd /d "${FOLDER}"`, ...all.map((each) => `setupc.exe ${each}`)].join(' && ').concat('"')
      )
    )
  })

  it('that fails says what it said', async () => {
    const { run } = standIn(async (output) => {
      await writeFile(output, "\r\nInvalid parameter 'Foo'\r\n")
      return 1
    })
    await expect(setupcIn(FOLDER, run).change({ CNCA0: { Foo: 'yes' } })).rejects.toThrow(
      "setupc change ended with 1: Invalid parameter 'Foo'"
    )
  })

  it('that changed nothing failed', async () => {
    const { run } = standIn(() => Promise.resolve(0))
    await expect(setupcIn(FOLDER, run).change({ CNCA9: { PortName: 'COM9' } })).rejects.toThrow(
      'setupc change'
    )
    await expect(setupcIn(FOLDER, run).install({}, {})).rejects.toThrow('setupc install')
  })

  it('is not run where the person says no, nor in a folder that a command line could take apart', async () => {
    const { run } = standIn(() => Promise.resolve(REFUSED_BY_PERSON))
    await expect(setupcIn(FOLDER, run).list()).rejects.toThrow(NotElevated)
    const never = standIn(() => expect.fail())
    await expect(setupcIn('C:\\a" & calc & "', never.run).list()).rejects.toThrow('cannot be run in')
    await expect(setupcIn('C:\\%TEMP%', never.run).list()).rejects.toThrow('cannot be run in')
  })
})

describe('com0com in the registry', () => {
  it('is not there where nobody installed it', () => {
    expect(findCom0com(new Com0comWindows({ isInstalled: false }).registry)).toBeUndefined()
  })

  it('has pairs, free or taken, ours or of others', () => {
    const windows = new Com0comWindows()
    windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    windows.pair({ PortName: 'COM8', ...OUR_NEAR }, OUR_FAR)
    windows.pair({ PortName: '-' }, { PortName: 'COM20' })
    windows.pair({ PortName: 'CNCA3' }, {})
    windows.hold('CNCB1', true)
    const { folder, version, isRefused, pairs } = findCom0com(windows.registry)!
    expect([folder, version, isRefused]).toEqual([FOLDER, '3.0.0.0', false])
    expect(pairs).toEqual([
      {
        number: 0,
        com: 'COM7',
        near: 'CNCA0',
        far: 'CNCB0',
        path: '\\\\.\\CNCB0',
        isFree: true,
        isOurs: true
      },
      {
        number: 1,
        com: 'COM8',
        near: 'CNCA1',
        far: 'CNCB1',
        path: '\\\\.\\CNCB1',
        isFree: false,
        isOurs: true
      },
      {
        number: 2,
        com: 'COM20',
        near: 'CNCB2',
        far: 'CNCA2',
        path: '\\\\.\\CNCA2',
        isFree: true,
        isOurs: false
      }
    ])
  })

  it('has no pair that was removed and whose parameters stayed', () => {
    const windows = new Com0comWindows({ isRefused: true, secureBoot: true })
    windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    const { isRefused, secureBoot, pairs } = findCom0com(windows.registry)!
    expect({ isRefused, secureBoot, pairs }).toEqual({ isRefused: true, secureBoot: true, pairs: [] })
  })

  it('knows the free numbers: neither of ports that are there, nor of unplugged ones, nor of hidden pairs', () => {
    const windows = new Com0comWindows()
    windows.pair({ PortName: 'COM3', ...OUR_NEAR }, OUR_FAR)
    expect(freeComName(windows.registry)).toBe('COM6')
    expect(['COM3', 'COM4', 'COM5', 'com6'].map((name) => isFreeComName(windows.registry, name))).toEqual([
      false,
      false,
      false,
      true
    ])
  })
})
