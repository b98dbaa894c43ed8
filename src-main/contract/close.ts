/** Why a Port, Session or Connection came to its end. `message` is for people; `code` is for programs. */
export interface CloseReason {
  readonly code:
    | 'done'
    | 'unplugged'
    | 'too-slow'
    | 'stalled'
    | 'inactive'
    | 'taken-over'
    | 'refused'
    | 'unpaired'
    | 'shutdown'
    | 'error'
  readonly message: string
}

export const DONE: CloseReason = { code: 'done', message: 'closed' }
export const SHUTDOWN: CloseReason = { code: 'shutdown', message: 'Farport is shutting down' }
