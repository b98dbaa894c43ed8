/**
 * crowd.ts as a program of its own, for `node bench/ui.mjs`: its work must not be on the processor of whoever measures. Arguments: a folder
 * of its own, that of the built page, ports, peers, ports of each peer, changes per second. Prints a link to its page, and another one for each line that it reads.
 */
import { createInterface } from 'node:readline'
import { openCrowd } from './crowd.ts'

const [folder = '', files = '', ...counts] = process.argv.slice(2)
const [ports = 0, peers = 0, portsOfPeer = 0, hz = 1] = counts.map(Number)
const crowd = await openCrowd({ folder, files, ports, peers, portsOfPeer, hz })
process.stdout.write(`page ${crowd.link()}\n`)
const input = createInterface({ input: process.stdin })
input.on('line', () => process.stdout.write(`page ${crowd.link()}\n`))
input.on('close', () => void crowd.close())
