/** What a command is, and the fields that many have. Called by the tables of this room. */
import * as v from 'valibot'

/**
 * Who may call: only whoever owns this installation; also any paired peer; or a peer with that right on the share that the
 * arguments name in `share` or `id`.
 */
export type Caller = 'owner' | 'peer' | 'observe' | 'control'

export interface Command<Arguments extends v.GenericSchema, Result> {
  readonly caller: Caller
  readonly args: Arguments
  /** Never set: carries the type. */
  readonly result?: Result
}

export const command =
  <Result>() =>
  <Arguments extends v.GenericSchema>(caller: Caller, args: Arguments): Command<Arguments, Result> => ({
    caller,
    args
  })

export const text = v.pipe(v.string(), v.nonEmpty())
export const flag = v.optional(v.boolean())
export const count = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))
