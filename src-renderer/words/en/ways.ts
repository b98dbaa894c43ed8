/** The kinds of virtual port: what each is, what it carries, and what is missing for it. */

export const ways = {
  choose: 'What programs here find',
  titles: {
    pty: 'Pseudo-terminal',
    usbip: 'USB serial adapter',
    com0com: 'COM port by com0com',
    hub4com: 'COM port by hub4com'
  },
  comByUsb: 'COM port by USB/IP',
  best: (title: string) => `Best here: ${title}`,
  carried: {
    data: 'data',
    baudRate: 'baud rate',
    dataBits: 'data bits',
    parity: 'parity',
    stopBits: 'stop bits',
    dtr: 'DTR',
    rts: 'RTS',
    break: 'break',
    cts: 'CTS',
    dsr: 'DSR',
    dcd: 'DCD',
    ri: 'RI'
  },
  controlLines: 'control lines',
  and: (list: string, last: string) => `${list} and ${last}`,
  or: (list: string, last: string) => `${list} or ${last}`,
  carriesAll: 'Carries everything.',
  carriesBut: (missing: string) => `Carries everything but ${missing}.`,
  carriesOnly: (carried: string, missing: string) => `Carries ${carried}, but no ${missing}.`,
  setHere: 'Data bits and parity can be set under Connections.',
  misses: (kind: string, missing: string) => `${kind}: carries no ${missing}`,
  missesNothing: (kind: string) => `${kind}: carries everything`,
  why: 'Why this one?',
  comLabel: 'COM port',
  comFree: 'a free one',
  comWrong: 'A COM port is COM1 to COM4096.',
  usbHint: (name: string) => `Programs find it as /dev/farport/${name}.`,
  none: 'A virtual port needs a driver.',
  noneCom: 'COM ports need a driver.',
  install: (what: string) => `Install ${what} …`,
  missing: {
    usbip: 'usbip-win2, signed, one restart',
    com0com: 'com0com',
    hub4com: 'com0com and hub4com',
    pty: 'it'
  },
  useAddress: 'Use an address instead',
  useAddressHint: 'An address on this computer, for programs that take one: rfc2217://127.0.0.1:7000.',
  terminalHint: 'A terminal here needs no virtual port.',
  looking: 'Looking what there is …',
  lookAgain: 'Look again'
}
