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
    | 'ended'
    | 'error'
  readonly message: string
}

export const DONE: CloseReason = { code: 'done', message: 'closed' }
export const SHUTDOWN: CloseReason = { code: 'shutdown', message: 'Farport is shutting down' }

/** Why a share or link ends while Farport goes on. */
export const SWITCHED_OFF: CloseReason = { code: 'ended', message: 'it was switched off' }
export const REMOVED: CloseReason = { code: 'ended', message: 'it was removed' }
export const REMADE: CloseReason = { code: 'ended', message: 'it begins anew with other settings' }
