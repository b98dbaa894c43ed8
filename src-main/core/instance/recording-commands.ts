/** The commands about recordings and captures. */
import { Fault } from '../../contract/faults.ts'
import type { Handlers } from './house.ts'

type RecordingCommands = Pick<
  Handlers,
  | 'recording.mark'
  | 'recording.clear'
  | 'recording.save'
  | 'capture.start'
  | 'capture.stop'
  | 'capture.rename'
  | 'capture.remove'
  | 'capture.upload'
>

export function recordingCommands(): RecordingCommands {
  const unsupported = (): Promise<never> =>
    Promise.reject(new Fault('unsupported', 'This Farport has no recordings yet: update it.'))
  return {
    'recording.mark': unsupported,
    'recording.clear': unsupported,
    'recording.save': unsupported,
    'capture.start': unsupported,
    'capture.stop': unsupported,
    'capture.rename': unsupported,
    'capture.remove': unsupported,
    'capture.upload': unsupported
  }
}
