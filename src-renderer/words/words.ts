/** The words of the language that is in use. */
import { EN, type Words } from './en/index.ts'
import { isolating } from './isolated.ts'

export const words: Words = isolating(EN)
