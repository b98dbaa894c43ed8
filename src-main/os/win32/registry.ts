/**
 * What is read of the Windows registry, narrow enough to be played by memory in tests. Called by the list of ports and by rooms that
 * look for an installed program. Reads HKEY_LOCAL_MACHINE, 64-bit view; writes nothing. koffi is loaded with the first call.
 */
import type koffi from 'koffi'
import { createRequire } from 'node:module'

export interface Registry {
  /** Names of the keys below `path` (`SYSTEM\\CurrentControlSet\\Enum\\USB`), in the registry's order; none where there is no such key. */
  keys(path: string): readonly string[]
  /** Texts (of a list of texts: the first) and numbers of a key by their names; other kinds are left out. */
  values(path: string): ReadonlyMap<string, string | number>
}

/** The value as a text, whatever its case; undefined where there is none or it is empty. */
export function textOf(values: ReadonlyMap<string, string | number>, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [each, value] of values) {
    if (each.toLowerCase() === wanted && typeof value === 'string' && value !== '') return value
  }
  return undefined
}

let registry: Registry | undefined

export function windowsRegistry(): Registry {
  registry ??= loadRegistry()
  return registry
}

/** (HKEY)(LONG)0x80000002, on 64 bits with its sign. */
const HKEY_LOCAL_MACHINE = 0xffff_ffff_8000_0002n
const KEY_READ_64 = 0x2_0019 | 0x100
const REG_SZ = 1
const REG_EXPAND_SZ = 2
const REG_DWORD = 4
const REG_MULTI_SZ = 7

/** A key's name has at most 255 characters, a value's 16,383; nobody's data that we read is longer than this. */
const NAME_CHARACTERS = 16_384
const DATA_BYTES = 16_384

type Native = (...values: unknown[]) => number

function loadRegistry(): Registry {
  const k = createRequire(import.meta.url)('koffi') as typeof koffi
  const advapi32 = k.load('advapi32.dll')
  const bind = (signature: string): Native => advapi32.func(signature)
  const RegOpenKeyExW = bind(
    'int32_t __stdcall RegOpenKeyExW(uintptr_t key, str16 path, uint32_t options, uint32_t access, _Out_ uintptr_t *opened)'
  )
  const RegCloseKey = bind('int32_t __stdcall RegCloseKey(uintptr_t key)')
  const RegEnumKeyExW = bind(
    'int32_t __stdcall RegEnumKeyExW(uintptr_t key, uint32_t index, uint8_t *name, _Inout_ uint32_t *characters, void *reserved, void *kind, void *kindCharacters, void *written)'
  )
  const RegEnumValueW = bind(
    'int32_t __stdcall RegEnumValueW(uintptr_t key, uint32_t index, uint8_t *name, _Inout_ uint32_t *characters, void *reserved, _Out_ uint32_t *type, uint8_t *data, _Inout_ uint32_t *bytes)'
  )
  const name = Buffer.allocUnsafeSlow(NAME_CHARACTERS * 2)
  const data = Buffer.allocUnsafeSlow(DATA_BYTES)

  const within = (path: string, visit: (key: number) => void): void => {
    const opened = [0]
    // What we may not read is not there for us.
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ_64, opened) !== 0) return
    const [key = 0] = opened
    try {
      visit(key)
    } finally {
      RegCloseKey(key)
    }
  }

  return {
    keys: (path) => {
      const names: string[] = []
      within(path, (key) => {
        for (let index = 0; ; index++) {
          const characters = [NAME_CHARACTERS]
          if (RegEnumKeyExW(key, index, name, characters, null, null, null, null) !== 0) return
          names.push(name.toString('utf16le', 0, (characters[0] ?? 0) * 2))
        }
      })
      return names
    },
    values: (path) => {
      const values = new Map<string, string | number>()
      within(path, (key) => {
        for (let index = 0; ; index++) {
          const characters = [NAME_CHARACTERS]
          const type = [0]
          const bytes = [DATA_BYTES]
          const result = RegEnumValueW(key, index, name, characters, null, type, data, bytes)
          // A value that is longer than all that matter here.
          if (result === ERROR_MORE_DATA) continue
          if (result !== 0) return
          const value = decode(type[0] ?? 0, data.subarray(0, bytes[0] ?? 0))
          if (value !== undefined) values.set(name.toString('utf16le', 0, (characters[0] ?? 0) * 2), value)
        }
      })
      return values
    }
  }
}

const ERROR_MORE_DATA = 234

function decode(type: number, data: Buffer): string | number | undefined {
  switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ:
      return data.toString('utf16le').split('\0', 1)[0]
    case REG_DWORD:
      return data.length >= 4 ? data.readUInt32LE() : undefined
    default:
      return undefined
  }
}
