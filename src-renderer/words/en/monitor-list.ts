/** The rows of a monitor. */
export const monitorList = {
  label: (name: string) => `Traffic of ${name}`,
  time: 'Time',
  bytes: 'Bytes',
  hex: 'Hex',
  text: 'Text',
  decoded: 'Decoded',
  toDevice: 'App to device',
  fromDevice: 'Device to app',
  event: 'Event',
  error: 'Error',
  warning: 'Warning',
  silence: (span: string) => `after ${span} of silence`,
  verdict: { ok: 'Check passed', note: 'Note', bad: 'Check failed' },
  answers: (row: string, after: string) => `answers row ${row}, after ${after}`,
  unanswered: 'no answer',
  nothing: 'Nothing has passed yet. What passes on the line appears here by itself.',
  nothingRead: 'Nothing is in this recording.',
  opening: 'Looking at what was recorded…',
  nothingFits: 'No row fits the filter.',
  nothingSince: 'Nothing has passed since the view was cleared.',
  tooManyToCopy: (most: string) => `No more than ${most} rows are copied at once. Export writes all of them.`
}
