/** The words of the language that is in use. */
import { EN, type Words } from './en/index.ts'

export const words: Words = EN
