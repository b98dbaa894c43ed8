/**
 * A COM port by com0com whose other end an installed hub4com serves (`--via hub4com`), with the command line of its `com2tcp-rfc2217`. For those who
 * trust that pair of programs more than ours; it carries the same.
 */
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES, type InstallGuide, type VirtualWay } from '../../contract/virtual.ts'
import { findCom0com } from '../../os/win32/com0com-driver.ts'
import { Hub4comSource } from '../../sessions/hub4com-source.ts'
import { installed, lookAt } from './com0com.ts'
import { usePair, type ChosenPair, type Com0comSystem } from './com0com-pairs.ts'
import type { VirtualMaker } from './maker.ts'

const PROGRAM = 'hub4com.exe'

const GUIDE: InstallGuide = {
  what: 'hub4com 2.1.0.0, a program that joins COM ports and networks',
  from: 'the com0com project on SourceForge, under Files, hub4com',
  file: 'hub4com-2.1.0.0-386.zip; put what is in it into a folder of PATH, or into that of com0com',
  check: 'its makers publish no signature; SourceForge shows an SHA-1 and an MD5 beside the file',
  elevation: false,
  restart: false
}

export interface Hub4comSystem extends Com0comSystem {
  /** hub4com's path, and words that stand before its own; undefined: there is none. `folder`: of com0com. */
  readonly hub4com: (folder: string) => Promise<readonly [string, ...string[]] | undefined>
}

export const hub4comMaker = hub4comOn(async () => {
  if (process.platform !== 'win32') return undefined
  const { com0comWindows } = await import('./com0com-windows.ts')
  return { ...com0comWindows(), hub4com: (folder) => findHub4com(folder, process.env) }
})

/** `system`: undefined where it is no Windows. */
export function hub4comOn(system: () => Promise<Hub4comSystem | undefined>): VirtualMaker {
  return {
    way: 'hub4com',
    look: async () => ({ way: 'hub4com', carries: WAY_CARRIES.hub4com, ...(await look(await system())) }),
    make: async (wish, context) => {
      const windows = await system()
      const { state, why, fix } = await look(windows)
      const program = windows && (await windows.hub4com(installed(windows).folder))
      if (!windows || !program)
        throw new Fault('unsupported', state === 'never' || fix === undefined ? why : `${why} ${fix}`)
      return usePair(windows, installed(windows), wish, context, async (pair) => {
        await checkFree(windows, pair)
        return Hub4comSource.open({
          address: pair.com,
          command: (port) => [...program, ...com2tcp(pair, port)]
        })
      })
    }
  }
}

async function look(windows: Hub4comSystem | undefined): Promise<Omit<VirtualWay, 'way' | 'carries'>> {
  if (!windows) return { state: 'never', why: 'hub4com is a program of Windows.' }
  const below = lookAt(windows)
  const folder = findCom0com(windows.registry)?.folder
  if (folder === undefined) return { ...below, why: `hub4com needs com0com. ${below.why}` }
  if (below.state === 'never') return below
  if (!(await windows.hub4com(folder)))
    return {
      state: 'install',
      why: 'hub4com is not installed here.',
      fix: 'Put it into PATH, or leave out --via hub4com: Farport itself does what it does.',
      install: GUIDE
    }
  return { ...below, why: `hub4com serves a pair of com0com. ${below.why}` }
}

/** It is there, and nobody has it: hub4com would try for ever. Rejects with a WindowsError. */
async function checkFree({ open }: Com0comSystem, { path }: ChosenPair): Promise<void> {
  const device = await open(path, { settings: { dataBits: 8, parity: 'none', stopBits: 1 } })
  await device.close({ code: 'done', message: 'it is for hub4com' }, 0)
}

/**
 * What `com2tcp-rfc2217 \\.\CNCB0 127.0.0.1 PORT` has hub4com do: settings, breaks and lines of the program go to the far port, its lines come back.
 * Of ours alone are DCD and RI, by OUT1 and OUT2 as our pairs are wired, and that it connects when a program opens its port, where that can be seen.
 */
export function com2tcp({ path, presence }: Pick<ChosenPair, 'path' | 'presence'>, port: number): string[] {
  const isOurs = presence === 'dcd'
  return [
    '--create-filter=escparse,com,parse',
    ...(isOurs ? ['--create-filter=pin2con,com,connect:--connect=dcd'] : []),
    `--create-filter=pinmap,com,pinmap:--rts=cts --dtr=dsr${isOurs ? ' --out1=dcd --out2=ring' : ''}`,
    '--create-filter=linectl,com,lc:--br=local --lc=local',
    '--add-filters=0:com',
    '--create-filter=telnet,tcp,telnet:--comport=client',
    '--create-filter=pinmap,tcp,pinmap:--rts=cts --dtr=dsr --break=break',
    '--create-filter=linectl,tcp,lc:--br=remote --lc=remote',
    '--add-filters=1:tcp',
    '--octs=off',
    path,
    '--use-driver=tcp',
    `${isOurs ? '' : '*'}127.0.0.1:${port}`
  ]
}

/** Where its own scripts find it (`HUB4COM`, PATH), beside com0com, or where people unpack programs. */
export async function findHub4com(
  folder: string,
  environment: NodeJS.ProcessEnv
): Promise<readonly [string] | undefined> {
  const { HUB4COM, Path, PATH, ProgramFiles } = environment
  const folders = [
    ...(Path ?? PATH ?? '').split(delimiter),
    folder,
    ...(ProgramFiles === undefined ? [] : [join(ProgramFiles, 'hub4com')])
  ]
  const candidates = folders.filter((each) => each !== '').map((each) => join(each, PROGRAM))
  for (const path of HUB4COM === undefined ? candidates : [HUB4COM, ...candidates]) {
    try {
      await access(path)
      return [path]
    } catch {
      // Not there.
    }
  }
  return undefined
}
