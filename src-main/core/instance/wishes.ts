/** From what is asked for to entries of the settings: ids of their own, names that are free. Pure. Called by the commands of entries. */
import { randomBytes } from 'node:crypto'
import type { Settings } from '../../contract/settings.ts'
import { freeName } from '../names.ts'

type Lists = 'shares' | 'links' | 'rotators'

/** New, and of no entry that was ever: permissions that outlive a share must not come back to life with another one. */
export function newId(): string {
  return `e${randomBytes(6).toString('hex')}`
}

/** The name that is wished for, or what stands for it with a number behind it where that is taken. */
export function nameIn(settings: Settings, list: Lists, wish: string | undefined, otherwise: string): string {
  if (wish !== undefined) return wish
  return freeName(
    otherwise,
    settings[list].map(({ name }) => name)
  )
}
