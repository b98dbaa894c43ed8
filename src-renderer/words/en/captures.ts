/** The page Captures, and what a monitor saves, captures, exports and replays. */
import type { CaptureFormatName } from '../../../src-main/contract/recording.ts'
import type { Direction } from '../../../src-main/contract/traffic.ts'

const grouped = (count: number): string => count.toLocaleString('en-US')
const records = (count: number): string => (count === 1 ? '1 record' : `${grouped(count)} records`)
const exactBytes = (count: number): string => (count === 1 ? '1 byte' : `${grouped(count)} bytes`)

const WAYS: Readonly<Record<Direction, string>> = {
  'to-device': 'App → Device',
  'from-device': 'Device → App'
}

/** `0.84 ms`, `12.3 ms`, `3.2 s`. */
const ms = (value: number): string => {
  const size = Math.abs(value)
  if (size < 10) return `${value.toFixed(2)} ms`
  if (size < 1000) return `${value.toFixed(1)} ms`
  if (size < 120_000) return `${(value / 1000).toFixed(1)} s`
  return `${Math.round(value / 60_000)} min`
}

export const captures = {
  none: 'No captures',
  noneHint:
    'What passes at a port is recorded all the time. Save the last minutes in its monitor, or capture from now on, and it stands here.',
  notLooked: 'Looking into the folder …',
  noneFound: (search: string) => `Nothing here is called “${search}”.`,
  showAll: 'Show all',
  goPorts: 'Go to this computer',
  search: 'Search captures',
  sort: 'Sort by',
  sorts: { newest: 'Newest first', oldest: 'Oldest first', name: 'Name', largest: 'Largest first' },
  list: 'Captures',
  folder: 'Folder',
  copyFolder: 'Copy the path of the folder',
  more: (name: string) => `More for ${name}`,
  details: (name: string) => `Details of ${name}`,
  open: 'Open',
  openName: (name: string) => `Open ${name} in the monitor`,
  download: 'Download',
  downloadName: (name: string) => `Download ${name}`,
  showInFolder: 'Show in folder',
  export: 'Export as …',
  replay: 'Replay …',
  rename: 'Rename',
  newName: (name: string) => `New name of ${name}`,
  remove: 'Delete …',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeLead: 'The file is deleted for good.',
  removeDo: 'Delete',
  formats: {
    pcapng: 'pcapng',
    text: 'Text',
    csv: 'CSV',
    jsonl: 'JSON Lines',
    raw: 'Raw bytes',
    unknown: 'Other file'
  } satisfies Record<CaptureFormatName | 'unknown', string>,
  upload: 'Open a file from elsewhere',
  uploadHint: 'pcapng of Farport, Wireshark and others. It can be dropped here, too.',
  drop: 'Drop it here: it is kept in the captures',
  uploading: (name: string) => `${name} is being read`,
  uploaded: (name: string, count: number) => `${name} is here: ${records(count)}`,
  uploadOf: (sent: string, all: string) => `${sent} of ${all}`,
  stopUpload: 'Cancel',
  running: 'Running captures',
  capturing: (name: string) => `Capturing ${name}`,
  stopped: (name: string) => `The capture of ${name} stopped`,
  since: (time: string) => `since ${time}`,
  files: (count: number) => `${count} files`,
  missed: (count: number) => `${records(count)} not written: the disk is too slow`,
  stop: 'Stop',
  stopOf: (name: string) => `Stop capturing ${name}`,
  understood: 'Understood',
  badge: 'Capturing',
  badgeHint: (file: string, size: string) => `Being captured to ${file}: ${size}`,
  failedBadge: 'Capture stopped',
  records,
  exactBytes,

  drawer: {
    file: 'File',
    size: 'Size',
    format: 'Format',
    written: 'Last written',
    holds: 'What it holds',
    holdsPart: (number: number) => `Recording ${number}`,
    from: 'From',
    port: 'Port',
    computer: 'Computer',
    program: 'Written by',
    begins: 'Begins',
    lasts: 'Lasts',
    reading: 'Reading it …',
    problems: 'Not read',
    nothing: 'Nothing that can be read here',
    actions: 'What to do with it',
    openPart: (name: string) => `Open ${name}`
  },

  bothEnds: {
    title: 'Both ends of the link',
    lead: 'How long bytes took from one end to the other, and what did not arrive.',
    clocks: 'Clocks',
    oneClock: 'All times are by the clock of the device’s computer.',
    noClocks: 'No bytes are in both recordings, so their times are as each computer had them.',
    apart: (apart: number, within: number | undefined) =>
      `The other clock is ${ms(Math.abs(apart))} ${apart < 0 ? 'behind' : 'ahead of'} this one` +
      (within === undefined ? ', if the way took no time.' : `, to within ${ms(within)}.`),
    way: 'Direction',
    half: 'Half within',
    most: '95 % within',
    longest: 'Longest',
    compared: 'Compared',
    lost: 'Lost',
    ways: WAYS,
    ms,
    nothing: '–',
    figure: (way: string, half: string, most: string, longest: string) =>
      `${way}: half within ${half}, 95 % within ${most}, longest ${longest}`
  },

  save: {
    lastMinutes: (minutes: number) => (minutes === 1 ? 'Last minute' : `Last ${minutes} minutes`),
    all: 'All that is held',
    allHint: 'that is held',
    quick: (minutes: number) => `Save ${minutes} min`,
    quickHint: (minutes: number) => `Save the last ${minutes} minutes as pcapng`,
    more: 'More to save and export',
    bothEnds: 'Save both ends of the link',
    captures: 'Go to the captures',
    saving: 'Saving …',
    saved: (count: number, size: string) => `Saved ${records(count)}, ${size}`,
    close: 'Close this message'
  },

  exportDialog: {
    title: (name: string) => `Export ${name}`,
    format: 'Format',
    formats: {
      pcapng: 'pcapng: opens in Wireshark, and here again',
      text: 'Text, as shown in the monitor',
      csv: 'CSV, for spreadsheets',
      jsonl: 'JSON Lines, for scripts',
      raw: 'Raw bytes of one direction'
    } satisfies Record<CaptureFormatName, string>,
    which: 'What',
    all: 'All that is held',
    whole: 'All of the file',
    last: (minutes: number) => (minutes === 1 ? 'The last minute' : `The last ${minutes} minutes`),
    selected: (count: number) => (count === 1 ? 'The selected row' : `The ${grouped(count)} selected rows`),
    markers: (from: string, to: string) => `From “${from}” to “${to}”`,
    sinceMarker: (from: string) => `From “${from}” on`,
    marker: (number: number) => `marker ${number}`,
    direction: 'Direction',
    ways: WAYS,
    filtered: (filter: string) => `Only rows that fit the filter: ${filter}`,
    decoder: (name: string) => `With the words of the decoder ${name}`,
    bothEnds: 'Both ends of the link, in one file',
    bothEndsHint: 'With what the other computer recorded: latency each way, and lost bytes.',
    name: 'File name',
    namePlaceholder: 'By the name and the time',
    where: (folder: string) => `Into the captures folder: ${folder}`,
    do: 'Export'
  },

  captureDialog: {
    title: (name: string) => `Capture ${name}`,
    lead: 'From now on everything is written to a file, until it is stopped.',
    button: 'Capture',
    format: 'Format',
    begin: 'Begin with',
    now: 'What comes from now on',
    last: (minutes: number) => (minutes === 1 ? 'The last minute' : `The last ${minutes} minutes`),
    direction: 'Direction',
    maxSize: 'End after a size (MB)',
    maxTime: 'End after a time (minutes)',
    noLimit: 'No limit',
    rotate: 'Go on in the next file',
    keep: 'Files to keep',
    keepHint: 'The oldest one is deleted when there are more.',
    limitNeeded: 'Give a size or a time at which the next file begins.',
    do: 'Start',
    running: (size: string) => `Stop · ${size}`,
    stopHint: (file: string) => `Stop capturing to ${file}`
  },

  replayDialog: {
    title: (name: string) => `Replay ${name}`,
    lead: 'Sends the bytes of this capture to a device again.',
    to: 'To',
    shares: 'Shared ports and connections',
    ports: 'Ports of this computer',
    noTargets: 'There is no port that it could be sent to. Plug one in, or connect to one.',
    what: 'Which bytes',
    ways: {
      'to-device': 'Sent to the device',
      'from-device': 'Said by the device'
    } satisfies Record<Direction, string>,
    timing: 'Timing',
    timings: { original: 'As it was', factor: 'Quicker or slower', fast: 'Without pauses' },
    factor: 'Times as quick',
    range: 'Records',
    from: 'From record',
    until: 'To record',
    settings: 'With line settings, DTR, RTS and breaks',
    counting: 'Counting the bytes …',
    nothing: 'There are no such bytes in it: nothing would be sent.',
    sends: (count: number, target: string) => `This sends ${exactBytes(count)} to ${target}.`,
    sendsWith: (count: number, target: string) =>
      `This sends ${exactBytes(count)} to ${target}, and changes its line settings and control lines.`,
    care: 'The device does what they tell it. Make sure that it is the right one.',
    do: 'Send to the device',
    cancel: 'Stop sending',
    waiting: {
      port: 'Waiting for the port …',
      control: 'Waiting for the control: somebody else has it.'
    },
    sent: (count: string, all: string) => `${count} of ${all} sent`,
    starting: 'Starting …',
    done: (count: number) => `${exactBytes(count)} sent, 0 lost.`,
    doneLost: (count: number, lost: number) => `${exactBytes(count)} sent, ${exactBytes(lost)} of them lost.`,
    canceled: (count: number) => `Stopped. ${exactBytes(count)} were sent.`
  },

  show: {
    cannot: 'The folder cannot be shown. Copy the path instead.'
  }
}
