/** What an examination of this computer found: `farport doctor`, and the hints of the UI. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem'
  /** What was looked at: a path, a program, `network`. */
  readonly subject: string
  readonly message: string
  /** What to do, where something can be done: a command or a sentence. */
  readonly fix?: string
}

/**
 * What stands in the way of a serial port, or of an adapter that has none. `message`: a sentence of its own, as a page shows it.
 * `modem-manager`: it will send to the device; `driver-missing`, `adapter-taken`: of an adapter without a port.
 */
export interface PortFinding extends Finding {
  readonly code:
    | 'no-access'
    | 'login-console'
    | 'kernel-console'
    | 'in-use'
    | 'locked'
    | 'modem-manager'
    | 'driver-missing'
    | 'adapter-taken'
}
