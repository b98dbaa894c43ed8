/**
 * How boards are reset by the control lines of their serial port: one table for the command line, shares and windows, and the
 * short form of a sequence of one's own. Data alone; core/reset.ts runs it.
 *
 * Levels are EIA-232's: `on` is asserted, which a USB adapter puts out as 0 V. Linux raises DTR and RTS when a port is opened,
 * so that is where every sequence begins; its last level of each line is the line at rest, where it stays.
 */
import { Fault } from './faults.ts'
import { parseBaudRate } from './line.ts'

/** What one step does, in this order; absent: left alone. */
export interface ResetStep {
  /** bit/s; the rate before returns after the last step. */
  readonly baudRate?: number
  readonly dtr?: boolean
  readonly rts?: boolean
  readonly break?: boolean
  /** Waits so long, in ms, once all that is in force. */
  readonly waitMs?: number
}

export interface ResetProfile {
  /** Which boards, in a few words. */
  readonly about: string
  readonly steps: readonly ResetStep[]
  /** The board leaves USB and comes back, mostly as another product: nothing for a port that stays open. */
  readonly leaves?: boolean
}

const on = true
const off = false

/** How long a line is held where nothing else is said, in ms: a supervisor chip wants some 10 ms, a person none. */
const PULSE_MS = 100

export const RESET_PROFILES = {
  dtr: {
    about: 'a pulse on DTR: off for 100 ms',
    steps: [{ dtr: off, waitMs: PULSE_MS }, { dtr: on }]
  },
  rts: {
    about: 'a pulse on RTS: off for 100 ms',
    steps: [{ rts: off, waitMs: PULSE_MS }, { rts: on }]
  },
  // A capacitor makes a pulse of the falling edge; it needs the time to discharge. The bootloader needs some to start.
  arduino: {
    about: 'Arduino Uno, Nano, Mega: DTR through a capacitor; ends in the bootloader',
    steps: [{ dtr: off }, { rts: off, waitMs: 250 }, { dtr: on }, { rts: on, waitMs: 50 }]
  },
  // Two transistors: RTS alone pulls EN low (reset), DTR alone IO0 (download mode), both together neither.
  esp32: {
    about: 'ESP32 with DTR and RTS on IO0 and EN: starts its program',
    steps: [{ dtr: off }, { rts: on, waitMs: 100 }, { rts: off }]
  },
  'esp32-boot': {
    about: "ESP32: into the download mode (esptool's classic reset)",
    steps: [{ dtr: off }, { rts: on, waitMs: 100 }, { dtr: on }, { rts: off, waitMs: 50 }, { dtr: off }]
  },
  // The chip's own USB controller looks at the order of the lines: from idle, DTR first, and never both off in between.
  'esp32-usb-boot': {
    about: 'ESP32-S3, -C3, … on their own USB port: into the download mode',
    steps: [
      { rts: off },
      { dtr: off, waitMs: 100 },
      { dtr: on, waitMs: 100 },
      { rts: on },
      { dtr: off, waitMs: 100 },
      { rts: off }
    ]
  },
  esp8266: {
    about: 'ESP8266 (NodeMCU, D1 mini): starts its program',
    steps: [{ dtr: off }, { rts: on, waitMs: 100 }, { rts: off }]
  },
  'esp8266-boot': {
    about: 'ESP8266: into the download mode',
    steps: [{ dtr: off }, { rts: on, waitMs: 100 }, { dtr: on }, { rts: off, waitMs: 50 }, { dtr: off }]
  },
  // NRST is low while its line is on; BOOT0 is high while its line is off, and is only looked at when NRST rises.
  stm32: {
    about: 'STM32 with DTR on NRST and RTS on BOOT0: starts its program',
    steps: [{ rts: on }, { dtr: on, waitMs: PULSE_MS }, { dtr: off }]
  },
  'stm32-boot': {
    about: 'the same STM32: into its bootloader',
    steps: [{ rts: off }, { dtr: on, waitMs: PULSE_MS }, { dtr: off, waitMs: PULSE_MS }, { rts: on }]
  },
  'stm32-swapped': {
    about: 'STM32 with RTS on NRST and DTR on BOOT0: starts its program',
    steps: [{ dtr: on }, { rts: on, waitMs: PULSE_MS }, { rts: off }]
  },
  'stm32-swapped-boot': {
    about: 'the same STM32: into its bootloader',
    steps: [{ dtr: off }, { rts: on, waitMs: PULSE_MS }, { rts: off, waitMs: PULSE_MS }, { dtr: on }]
  },
  // Their firmware looks for DTR going off at 1200 bit/s; the Leonardo's wants RTS on meanwhile.
  '1200-touch': {
    about: 'Arduino Leonardo, Micro, SAMD, RP2040 on their own USB: into the bootloader',
    steps: [{ baudRate: 1200 }, { rts: on }, { dtr: off }],
    leaves: true
  },
  break: {
    about: 'a break of 250 ms',
    steps: [{ break: on, waitMs: 250 }, { break: off }]
  }
} as const satisfies Record<string, ResetProfile>

export type ResetName = keyof typeof RESET_PROFILES

// `Object.keys` forgets what the keys are.
export const RESET_NAMES = Object.keys(RESET_PROFILES) as readonly ResetName[]

/** Those after which the port is still the same one. */
export const STAYING_RESET_NAMES = RESET_NAMES.filter((name) => !profileOf(name).leaves)

/** More is a mistake. */
export const MAX_RESET_STEPS = 100
/** One step waits no longer, in ms. */
export const MAX_RESET_WAIT_MS = 60_000

export function profileOf(name: ResetName): ResetProfile {
  return RESET_PROFILES[name]
}

/**
 * Reads `dtr=off,rts=on,wait=100,dtr=on`: also `break=on|off`, `baud=N`; times in ms. Throws Fault `usage`, which names the part
 * that is wrong.
 */
export function parseResetSteps(text: string): ResetStep[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.length > MAX_RESET_STEPS)
    throw new Fault('usage', `${parts.length} steps are too many. At most ${MAX_RESET_STEPS} are possible.`)
  return parts.map((part) => {
    const step = parseStep(part)
    if (!step)
      throw new Fault(
        'usage',
        `"${part}" is no step. Give dtr=on|off, rts=on|off, break=on|off, wait=MS (up to ${MAX_RESET_WAIT_MS}) or baud=N, with commas between.`
      )
    return step
  })
}

function parseStep(part: string): ResetStep | undefined {
  const [, name = '', value = ''] = /^(dtr|rts|break|wait|baud)=(\w+)$/.exec(part) ?? []
  switch (name) {
    case 'dtr':
    case 'rts':
    case 'break':
      return value === 'on' || value === 'off' ? { [name]: value === 'on' } : undefined
    case 'wait': {
      const waitMs = /^\d{1,5}$/.test(value) ? Number(value) : Infinity
      return waitMs <= MAX_RESET_WAIT_MS ? { waitMs } : undefined
    }
    case 'baud': {
      const baudRate = parseBaudRate(value)
      return baudRate === undefined ? undefined : { baudRate }
    }
    default:
      return undefined
  }
}
