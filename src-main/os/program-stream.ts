/** A running program's input and output as one stream of bytes: what pipes and a terminal have in common. Used by os/program.ts. */

export interface ProgramStreamOwner {
  /** What the program put out; immutable. */
  received(chunk: Buffer): void
  /** The kernel took some of what it had refused: `queued` went down. */
  written(): void
  /** Everything that it put out was received, and nothing more can come. Called once. */
  outputEnded(): void
  /** It takes no more input, though it may live on. Called once. */
  inputEnded(): void
}

export interface ProgramStream {
  owner: ProgramStreamOwner | undefined
  /** Bytes that the kernel has not taken; once the input ended, those that it never will. */
  readonly queued: number
  /** Bytes that the kernel took and the program has not read, as far as the kernel can tell. Asks the system. */
  readonly unread: number
  write(chunk: Uint8Array): void
  /** Paused from the start. */
  pause(): void
  resume(): void
  /** Tells the program that no more input comes, the way a person would: the end of a pipe, a terminal that hangs up. */
  endInput(): void
  /** Lets go of everything; nobody is called any more. Idempotent. */
  stop(): void
}
