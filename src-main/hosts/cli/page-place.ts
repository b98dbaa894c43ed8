import { parsePlace, checkPlace, type PagePlace } from '../headless/place.ts'
import { Fault } from '../../contract/faults.ts'
import { filled, type Given } from './options.ts'

/** `--http`, `--http-cert`, `--http-key`; undefined: none of them. Throws a Fault that says what is missing. */
export function pagePlace(given: Given): PagePlace | undefined {
  const [text, certificate, key] = ['http', 'http-cert', 'http-key'].map((name) => filled(given, name))
  if (text === undefined) {
    if (certificate === undefined && key === undefined) return undefined
    throw new Fault('usage', 'A certificate is for the page: say where that is served, --http HOST:PORT.')
  }
  const place = {
    ...parsePlace(text),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key })
  }
  checkPlace(place)
  return place
}
