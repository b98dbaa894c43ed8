/**
 * `farport pair import FILE|HOST:PORT|ID` and `farport pair export [FILE]`: programs that are no Farports, known by the keys of their
 * certificates. Called by pair.ts.
 */
import type { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Fault } from '../../../contract/faults.ts'
import { LEVELS } from '../../../contract/settings.ts'
import { formatId } from '../../../peers/identity.ts'
import { formatAddress } from '../../../net/endpoint.ts'
import { nameIn, outOfDate } from '../../../net/foreign-tls.ts'
import { certificatesOf } from '../../../net/tls-files.ts'
import { idOfKey } from '../../../net/tls-identity.ts'
import { lookAt } from '../../../net/tls-look.ts'
import { readPlace } from '../../../peers/places.ts'
import { handleOf } from '../../../core/instance/pairing-words.ts'
import { shortText } from '../attached/words.ts'
import type { CliIo } from '../cli-io.ts'
import { askYes } from '../compare-digits.ts'
import { EXIT } from '../exit.ts'
import { filled, flag, oneOf, type Given } from '../options.ts'
import { withPeers } from '../with-peers.ts'

interface Found {
  readonly id: string
  readonly name: string
  readonly certificate?: X509Certificate
  /** Where it answered. */
  readonly address?: string
}

const ID = /^[0-9a-f]{64}$/i

/** Trusts what is in a file, what answers somewhere (if a person says so), or an id that was told. */
export async function importCertificates(text: string, given: Given, io: CliIo): Promise<number> {
  const permit = oneOf(given, 'permit', LEVELS)
  const share = filled(given, 'share')
  if (share !== undefined && permit === undefined)
    throw new Fault('usage', 'What may it do with that share? Add --permit control, or --permit observe.')
  const found = await find(text, filled(given, 'name'), io)
  const json = flag(given, 'json')
  for (const each of found) if (each.certificate && !json) for (const line of shown(each)) io.print(line)
  if (found.some(({ address }) => address !== undefined)) await confirmed(found, text, io)
  await withPeers(io, async (access) => {
    for (const { id, name, address } of found) {
      await access.call('peer.trust', { id, name, ...(address !== undefined && { address }) }, io.stop)
      const what = { peer: id, ...(share !== undefined && { share }) }
      if (permit) await access.call('peer.permit', { ...what, level: permit }, io.stop)
      if (json) io.print(JSON.stringify({ imported: { peer: id, name, ...(permit && { permit }) } }))
      else
        io.print(
          `trusted ${name}${permit ? `: ${permit}${share === undefined ? '' : ` of ${shortText(share)}`}` : ''}`
        )
      if (!permit && !json)
        io.say(
          `it may be connected to, and may use nothing here yet: farport permit ${handleOf({ id, name })} control`
        )
    }
  })
  return EXIT.done
}

/** Our own, for the cafile=, CA= or verify of others. Never over a file that is there. */
export async function exportCertificate(file: string | undefined, given: Given, io: CliIo): Promise<number> {
  const { id, certificate } = await withPeers(io, (access) => access.call('self.certificate', {}, io.stop))
  const json = flag(given, 'json')
  if (file === undefined) {
    io.print(json ? JSON.stringify({ exported: { id, certificate } }) : certificate.trimEnd())
    return EXIT.done
  }
  try {
    await writeFile(file, `${certificate.trimEnd()}\n`, { flag: 'wx' })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw existsSync(file)
      ? new Fault('path-taken', `${file} is there already: name a new file, or remove that one.`, error)
      : new Fault('usage', `${file} cannot be written (${why}): name a file elsewhere.`, error)
  }
  io.print(
    json ? JSON.stringify({ exported: { id, file } }) : `certificate of ${formatId(id)} written to ${file}`
  )
  return EXIT.done
}

async function find(text: string, name: string | undefined, io: CliIo): Promise<Found[]> {
  if (ID.test(text)) {
    if (name === undefined) throw new Fault('usage', 'What shall it be called? Give it a name: --name NAME.')
    return [{ id: text.toLowerCase(), name }]
  }
  // A file that is there goes before a host: it can be written ./like-this.
  const place = /:\d{1,5}$/.test(text) && !existsSync(text) ? readPlace(text) : undefined
  if (place) {
    const certificate = await lookAt(place, { signal: io.stop })
    const address = formatAddress(place.host, place.port)
    return [{ ...of(certificate, name ?? nameOr(certificate, place.host)), address }]
  }
  const all = await certificatesOf(text)
  // Authorities in a chain are nobody who comes; one that vouches for itself is often marked as one, too.
  const leaves = all.some(({ ca }) => !ca) ? all.filter(({ ca }) => !ca) : all
  if (name !== undefined && leaves.length > 1)
    throw new Fault(
      'usage',
      `${text} has ${leaves.length} certificates, and one name is not for all: leave out --name.`
    )
  return leaves.map((each) => of(each, name ?? nameOr(each, basename(text).replace(/\.[^.]+$/, ''))))
}

function of(certificate: X509Certificate, name: string): Found {
  return { id: idOfKey(certificate.publicKey), name, certificate }
}

function nameOr(certificate: X509Certificate, other: string): string {
  return nameIn(certificate) || other
}

function shown({ id, name, certificate, address }: Found): string[] {
  if (!certificate) return []
  const { validFrom, validTo } = certificate
  const [subject, issuer] = [named(certificate.subject), named(certificate.issuer)]
  const late = outOfDate(certificate)
  return [
    `${shortText(name)}${address === undefined ? '' : ` at ${address}`}`,
    `  subject  ${shortText(subject)}`,
    ...(issuer === subject ? [] : [`  issuer   ${shortText(issuer)}`]),
    `  valid    ${validFrom} to ${validTo}${late ? ` (${late})` : ''}`,
    `  id       ${formatId(id)}`
  ]
}

/** Node has nothing at all for a name that is empty, as it is where the alternative names say everything. */
function named(name: string | undefined): string {
  return name === undefined || name === '' ? '(none)' : name.replaceAll('\n', ', ')
}

/** Whoever is in between would show a certificate as well: a person has to know it. */
async function confirmed(found: readonly Found[], text: string, io: CliIo): Promise<void> {
  const [first] = found
  const other = `farport pair import ${first?.id ?? 'ID'} --name ${first ? handleOf(first) : 'NAME'}`
  if (!io.stdin.isTTY)
    throw new Fault(
      'usage',
      `Whether that is the right one a person has to say, at a terminal; or, where the id is known: ${other}`
    )
  if (await askYes('Is that the id of the right one? [y/N] ', io, io.stop)) return
  throw new Fault('peer-refused', `${shortText(text)} is not trusted: find out its id there, and compare.`)
}
