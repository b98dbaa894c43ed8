/** What an examination of this computer found: `farport doctor`, and the hints of the UI. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem'
  /** What was looked at: a path, a program, `network`. */
  readonly subject: string
  readonly message: string
  /** What to do, where something can be done: a command or a sentence. */
  readonly fix?: string
}
