import type { LineSettings, LineWish } from '../contract/line.ts'

/** Line settings, and the two flags of a port that are nobody's setting but its owner's. */
export interface TtySettings extends LineSettings {
  /** bit/s; 0 only where another program hung the port up (termios B0). */
  readonly baudRate: number
  /** CLOCAL: opening and reading do not depend on DCD. */
  readonly ignoreCarrier: boolean
  /** HUPCL: the last close drops DTR. */
  readonly hangUpOnClose: boolean
}

/** An absent field keeps what is in force. */
export type TtyWish = LineWish & Partial<Pick<TtySettings, 'ignoreCarrier' | 'hangUpOnClose'>>

/** A system's `struct termios`, as bytes. `encode` leaves its argument alone and answers raw mode with the wish. */
export interface TermiosFormat {
  read(fd: number): Buffer
  /** At once; output that waits is sent with the new settings. `baudRate`: what the structure could not carry. */
  write(fd: number, termios: Buffer, baudRate: number | undefined): void
  decode(termios: Buffer): TtySettings
  encode(termios: Buffer, wish: TtyWish): Buffer
}
