import type { Paint } from '../color.js'
import { plain } from '../text.js'
import { leftOutLines, sumLine } from './left-out.js'
import type { RoutesReport } from './report.js'
import { tableOf } from './table.js'

/** What an overview is made of: the number of apps, and what the last run warned of that is not found today. */
export interface Overview {
  report: RoutesReport
  apps: number
  lastSaid: string[]
}

/** The table of all that is routed, then what is left out, what else the last run said, and the sum. `width`: as of `tableOf`. */
export function overviewOf({ report, apps, lastSaid }: Overview, width: number | undefined, paint: Paint): string[] {
  const parts = [
    tableOf(report.services, width, paint),
    titled('left out, or not as asked:', leftOutLines(report.leftOut), paint),
    titled('the last run also said:', lastSaid, paint),
    [sumLine(apps, report)],
  ]
  return parts.filter((lines) => lines.length > 0).flatMap((lines, at) => (at > 0 ? ['', ...lines] : lines))
}

/** Lines below a title, where there are any. */
export const titled = (title: string, lines: string[], paint: Paint): string[] =>
  lines.length > 0 ? [paint('bold', title), ...lines.map((line) => `  ${plain(line)}`)] : []
