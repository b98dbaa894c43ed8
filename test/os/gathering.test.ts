import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FULL_READ, GATHERED_BYTES, Gathering } from '../../src-main/os/gathering.ts'

/** Reads as they stand in one slab, and what was handed on. */
function gathered(): { gathering: Gathering; read: (length: number) => Buffer; handed: Buffer[] } {
  const handed: Buffer[] = []
  const gathering = new Gathering((chunk) => handed.push(chunk))
  let [slab, used, value] = [Buffer.alloc(64 * 1024), 0, 0]
  const read = (length: number): Buffer => {
    if (slab.length - used < length) [slab, used] = [Buffer.alloc(64 * 1024), 0]
    const chunk = slab.subarray(used, used + length)
    for (let i = 0; i < length; i++) chunk[i] = value++ % 251
    used += length
    gathering.received(chunk)
    return chunk
  }
  return { gathering, read, handed }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await turn()
}

describe('gathering', () => {
  test('hands on at once what is no full read', () => {
    const { read, handed } = gathered()
    const chunks = [read(1), read(FULL_READ - 1), read(1)]
    expect(handed).toEqual(chunks)
  })

  test('puts full reads together, without a copy, and hands them on when no more comes', async () => {
    const { read, handed } = gathered()
    const first = read(FULL_READ)
    read(100)
    expect(handed).toEqual([])
    await turns()
    expect(handed.map(({ length }) => length)).toEqual([FULL_READ + 100])
    expect(handed[0]?.buffer).toBe(first.buffer)
    read(1)
    expect(handed).toHaveLength(2)
  })

  test('waits for no more than one read', async () => {
    const { read, handed } = gathered()
    read(FULL_READ)
    await turn()
    read(FULL_READ)
    await turn()
    expect(handed).toEqual([])
    await turns()
    expect(handed.map(({ length }) => length)).toEqual([2 * FULL_READ])
  })

  test('hands on without a look what is enough', () => {
    const { read, handed } = gathered()
    while (handed.length === 0) read(FULL_READ)
    expect(handed[0]?.length).toBeGreaterThanOrEqual(GATHERED_BYTES)
    expect(handed[0]?.length).toBeLessThan(GATHERED_BYTES + FULL_READ)
  })

  test('keeps every byte and the order, from slab to slab', async () => {
    const { gathering, read, handed } = gathered()
    const sent: Buffer[] = []
    for (let i = 0; i < 400; i++) {
      sent.push(Buffer.from(read(i % 5 === 4 ? 1 + i : FULL_READ)))
      if (i % 7 === 0) gathering.pause()
      if (i % 3 === 0) await turn()
      gathering.resume()
    }
    await turns()
    expect(Buffer.concat(handed).equals(Buffer.concat(sent))).toBe(true)
  })

  test('hands on nothing while it is paused, nor within a resume', async () => {
    const { gathering, read, handed } = gathered()
    read(FULL_READ)
    gathering.pause()
    await turns()
    expect(handed).toEqual([])
    gathering.resume()
    expect(handed).toEqual([])
    await turns()
    expect(handed.map(({ length }) => length)).toEqual([FULL_READ])
  })

  test('at the end hands on what it holds, or forgets it', async () => {
    const { gathering, read, handed } = gathered()
    read(FULL_READ)
    gathering.pause()
    gathering.flush()
    expect(handed.map(({ length }) => length)).toEqual([FULL_READ])
    gathering.resume()
    read(FULL_READ)
    gathering.drop()
    await turns()
    expect(handed).toHaveLength(1)
  })
})
