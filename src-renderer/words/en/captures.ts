/** The page Captures. */

export const captures = {
  none: 'No recordings',
  noneHint: 'Recordings are made in the monitor, which is not there yet. They will stand here.'
}
