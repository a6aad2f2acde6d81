import type { Paint } from '../color.js'
import { plain } from '../text.js'
import { hanging } from './layout.js'
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
    titled('left out, or not as asked:', leftOutLines(report.leftOut), width, paint),
    titled('the last run also said:', lastSaid, width, paint),
    hanging('', sumLine(apps, report), width),
  ]
  return parts.filter((lines) => lines.length > 0).flatMap((lines, at) => (at > 0 ? ['', ...lines] : lines))
}

/** Lines below a title, where there are any. `width`: of the terminal where lines are made to fit, undefined elsewhere. */
export const titled = (title: string, lines: string[], width: number | undefined, paint: Paint): string[] =>
  lines.length > 0 ? [paint('bold', title), ...lines.flatMap((line) => hanging('  ', plain(line), width))] : []
