import type { Style } from '../color.js'

/** A line of an explanation: what it is about, and what is said of that. */
export interface Row {
  about: string
  says: string
  style?: Style | undefined
}

/** What is explained together, under its title. */
export interface Section {
  title: string
  rows: Row[]
}

/** A line about what is not done as the app asks. */
export const warning = (says: string): Row => ({ about: 'warning', says, style: 'yellow' })
