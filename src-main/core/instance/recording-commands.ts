/** The commands about recordings and captures. */
import { Fault } from '../../contract/faults.ts'
import type { Recorder } from '../../capture/recorder.ts'
import type { Handlers, House } from './house.ts'
import { idOf } from './watching-traffic.ts'

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
  | 'capture.export'
  | 'capture.examine'
>

export function recordingCommands(house: House): RecordingCommands {
  const { captures } = house
  const idFor = (text: string): string => idOf(house.settings, text)
  const recorderOf = (text: string): Recorder => {
    const recorder = house.core.recorder(idFor(text))
    if (recorder) return recorder
    throw new Fault('usage', `There is no share or link ${text} that has run, so nothing of it is recorded.`)
  }
  return {
    'recording.mark': ({ id, text }) => {
      const number = recorderOf(id).mark(text)
      if (number > 0) return Promise.resolve({ number })
      throw new Fault('usage', 'Its recording is switched off: switch it on to set a marker.')
    },
    'recording.clear': ({ id }) => {
      recorderOf(id).clear()
      return Promise.resolve({})
    },
    'recording.save': (args, _who, signal) => captures.save({ ...args, id: idFor(args.id) }, signal),
    'capture.start': (args) => captures.start({ ...args, id: idFor(args.id) }),
    'capture.stop': ({ capture }) => captures.stop(capture),
    'capture.rename': async ({ name, to }) => {
      await captures.rename(name, to)
      return {}
    },
    'capture.remove': async ({ name }) => {
      await captures.remove(name)
      return {}
    },
    'capture.export': (args, _who, signal) => captures.export(args, signal),
    'capture.examine': (args, _who, signal) => captures.examine(args, signal),
    'capture.upload': async (piece) => {
      const saved = await captures.upload(piece)
      return saved ? { saved } : {}
    }
  }
}
