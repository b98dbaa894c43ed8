/** The files of the captures folder as the page lists them: found by what is typed, in the order that is chosen. Pure. */
import { formatPlace } from '../../route.svelte.ts'
import { captureNameSchema, type CaptureFileState } from '../../../src-main/contract/recording.ts'
import * as v from 'valibot'
import { byName } from '../../../src-main/base/natural-order.ts'

export const FILE_ORDERS = ['newest', 'oldest', 'name', 'largest'] as const
export type FileOrder = (typeof FILE_ORDERS)[number]

/** A row of the list: its key is its name. */
export interface FileItem extends CaptureFileState {
  readonly key: string
}

const COMPARE: Readonly<Record<FileOrder, (a: CaptureFileState, b: CaptureFileState) => number>> = {
  newest: (a, b) => b.time - a.time,
  oldest: (a, b) => a.time - b.time,
  name: byName,
  largest: (a, b) => b.bytes - a.bytes
}

/** Those whose names have every word of `search`, without those in `hidden` (they are being written, and stand elsewhere). */
export function shownFiles(
  files: readonly CaptureFileState[],
  search: string,
  order: FileOrder,
  hidden: ReadonlySet<string>
): readonly FileItem[] {
  const wanted = search.trim().toLowerCase().split(/\s+/)
  const compare = COMPARE[order]
  return files
    .filter(({ name }) => !hidden.has(name) && wanted.every((word) => name.toLowerCase().includes(word)))
    .sort((a, b) => compare(a, b) || byName(a, b))
    .map((file) => ({ ...file, key: file.name }))
}

/** `boot` and `.pcapng`. */
export function partsOf(name: string): { readonly stem: string; readonly ending: string } {
  const point = name.lastIndexOf('.')
  return point <= 0 ? { stem: name, ending: '' } : { stem: name.slice(0, point), ending: name.slice(point) }
}

export function isCaptureName(name: string): boolean {
  return v.is(captureNameSchema, name)
}

/** What a file of elsewhere may be called here: without what no capture may have in its name. */
export function fittingName(name: string): string {
  const plain = name
    .replaceAll(/[\p{Cc}/\\:*?"<>|]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[.\s]+$/u, '')
  const { stem, ending } = partsOf(plain)
  return isCaptureName(plain)
    ? plain
    : `${stem.slice(0, 150) || 'capture'}${ending.slice(0, 20) || '.pcapng'}`
}

/** `boot.pcapng`, `boot-2.pcapng`, … */
export function numberedName(name: string, number: number): string {
  const { stem, ending } = partsOf(name)
  return number === 1 ? name : `${stem.slice(0, 150)}-${number}${ending}`
}

/** Where its monitor is alone, in a window or tab of its own. */
export function ownMonitorPlace(name: string): string {
  return `#${formatPlace({ page: 'captures', selected: name, isAlone: true })}`
}

/** Where its monitor is in this page. */
export function monitorPlace(name: string, recording = 0): string {
  return `#captures/${encodeURIComponent(name)}/monitor${recording > 0 ? `/${recording}` : ''}`
}
