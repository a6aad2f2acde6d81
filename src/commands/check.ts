import { checkCase } from '../check/case.js'
import { casesOf } from '../check/cases.js'
import { linesOf } from '../check/lines.js'
import { type CaseReport, type CheckReport, exitOf } from '../check/report.js'
import { findValidator } from '../check/validation.js'
import { painter } from '../color.js'
import type { Asked } from '../command-line.js'
import { statusOf } from '../errors.js'
import { readOptions } from '../options.js'
import { jsonOf } from '../text.js'
import type { Printed } from './printed.js'

/**
 * Renders each recorded reply of `--from`, or the sample cluster, has HAProxy check it, and compares it with what is expected of it.
 * Neither Marathon nor DNS is asked, and nothing is written but what HAProxy is to read; HAProxy itself looks up the names that an
 * operator's templates hold, such as `server a db.example.test:80` without `init-addr none`. Throws `command-failed` where HAProxy cannot
 * be asked, and `cannot-write`.
 */
export async function check({ flags }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const validator = await findValidator(options.haproxy)
  const cases: CaseReport[] = []
  for (const one of casesOf(options)) cases.push(await checkCase(one, validator.version !== null))
  const report: CheckReport = { schema: 1, validated: validator.version, cases }
  const manner = {
    paint: painter(options.color, process.stdout.isTTY === true),
    verbose: options.verbose,
    because: validator.version === null ? validator.because : undefined,
  }
  const stdout = options.json ? jsonOf(report, 2) : `${linesOf(report, manner).join('\n')}\n`
  return { stdout, lines: [], status: statusOf(exitOf(cases)) }
}
