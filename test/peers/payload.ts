import { createHash } from 'node:crypto'

/** `size` bytes in which every value comes, 0xFF in rows too: the same for every run. */
export function payload(size: number): Buffer {
  const blocks: Buffer[] = [Buffer.from([0xff, 0xff, 0x0d, 0x00, 0x0d, 0x0a, 0x11, 0x13, 0x00, 0xff])]
  for (let made = 0, block = 0; made < size; made += 32, block++)
    blocks.push(createHash('sha256').update(String(block)).digest())
  return Buffer.concat(blocks).subarray(0, size)
}
