/** The question of a DNS query, its name in lower case; `bytes` is the query up to the question's end. */
export interface Question {
  name: string
  type: 'A' | 'AAAA' | 'other'
  bytes: Buffer
}

const headerLength = 12
const types: Record<number, Question['type']> = { 1: 'A', 28: 'AAAA' }
const responseCodes = { noerror: 0, servfail: 2, nxdomain: 3 }

/** Reads the one question of a query (RFC 1035 §4.1.2). */
export function readQuestion(query: Buffer): Question {
  const labels: string[] = []
  let at = headerLength
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = types[query.readUInt16BE(at + 1)] ?? 'other'
  return { name: labels.join('.').toLowerCase(), type, bytes: Buffer.from(query.subarray(0, at + 5)) }
}

/** The response to a question, with one record for each address unless it is a failure. */
export function encodeAnswer({ type, bytes }: Question, code: keyof typeof responseCodes, addresses: string[]): Buffer {
  const records = code === 'noerror' ? addresses.map((address) => record(type, address)) : []
  const header = Buffer.from(bytes)
  header.writeUInt16BE(0x8580 | responseCodes[code], 2) // a response, authoritative, recursion desired and available
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, ...records])
}

function record(type: Question['type'], address: string): Buffer {
  const bytes = type === 'A' ? address.split('.').map(Number) : ipv6Bytes(address)
  const head = Buffer.alloc(headerLength)
  head.writeUInt16BE(0xc000 | headerLength, 0) // the name is the question's
  head.writeUInt16BE(type === 'A' ? 1 : 28, 2)
  head.writeUInt16BE(1, 4) // class IN; the TTL after it stays 0
  head.writeUInt16BE(bytes.length, 10)
  return Buffer.concat([head, Buffer.from(bytes)])
}

function ipv6Bytes(address: string): number[] {
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff])
}
