import { checkCase } from '../check/case.js'
import { casesOf } from '../check/cases.js'
import { linesOf } from '../check/lines.js'
import { type CaseReport, type CheckReport, exitOf } from '../check/report.js'
import { findValidator } from '../check/validation.js'
import { painter } from '../color.js'
import type { Asked } from '../command-line.js'
import { statusOf } from '../errors.js'
import { jsonFailure } from '../json-failure.js'
import { type Options, readOptions } from '../options.js'
import { jsonOf } from '../text.js'
import type { Printed } from './printed.js'

/**
 * Renders each recorded reply of `--from`, or the sample cluster, has HAProxy check it, and compares it with what is expected of it.
 * Neither Marathon nor DNS is asked, and nothing is written but what HAProxy is to read; HAProxy itself looks up the names that an
 * operator's templates hold, such as `server a db.example.test:80` without `init-addr none`. Throws `command-failed` where HAProxy cannot
 * be asked, `cannot-write`, and what `casesOf` throws; with `--json` the object that is printed tells it.
 */
export async function check({ flags }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const found = checkAll(options)
  if (options.json) return found.then(({ report }) => printed(report, jsonOf(report, 2)), jsonFailure)
  const { report, because } = await found
  const paint = painter(options.color, process.stdout.isTTY === true)
  return printed(report, `${linesOf(report, { paint, verbose: options.verbose, because }).join('\n')}\n`)
}

const printed = ({ cases }: CheckReport, stdout: string): Printed => ({
  stdout,
  lines: [],
  status: statusOf(exitOf(cases)),
})

/** The report, and why nobody validated where nobody did. */
async function checkAll(options: Options): Promise<{ report: CheckReport; because: string | undefined }> {
  const validator = await findValidator(options)
  const cases: CaseReport[] = []
  for (const one of casesOf(options)) cases.push(await checkCase(one, validator.version !== null))
  return {
    report: { schema: 1, validated: validator.version, cases },
    because: validator.version === null ? validator.because : undefined,
  }
}
