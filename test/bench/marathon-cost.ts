import { appsUrl, headersFor, jsonHeaders } from '../../src/marathon/request.js'
import { bytesOf, type MarathonProcess, startMarathonProcess } from './marathon-process.js'
import { median } from './section.js'

/** What one request costs a Marathon: bytes on the connection, and ms of CPU. */
export interface RequestCost {
  bytes: number
  cpu: number
}

/** Some ways in which a run may ask; without `gzip`, as a client that takes none. */
export type Ways<Way extends string> = Record<Way, { gzip: boolean; labelSelector?: string }>

const warmUps = 4
const rounds = 9
const requests = 3

/** What one request costs a Marathon with so many apps in each of these ways: medians of interleaved rounds. */
export async function requestCosts<Way extends string>(
  apps: number,
  ways: Ways<Way>,
): Promise<Record<Way, RequestCost>> {
  const marathon = await startMarathonProcess(apps)
  try {
    const costs: Record<Way, RequestCost>[] = []
    for (let round = 0; round < warmUps + rounds; round++) costs.push(await oneRound(marathon, ways))
    return mediansOf(costs.slice(warmUps))
  } finally {
    await marathon.stop()
  }
}

async function oneRound<Way extends string>(
  marathon: MarathonProcess,
  ways: Ways<Way>,
): Promise<Record<Way, RequestCost>> {
  const costs: [string, RequestCost][] = []
  for (const [way, { gzip, ...query }] of Object.entries<Ways<Way>[Way]>(ways)) {
    const headers = {
      ...headersFor(marathon.url, { userAgent: 'bench' }),
      ...jsonHeaders,
      ...(gzip ? {} : { 'accept-encoding': 'identity' }),
    }
    const before = await marathon.done()
    let bytes = 0
    for (let sent = 0; sent < requests; sent++) bytes = await bytesOf(appsUrl(marathon.url, query), headers)
    const after = await marathon.done()
    costs.push([way, { bytes, cpu: (after.cpu - before.cpu) / requests }])
  }
  return Object.fromEntries(costs) as Record<Way, RequestCost>
}

function mediansOf<Way extends string>(rounds: Record<Way, RequestCost>[]): Record<Way, RequestCost> {
  const ways = Object.keys(rounds[0] ?? {}) as Way[]
  const medians = ways.map((way) => {
    const of = (key: keyof RequestCost): number => median(rounds.map((round) => round[way][key]))
    return [way, { bytes: of('bytes'), cpu: of('cpu') }]
  })
  return Object.fromEntries(medians)
}
