/** Runs in Windows: what a COM port's driver answers, one word a line. Built and started by run.mjs. */
import { openComm } from '../../src-main/os/win32/comm.ts'
import { WindowsError } from '../../src-main/os/win32/windows-error.ts'

const IOCTL_SERIAL_GET_BAUD_RATE = 0x1b0050
const IOCTL_SERIAL_LSRMST_INSERT = 0x1b007c
/** com0com's: does this driver have it? */
const PROBE = Buffer.from(`00${Buffer.from('c0c\0').toString('hex')}ffffffff`, 'hex')

const errorOf = (error: unknown): string =>
  error instanceof WindowsError ? `error ${error.number}` : String(error)

console.log('missing:', await openComm('COM44').then(() => 'open', errorOf))
console.log('file:', await openComm('C:\\windows\\win.ini').then(() => 'open', errorOf))
const port = await openComm('\\\\.\\COM4', { settings: { baudRate: 57_600 } })
const answer = await port.ioctl(IOCTL_SERIAL_GET_BAUD_RATE, Buffer.alloc(0), 4)
console.log('baud rate:', Buffer.from(answer).readUInt32LE())
console.log('com0com:', await port.ioctl(IOCTL_SERIAL_LSRMST_INSERT, PROBE, 8).then(() => 'yes', errorOf))
console.log('lost:', await port.close({ code: 'done', message: 'done' }, 1000))
