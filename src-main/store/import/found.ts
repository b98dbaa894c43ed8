/**
 * What a reader of ser2net's files found: entries for the settings, and each line of which it made none, with the reason. Plain
 * values, made by read-ser2net.ts for `farport import`; nothing here is in force.
 */
import type { ServiceInput } from '../../contract/service-commands.ts'

/** Where something stands: the file as it was named, its line from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** A line, or a part of one, that says something which Farport does not take over. */
export interface Remark extends Place {
  /** What stands there, without secrets. */
  readonly text: string
  /** One sentence for people. */
  readonly reason: string
  /** The entry that is made all the same, without this; absent: nothing is made of it. */
  readonly without?: string
}

export interface FoundShare {
  readonly name: string
  /** One for each connection of the file that became part of it, in the order of `addresses`. */
  readonly sources: readonly (Place & { readonly name: string; readonly addresses: readonly string[] })[]
  readonly wish: ServiceInput<'share.add'>
}

export interface FoundRotator extends Place {
  readonly name: string
  /** `shares`: names of shares that were found. */
  readonly wish: ServiceInput<'rotator.add'>
}

export interface Found {
  readonly shares: readonly FoundShare[]
  readonly rotators: readonly FoundRotator[]
  /** By file and line. */
  readonly remarks: readonly Remark[]
  /** How many entries would be there if somebody said who may come. */
  readonly needAllow: number
}

/** What readers have of the world. */
export interface Sources {
  /** A file's text; throws a Fault that says why there is none. */
  read(path: string): string
  /** The files that an `include` names, by name, from the folder of the file that it stands in; a pattern may name none. */
  list(pattern: string, from: string): readonly string[]
  /** The same for one file, without a pattern. */
  resolve(path: string, from: string): string
}

/** It cannot be imported; the message is the reason. */
export class NotImportable extends Error {}
