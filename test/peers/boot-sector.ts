/**
 * An operating system of 512 bytes for QEMU: says `READY\r\n` on COM1 at boot, then sends back each byte it gets, and says
 * `BREAK\r\n` for a break. COM1 is 0x3f8 at 115200 8N1, with its FIFOs on.
 *
 * Bytes that it sends while nobody is connected are lost, as on any UART: who dials QEMU may miss READY, and asks by a byte.
 */
import { writeFile } from 'node:fs/promises'

/** Runs at 0000:7c00. A break is a zero byte behind the bytes before it, and a bit of LSR (0x3fd) that reading LSR clears. */
const CODE = `
  fa            ; start: cli
  31 c0         ; xor ax, ax
  8e d8         ; mov ds, ax
  8e d0         ; mov ss, ax
  bc 00 7c      ; mov sp, 0x7c00
  fc            ; cld
  31 db         ; xor bx, bx              bl: a break's zero is still to be read
  be 6d 7c      ; mov si, setup
  b9 07 00      ; mov cx, 7
  ac            ; next: lodsb             each pair: the low half of a register's address, the value
  88 c2         ; mov dl, al
  b6 03         ; mov dh, 3
  ac            ; lodsb
  ee            ; out dx, al
  e2 f7         ; loop next
  be 7b 7c      ; mov si, ready
  e8 29 00      ; call say
  ba fd 03      ; poll: mov dx, 0x3fd
  ec            ; in al, dx
  a8 10         ; test al, 0x10           break
  74 02         ; jz whole
  b3 01         ; mov bl, 1
  a8 01         ; whole: test al, 1       a byte is there
  74 f2         ; jz poll
  ba f8 03      ; mov dx, 0x3f8
  ec            ; in al, dx
  08 c0         ; or al, al
  75 0e         ; jnz echo
  84 db         ; test bl, bl
  74 0a         ; jz echo
  30 db         ; xor bl, bl
  be 83 7c      ; mov si, broke
  e8 07 00      ; call say
  eb dc         ; jmp poll
  e8 0d 00      ; echo: call send
  eb d7         ; jmp poll
  ac            ; say: lodsb              the text at si, up to its zero
  08 c0         ; or al, al
  74 05         ; jz said
  e8 03 00      ; call send
  eb f6         ; jmp say
  c3            ; said: ret
  88 c4         ; send: mov ah, al
  ba fd 03      ; mov dx, 0x3fd
  ec            ; full: in al, dx
  a8 10         ; test al, 0x10           seen here, it would be lost for poll
  74 02         ; jz unbroken
  b3 01         ; mov bl, 1
  a8 20         ; unbroken: test al, 0x20 room to send
  74 f5         ; jz full
  88 e0         ; mov al, ah
  ba f8 03      ; mov dx, 0x3f8
  ee            ; out dx, al
  c3            ; ret
  f9 00         ; setup: IER = 0
  fb 80         ; LCR = DLAB
  f8 01 f9 00   ; divisor 1: 115200 baud
  fb 03         ; LCR = 8N1
  fa 07         ; FCR: FIFOs on and empty
  fc 03         ; MCR: DTR and RTS
  52 45 41 44 59 0d 0a 00  ; ready
  42 52 45 41 4b 0d 0a 00  ; broke
`

const SECTOR_SIZE = 512
const BOOTABLE = [0x55, 0xaa]

/** The 512 bytes of the image. */
export function bootSector(): Uint8Array {
  const hex = CODE.replace(/;.*$/gm, '').replace(/\s/g, '')
  const sector = Buffer.alloc(SECTOR_SIZE)
  sector.write(hex, 'hex')
  sector.set(BOOTABLE, SECTOR_SIZE - BOOTABLE.length)
  return sector
}

/** Writes the image to `path` and gives QEMU's arguments that boot it, without a screen and without KVM; the caller adds `-serial`. */
export async function bootSectorArguments(path: string): Promise<string[]> {
  await writeFile(path, bootSector())
  return ['-display', 'none', '-nodefaults', '-accel', 'tcg', '-drive', `format=raw,file=${path}`]
}
