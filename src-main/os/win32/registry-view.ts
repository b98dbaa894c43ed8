/**
 * Single values of Windows' registry, to be read by their whole path. Called for what drivers write there: COM numbers, where a driver is installed. Nothing here
 * changes it: what has to be changed needs an administrator, and goes through reg.exe (elevated.ts). koffi is loaded with the first call.
 */
import type koffi from 'koffi'
import { createRequire } from 'node:module'
import { ERROR, WindowsError } from './windows-error.ts'

/** Narrow enough to be played by a Map. Keys begin with `HKLM\` or `HKCU\`; nothing here throws for what is not there, or is not for us to read. */
export interface RegistryView {
  /** REG_SZ, and REG_EXPAND_SZ as it stands. Undefined: there is no such key or value, or it is no text. */
  text(key: string, name: string): string | undefined
  /** REG_DWORD. Undefined: as above. */
  number(key: string, name: string): number | undefined
  /** REG_BINARY. Undefined: as above. */
  bytes(key: string, name: string): Uint8Array | undefined
  /** Of all values of a key that are texts; none where there is no such key. */
  texts(key: string): readonly string[]
}

/** winreg.h. They are sign-extended pointers. */
const ROOTS: Readonly<Record<string, bigint>> = {
  HKLM: 0xffff_ffff_8000_0002n,
  HKCU: 0xffff_ffff_8000_0001n
}

const KEY_READ = 0x20019
const REG_SZ = 1
const REG_EXPAND_SZ = 2
const REG_BINARY = 3
const REG_DWORD = 4
const MORE_DATA = 234
const NO_MORE_ITEMS = 259
/** A name of a value has at most 16,383 characters. */
const MOST_NAME = 16_384
/** More than any value that is read here. */
const MOST_BYTES = 1024 * 1024

type Native = (...values: unknown[]) => number

interface Value {
  readonly type: number
  readonly bytes: Buffer
}

let view: RegistryView | undefined

/** Throws where this is no Windows. */
export function windowsRegistryView(): RegistryView {
  view ??= loadView()
  return view
}

function loadView(): RegistryView {
  const k = createRequire(import.meta.url)('koffi') as typeof koffi
  const advapi32 = k.load('advapi32.dll')
  const bind = (signature: string): Native => advapi32.func(signature)
  const RegOpenKeyExW = bind(
    'int32_t __stdcall RegOpenKeyExW(uintptr_t root, str16 path, uint32_t options, uint32_t access, _Out_ uintptr_t *key)'
  )
  const RegCloseKey = bind('int32_t __stdcall RegCloseKey(uintptr_t key)')
  const RegQueryValueExW = bind(
    'int32_t __stdcall RegQueryValueExW(uintptr_t key, str16 name, void *reserved, uint8_t *type, uint8_t *data, uint8_t *size)'
  )
  const RegEnumValueW = bind(
    'int32_t __stdcall RegEnumValueW(uintptr_t key, uint32_t index, uint8_t *name, uint8_t *length, void *reserved, void *type, void *data, void *size)'
  )

  /** Undefined: it is not there, or not for us. */
  const within = <T>(path: string, use: (key: number | bigint) => T): T | undefined => {
    const [root = '', ...rest] = path.split('\\')
    const handle = ROOTS[root]
    if (handle === undefined) throw new TypeError(`${path} is no key of the registry`)
    const key: (number | bigint)[] = [0]
    if (RegOpenKeyExW(handle, rest.join('\\'), 0, KEY_READ, key) !== 0) return undefined
    const [opened = 0] = key
    try {
      return use(opened)
    } finally {
      RegCloseKey(opened)
    }
  }

  const read = (key: number | bigint, name: string): Value | undefined => {
    const type = Buffer.alloc(4)
    const size = Buffer.alloc(4)
    // Twice at the most, but where somebody lets it grow meanwhile.
    for (let bytes = 512; bytes <= MOST_BYTES; bytes *= 2) {
      const data = Buffer.alloc(bytes)
      size.writeUInt32LE(bytes)
      const error = RegQueryValueExW(key, name, null, type, data, size)
      if (error === MORE_DATA) continue
      if (error !== 0) return undefined
      return { type: type.readUInt32LE(), bytes: data.subarray(0, size.readUInt32LE()) }
    }
    return undefined
  }

  const names = (key: number | bigint): string[] => {
    const found: string[] = []
    const name = Buffer.alloc(MOST_NAME * 2)
    const length = Buffer.alloc(4)
    for (let index = 0; ; index++) {
      length.writeUInt32LE(MOST_NAME)
      const error = RegEnumValueW(key, index, name, length, null, null, null, null)
      if (error === NO_MORE_ITEMS) return found
      // Somebody removes values while they are read: what was found is what is told.
      if (error !== 0 && error !== ERROR.fileNotFound) throw new WindowsError(error, 'RegEnum')
      if (error === 0) found.push(name.toString('utf16le', 0, length.readUInt32LE() * 2))
    }
  }

  return {
    text: (path, name) => textOf(within(path, (key) => read(key, name))),
    bytes: (path, name) => {
      const value = within(path, (key) => read(key, name))
      return value?.type === REG_BINARY ? value.bytes : undefined
    },
    number: (path, name) => {
      const value = within(path, (key) => read(key, name))
      return value?.type === REG_DWORD && value.bytes.length >= 4 ? value.bytes.readUInt32LE() : undefined
    },
    texts: (path) => within(path, (key) => names(key).flatMap((name) => textOf(read(key, name)) ?? [])) ?? []
  }
}

/** Texts end with one zero or more, or with none at all. */
function textOf(value: Value | undefined): string | undefined {
  if (value?.type !== REG_SZ && value?.type !== REG_EXPAND_SZ) return undefined
  return value.bytes.toString('utf16le').replace(/\0[\s\S]*$/, '')
}
