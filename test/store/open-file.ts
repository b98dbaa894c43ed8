import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Fault } from '../../src-main/contract/faults.ts'
import type { Settings } from '../../src-main/contract/settings.ts'
import { SettingsFile, type Change } from '../../src-main/store/settings-file.ts'
import { formatSettings } from '../../src-main/store/settings-text.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { settings, someShares } from './settings-arbitrary.ts'

export interface Opened {
  readonly file: SettingsFile
  readonly faults: readonly Fault[]
  /** What `onChange` told. */
  readonly changes: readonly Settings[]
}

/** Closed at the end of the test. */
export async function open(path: string, ownFolder = true): Promise<Opened> {
  const faults: Fault[] = []
  const changes: Settings[] = []
  const file = await SettingsFile.open({ place: { path, ownFolder }, report: (fault) => faults.push(fault) })
  file.onChange((changed) => changes.push(changed))
  onTestFinished(() => file.close())
  return { file, faults, changes }
}

/** A folder of one's own, as Farport makes it. */
export function privateFolder(): string {
  const folder = join(temporaryFolder(), 'farport')
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

export function write(path: string, what: Settings | string): void {
  writeFileSync(path, typeof what === 'string' ? what : formatSettings(what), { mode: 0o600 })
}

export const messages = (faults: readonly Fault[]): string[] => faults.map(({ message }) => message)
export const named =
  (name: string): Change =>
  (old) => ({ ...old, name })
export const ONE = settings({ name: 'one', shares: someShares(1) ?? [] })
