import { manPage } from '../man-page.js'
import { version } from '../version.js'
import type { Printed } from './printed.js'

/** The manual page to print. */
export async function man(): Promise<Printed> {
  return { stdout: manPage(version), lines: [], status: 0 }
}
