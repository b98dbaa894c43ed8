/** The console of a switch, as far as somebody who logs in sees it. Every word that it said is kept, for comparing logs with. */
import { payload } from '../../peers/payload.ts'

export const USER = 'admin'
export const passwordOf = (number: number): string => `secret${number}`

/** `dump` answers this many bytes of every value, in front of the next prompt. */
export const DUMP_BYTES = 3000

type At = 'start' | 'login' | 'password' | 'shell'

export class Console {
  readonly #number: number
  readonly #say: (bytes: Buffer) => void
  #at: At = 'start'
  #user = ''
  #line = ''
  #said: Buffer[] = []

  constructor(number: number, say: (bytes: Buffer) => void) {
    this.#number = number
    this.#say = say
  }

  /** All of it, from the beginning. */
  get said(): Buffer {
    return Buffer.concat(this.#said)
  }

  hear(bytes: Uint8Array): void {
    const answer: Buffer[] = []
    for (const char of Buffer.from(bytes).toString('latin1')) {
      if (char === '\r') answer.push(this.#enter())
      else if (char !== '\n' && char !== '\0') {
        this.#line += char
        // A password is not echoed.
        if (this.#at !== 'password') answer.push(Buffer.from(char, 'latin1'))
      }
    }
    const all = Buffer.concat(answer)
    if (all.length === 0) return
    this.#said.push(all)
    this.#say(all)
  }

  #enter(): Buffer {
    const line = this.#line
    this.#line = ''
    switch (this.#at) {
      case 'start':
        return this.#login()
      case 'login':
        if (line === '') return this.#login()
        this.#user = line
        this.#at = 'password'
        return Buffer.from('\r\nPassword: ')
      case 'password':
        if (this.#user !== USER || line !== passwordOf(this.#number))
          return Buffer.concat([Buffer.from('\r\nLogin incorrect'), this.#login()])
        this.#at = 'shell'
        return this.#prompt()
      case 'shell':
        return line === 'exit' ? this.#login() : this.#prompt(this.#run(line))
    }
  }

  #run(command: string): Buffer {
    if (command === 'show version')
      return Buffer.from(`\r\nswitch ${this.#number}, firmware 1.${this.#number}`)
    return command === 'dump' ? payload(DUMP_BYTES) : Buffer.alloc(0)
  }

  #login(): Buffer {
    this.#at = 'login'
    return Buffer.from(`\r\nsw${this.#number} login: `)
  }

  #prompt(before: Uint8Array = new Uint8Array()): Buffer {
    return Buffer.concat([before, Buffer.from(`\r\nsw${this.#number}# `)])
  }
}
