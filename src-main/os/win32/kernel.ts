/**
 * The calls of Windows that a serial port needs, narrow enough to be played by memory in tests. Called by the other files of this
 * folder. koffi is loaded with the first call; nothing here waits on the main thread.
 *
 * Why not @serialport/bindings-cpp, which has a library for Windows: its write forgets how much of it had gone when a close
 * cuts it off, so no loss could be counted; it starts a thread for each read and each write, sets all settings and both lines at open
 * and empties the buffers then, knows no DCD nor RI changes, and cuts names behind ten characters (com0com's device paths).
 */
import type koffi from 'koffi'
import { createRequire } from 'node:module'
import { ERROR, WindowsError } from './windows-error.ts'

/** One overlapped request at a time; made once for a use, and used again. */
export interface Overlapped {
  /** Begun, and what came of it was not taken yet. */
  readonly pending: boolean
  /** The system is through with it. */
  readonly finished: boolean
  /** Takes what came of it: the bytes moved, also of one that failed on the way, and 0 or the error. */
  take(): { readonly bytes: number; readonly error: number }
  /** Nobody is called any more; the request must not be pending, or be cancelled. */
  dispose(): void
}

/** Calls that answer at once. Each fills or reads the buffer, and throws WindowsError. */
export type CommCall =
  | 'GetCommState'
  | 'SetCommState'
  | 'SetCommTimeouts'
  | 'GetCommModemStatus'
  | 'SetCommMask'
  | 'EscapeCommFunction'
  | 'PurgeComm'

export interface Kernel {
  /** Opens for both directions, for us alone, overlapped; in another thread, as Bluetooth ports take seconds. */
  openDevice(path: string): Promise<number>
  /** In another thread: a driver may wait for its output. Never rejects. */
  closeHandle(handle: number): Promise<void>
  /** `done`: called when a request that did not finish at once is finished, and sometimes for nothing. */
  overlapped(done: () => void): Overlapped
  /** Buffers of these stay as they are, and where they are, until the request is finished: `allocUnsafeSlow` ones. */
  read(handle: number, into: Buffer, bytes: number, request: Overlapped): void
  write(handle: number, from: Buffer, bytes: number, request: Overlapped): void
  ioctl(handle: number, code: number, input: Buffer, answer: Buffer, request: Overlapped): void
  waitCommEvent(handle: number, mask: Buffer, request: Overlapped): void
  /** Asks the driver to end this request, or all of the handle's. */
  cancel(handle: number, request?: Overlapped): void
  comm(call: CommCall, handle: number, argument: Buffer | number): void
  /** ClearCommError: CE_* flags, and bytes in the driver's two queues. */
  clearCommError(handle: number): {
    readonly errors: number
    readonly received: number
    readonly unsent: number
  }
  /** SetupComm: sizes of the driver's queues, which it may ignore. */
  setupComm(handle: number, receiveBytes: number, sendBytes: number): void
}

/** `COM10`, `\\.\CNCA0`, `\\?\usb#…` as the object manager knows them; so COM10 and higher need no other form. */
export function deviceName(path: string): string {
  return `\\??\\${path.replace(/^\\\\[.?]\\/, '').replace(/^(com\d+):$/i, '$1')}`
}

let kernel: Kernel | undefined

export function windowsKernel(): Kernel {
  kernel ??= loadKernel()
  return kernel
}

type Native = ((...values: unknown[]) => number) & { async: (...values: unknown[]) => void }

const GENERIC_READ_WRITE = 0xc000_0000
const SYNCHRONIZE = 0x0010_0000
const FILE_READ_ATTRIBUTES = 0x80
const FILE_OPEN = 1
const FILE_NON_DIRECTORY_FILE = 0x40
const OBJ_CASE_INSENSITIVE = 0x40
const STATUS_PENDING = 0x103
const FOREVER = 0xffff_ffff

/** Of an OVERLAPPED: NTSTATUS @0, bytes @8, the event @24. */
const OVERLAPPED_BYTES = 32
const BYTES_AT = 8
const EVENT_AT = 24

function loadKernel(): Kernel {
  const k = createRequire(import.meta.url)('koffi') as typeof koffi
  const kernel32 = k.load('kernel32.dll')
  const ntdll = k.load('ntdll.dll')
  const bind = (signature: string): Native => kernel32.func(signature)
  k.struct('UNICODE_STRING', { Length: 'uint16_t', MaximumLength: 'uint16_t', Buffer: 'str16' })
  k.struct('OBJECT_ATTRIBUTES', {
    Length: 'uint32_t',
    RootDirectory: 'uintptr_t',
    ObjectName: 'UNICODE_STRING *',
    Attributes: 'uint32_t',
    SecurityDescriptor: 'void *',
    SecurityQualityOfService: 'void *'
  })
  // Not CreateFileW: called in another thread, its error number stays there.
  const NtCreateFile = ntdll.func(
    'int32_t __stdcall NtCreateFile(_Out_ uintptr_t *handle, uint32_t access, OBJECT_ATTRIBUTES *what, uint8_t *status, void *size, uint32_t attributes, uint32_t share, uint32_t disposition, uint32_t options, void *ea, uint32_t eaLength)'
  ) as unknown as Native
  const RtlNtStatusToDosError = ntdll.func(
    'uint32_t __stdcall RtlNtStatusToDosError(int32_t status)'
  ) as unknown as Native
  const GetLastError = bind('uint32_t __stdcall GetLastError()')
  const CloseHandle = bind('int __stdcall CloseHandle(uintptr_t handle)')
  const CreateEventW = bind(
    'uintptr_t __stdcall CreateEventW(void *security, int manual, int set, void *name)'
  )
  const RegisterWait = bind(
    'int __stdcall RegisterWaitForSingleObject(_Out_ uintptr_t *wait, uintptr_t object, void *callback, uintptr_t context, uint32_t ms, uint32_t flags)'
  )
  const ReadFile = bind(
    'int __stdcall ReadFile(uintptr_t handle, uint8_t *into, uint32_t bytes, void *read, uint8_t *overlapped)'
  )
  const WriteFile = bind(
    'int __stdcall WriteFile(uintptr_t handle, uint8_t *from, uint32_t bytes, void *written, uint8_t *overlapped)'
  )
  const DeviceIoControl = bind(
    'int __stdcall DeviceIoControl(uintptr_t handle, uint32_t code, uint8_t *input, uint32_t inputBytes, uint8_t *answer, uint32_t answerBytes, void *returned, uint8_t *overlapped)'
  )
  const WaitCommEvent = bind(
    'int __stdcall WaitCommEvent(uintptr_t handle, uint8_t *mask, uint8_t *overlapped)'
  )
  const CancelIoEx = bind('int __stdcall CancelIoEx(uintptr_t handle, uint8_t *overlapped)')
  const ClearCommError = bind(
    'int __stdcall ClearCommError(uintptr_t handle, _Out_ uint32_t *errors, uint8_t *state)'
  )
  const SetupComm = bind('int __stdcall SetupComm(uintptr_t handle, uint32_t receive, uint32_t send)')
  const byBuffer = (name: CommCall): Native =>
    bind(`int __stdcall ${name}(uintptr_t handle, uint8_t *argument)`)
  const byNumber = (name: CommCall): Native =>
    bind(`int __stdcall ${name}(uintptr_t handle, uint32_t argument)`)
  const calls: Readonly<Record<CommCall, Native>> = {
    GetCommState: byBuffer('GetCommState'),
    SetCommState: byBuffer('SetCommState'),
    SetCommTimeouts: byBuffer('SetCommTimeouts'),
    GetCommModemStatus: byBuffer('GetCommModemStatus'),
    SetCommMask: byNumber('SetCommMask'),
    EscapeCommFunction: byNumber('EscapeCommFunction'),
    PurgeComm: byNumber('PurgeComm')
  }

  /** By the number that the system hands back. They are kept for the next port: an event with a wait on it must not be closed. */
  const slots: Slot[] = []
  const free: Slot[] = []
  // Called from a thread of Windows' own pool, which koffi lets wait until we ran.
  const proto = k.proto('void __stdcall FarportWaitDone(uintptr_t context, uint8_t timedOut)')
  const done = k.register((context: number) => slots[context]?.done(), k.pointer(proto))

  const makeSlot = (): Slot => {
    const event = CreateEventW(null, 0, 0, null)
    const slot = new Slot(event, (status) => RtlNtStatusToDosError(status | 0))
    slots.push(slot)
    const wait = [0]
    if (!RegisterWait(wait, event, done, slots.length - 1, FOREVER, 0))
      throw new WindowsError(GetLastError(), 'RegisterWaitForSingleObject')
    return slot
  }

  const begin = (
    request: Overlapped,
    buffers: readonly Buffer[],
    call: (overlapped: Buffer) => number
  ): void => {
    const slot = slotOf(request)
    slot.begin(buffers)
    if (call(slot.overlapped)) return
    const error = GetLastError()
    if (error !== ERROR.ioPending) slot.fail(error)
  }
  const orThrow = (result: number, name: string): void => {
    if (!result) throw new WindowsError(GetLastError(), name)
  }

  // A request that the system still fills must not outlive its memory.
  const open = new Set<number>()
  process.on('exit', () => {
    for (const handle of open) CancelIoEx(handle, null)
  })

  return {
    openDevice: (path) =>
      new Promise((resolve, reject) => {
        const name = deviceName(path)
        const bytes = name.length * 2
        const what = {
          Length: 48,
          RootDirectory: 0,
          ObjectName: { Length: bytes, MaximumLength: bytes + 2, Buffer: name },
          Attributes: OBJ_CASE_INSENSITIVE,
          SecurityDescriptor: null,
          SecurityQualityOfService: null
        }
        const handle = [0]
        NtCreateFile.async(
          handle,
          (GENERIC_READ_WRITE | SYNCHRONIZE | FILE_READ_ATTRIBUTES) >>> 0,
          what,
          Buffer.allocUnsafeSlow(16),
          null,
          0,
          0,
          FILE_OPEN,
          FILE_NON_DIRECTORY_FILE,
          null,
          0,
          (error: Error | null, status: number) => {
            const [opened = 0] = handle
            if (error) reject(error)
            else if (status < 0) reject(new WindowsError(RtlNtStatusToDosError(status), 'NtCreateFile'))
            else {
              open.add(opened)
              resolve(opened)
            }
          }
        )
      }),
    closeHandle: (handle) =>
      new Promise((resolve) => {
        open.delete(handle)
        CloseHandle.async(handle, () => {
          resolve()
        })
      }),
    overlapped: (call) => {
      const slot = free.pop() ?? makeSlot()
      slot.use(call, () => free.push(slot))
      return slot
    },
    read: (handle, into, bytes, request) =>
      begin(request, [into], (overlapped) => ReadFile(handle, into, bytes, null, overlapped)),
    write: (handle, from, bytes, request) =>
      begin(request, [from], (overlapped) => WriteFile(handle, from, bytes, null, overlapped)),
    ioctl: (handle, code, input, answer, request) =>
      begin(request, [input, answer], (overlapped) =>
        DeviceIoControl(handle, code, input, input.length, answer, answer.length, null, overlapped)
      ),
    waitCommEvent: (handle, mask, request) =>
      begin(request, [mask], (overlapped) => WaitCommEvent(handle, mask, overlapped)),
    cancel: (handle, request) => {
      CancelIoEx(handle, request ? slotOf(request).overlapped : null)
    },
    comm: (name, handle, argument) => orThrow(calls[name](handle, argument), name),
    clearCommError: (handle) => {
      const errors = [0]
      const state = Buffer.alloc(12)
      orThrow(ClearCommError(handle, errors, state), 'ClearCommError')
      return { errors: errors[0] ?? 0, received: state.readUInt32LE(4), unsent: state.readUInt32LE(8) }
    },
    setupComm: (handle, receiveBytes, sendBytes) =>
      orThrow(SetupComm(handle, receiveBytes, sendBytes), 'SetupComm')
  }
}

function slotOf(request: Overlapped): Slot {
  if (request instanceof Slot) return request
  throw new TypeError('a request of another kernel')
}

/** An OVERLAPPED with its event, on which a thread of Windows waits for us. */
class Slot implements Overlapped {
  readonly overlapped = Buffer.allocUnsafeSlow(OVERLAPPED_BYTES)
  readonly #toError: (status: number) => number
  #call: (() => void) | undefined
  #release: (() => void) | undefined
  /** Held so that nobody takes away what the system fills. */
  buffers: readonly Buffer[] = []
  #pending = false
  #failed = 0

  constructor(event: number, toError: (status: number) => number) {
    this.#toError = toError
    this.overlapped.fill(0)
    this.overlapped.writeBigUInt64LE(BigInt(event), EVENT_AT)
  }

  get pending(): boolean {
    return this.#pending
  }

  get finished(): boolean {
    return this.#pending && (this.#failed !== 0 || this.#status !== STATUS_PENDING)
  }

  get #status(): number {
    return this.overlapped.readUInt32LE(0)
  }

  use(call: () => void, release: () => void): void {
    this.#call = call
    this.#release = release
  }

  begin(buffers: readonly Buffer[]): void {
    if (this.#pending) throw new Error('a request is under way')
    this.buffers = buffers
    this.#pending = true
    this.#failed = 0
    this.overlapped.fill(0, 0, EVENT_AT)
    this.overlapped.writeUInt32LE(STATUS_PENDING, 0)
  }

  fail(error: number): void {
    this.#failed = error
  }

  /** The event was set: by this request, or by one before it that had finished at once. */
  done(): void {
    if (!this.#call) this.#settle()
    else if (this.finished) this.#call()
  }

  take(): { readonly bytes: number; readonly error: number } {
    const failed = this.#failed
    const status = this.#status
    this.#pending = false
    this.buffers = []
    if (failed) return { bytes: 0, error: failed }
    // The upper two bits: 0 success, 1 information, 2 warning (a full buffer), 3 error.
    return {
      bytes: this.overlapped.readUInt32LE(BYTES_AT),
      error: status >>> 30 < 2 ? 0 : this.#toError(status)
    }
  }

  dispose(): void {
    this.#call = undefined
    this.#settle()
  }

  /** Free for the next port once the system is through. */
  #settle(): void {
    if (this.#pending && !this.finished) return
    this.#pending = false
    this.buffers = []
    const release = this.#release
    this.#release = undefined
    release?.()
  }
}
