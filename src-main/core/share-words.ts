/**
 * The texts of one share with their escapes filled in: for its clients, for its device, for the names of its trace files. Knows
 * what the escapes stand for at the moment; sends nothing itself. Called by shares.ts and rotators.ts.
 */
import { expandFileName, expandText, type TextContext } from '../base/text-escapes.ts'
import type { ListenerSpec } from '../contract/commands.ts'
import { DEFAULT_SETTINGS, type LineSettings, type LineWish } from '../contract/line.ts'
import type { PortState } from '../contract/state.ts'
import type { Greeting } from '../sessions/greeting.ts'

/** As people write them. */
export type Words = Pick<ListenerSpec, 'banner' | 'signature' | 'closeOn'>

/** The place where a client comes in, or that was dialled. */
export interface Place {
  /** The URL with the real port. */
  readonly url: string
  readonly words: Words
  /** Laid over the share's own. */
  readonly settings?: LineWish | undefined
}

export interface ShareFacts {
  /** Empty where that is still to be chosen. */
  readonly device: string
  readonly name: string
  /** As long as it is not there. */
  readonly settings: LineWish
}

/** What is known of a share only once it is there. */
export interface ShareNow {
  readonly name: string
  readonly addresses: readonly string[]
  /** Those of its own, in force where nobody asks for others. */
  readonly own?: LineWish | undefined
  readonly state: PortState
  readonly sessions: readonly { readonly label: string }[]
}

const NOBODY: Omit<ShareNow, 'name'> = { addresses: [], state: { type: 'idle' }, sessions: [] }

export class ShareWords {
  readonly #facts: ShareFacts
  readonly #now: () => ShareNow | undefined

  /** `now` answers undefined as long as there is no share. */
  constructor(facts: ShareFacts, now: () => ShareNow | undefined) {
    this.#facts = facts
    this.#now = now
  }

  /** For a client from this address. The signature is taken as it is, as ser2net does. */
  greeting({ url, words, settings }: Place, remote: string): Greeting {
    const { banner, signature, closeOn } = words
    const context = this.#context({ port: portOf(url), remote, settings: this.#settings(settings) })
    return {
      ...(banner !== undefined && { banner: expandText(banner, context) }),
      ...(signature !== undefined && { signature }),
      ...(closeOn !== undefined && { closeOn: expandText(closeOn, context) })
    }
  }

  /** For the device, whose settings these are. */
  forDevice(template: string, settings: LineSettings): Uint8Array {
    const { port, client } = this.#first()
    return expandText(template, this.#context({ port, remote: client, settings }))
  }

  fileName(template: string, time: Date, client: string): string {
    const { port } = this.#first()
    const context = this.#context({ port, remote: addressOf(client), settings: this.#settings() })
    return expandFileName(template, { ...context, time })
  }

  #context(known: Pick<TextContext, 'port' | 'remote' | 'settings'>): TextContext {
    const { device, name } = this.#facts
    // People may have called it something else since.
    return { device, name: this.#now()?.name ?? name, time: new Date(), ...known }
  }

  /** Those in force; before the device is open, those that it will be opened with, where they are known. */
  #settings(over: LineWish = {}): LineSettings | undefined {
    const now = this.#now()
    const { state } = now ?? NOBODY
    const settings = now?.own ?? this.#facts.settings
    if (state.type === 'open') return { ...state.settings, ...over }
    const wish = { ...settings, ...over }
    return wish.baudRate === undefined ? undefined : { ...DEFAULT_SETTINGS, ...wish }
  }

  /** What stands for the share's port and client where no particular one is meant. */
  #first(): { port: string; client: string } {
    const { addresses, sessions } = this.#now() ?? NOBODY
    return { port: portOf(addresses[0] ?? ''), client: addressOf(sessions[0]?.label ?? '') }
  }
}

/** `raw://127.0.0.1:7001` → `7001`; empty where there is none. */
function portOf(url: string): string {
  return /:(\d+)(?:\?.*)?$/.exec(url)?.[1] ?? ''
}

/** `192.0.2.7:50112` → `192.0.2.7`, `[2001:db8::7]:50112` → `2001:db8::7`. */
function addressOf(label: string): string {
  return label.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
