import type { Fault } from '../../contract/faults.ts'

/** What a command has of the world: where it prints, and when it is asked to stop. */
export interface CliIo {
  /** A result: one line on standard output, or one JSON object with `--json`. */
  print(line: string): void
  /** A message for people: one line on standard error, after `farport: `. */
  say(line: string): void
  /** A line of a log, as it is: on standard error. */
  log(line: string): void
  /** Aborted at SIGINT, SIGTERM, SIGHUP. */
  readonly stop: AbortSignal
  /** From now on SIGHUP asks for this instead, unless the terminal that we began in is gone. */
  onReload(reload: () => void): void
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
}

/** Runs one command with the arguments behind its name; answers the exit code, or throws a Fault. */
export type CliCommand = (args: readonly string[], io: CliIo) => Promise<number>

/** One line for people, or the whole fault for programs. */
export function faultLine(fault: Fault, json: boolean): string {
  return json ? JSON.stringify({ fault }) : `farport: ${fault.message}`
}
